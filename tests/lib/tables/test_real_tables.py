"""Real tables as people keep them, from file to ledger: identifiers, dates, gaps, categories, names
in other scripts, other delimiters and encodings, groups, time and weights."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from tests.conftest import edit_params, lead, run_stages

SMALL = {
    "data.source": "file",
    "normalize.features": "none",
    "train.layers": [16],
    "train.epochs": 20,
    "diagnose.families": ["input_normalization"],
    "diagnose.seeds": 3,
    "diagnose.screening_seeds": 2,
}
GAPS = 0.05


def with_gaps(frame: pd.DataFrame, names: list[str], rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < GAPS) for name in names})


def tumours(path: Path, rng: np.random.Generator) -> dict:
    """Two classes: semicolons, decimal commas and Windows' letters, patients' numbers, days."""
    real = datasets.load_breast_cancer(as_frame=True)
    frame = real.data.iloc[:, :10].rename(columns={"mean radius": "Größe", "mean area": "Fläche ²"})
    frame = with_gaps(frame, ["Größe", "mean texture"], rng)
    frame.insert(0, "patient_id", rng.permutation(len(frame)) + 10_000)
    frame.insert(1, "untersucht am", pd.date_range("2024-01-01", periods=len(frame)).astype(str))
    # Most have one of two shapes; a few are rare.
    shape = np.where(real.data["mean concavity"] > 0.06, "eingezogen", "rund")
    frame["Form"] = np.where(
        rng.random(len(frame)) < 0.03, rng.choice([*"abcdef"], len(frame)), shape
    )
    frame["Befund"] = np.where(real.target == 0, "bösartig", "gutartig")
    frame.to_csv(path, sep=";", decimal=",", encoding="cp1252", index=False)
    return {
        "data.file.target": "Befund",
        "data.file.decimal": "comma",
        "normalize.min_frequency": 10,
    }


def wines(path: Path, rng: np.random.Generator) -> dict:
    """Three classes: tabs and UTF-16, several bottles of a vineyard, which has to stay together."""
    real = datasets.load_wine(as_frame=True)
    frame = with_gaps(
        real.data.rename(columns={"color_intensity": "色の濃さ"}), ["ash", "色の濃さ"], rng
    )
    frame["cépage"] = np.array(["Barolo", "Grignolino", "Barbera"])[real.target]
    # Four bottles of the same grape a vineyard.
    within = real.target.groupby(real.target).cumcount() // 4
    frame["vigneto"] = frame["cépage"].str[:5] + " " + within.astype(str)
    frame.to_csv(path, sep="\t", encoding="utf-16", index=False)
    return {"data.file.target": "cépage", "data.file.groups": "vigneto"}


def patients(path: Path, rng: np.random.Generator) -> dict:
    """Numbers: commas and quotes, a name of two lines, in the order of their visits, weighted."""
    real = datasets.load_diabetes(as_frame=True, scaled=False)
    frame = with_gaps(real.data.rename(columns={"bmi": "body\nmass, index"}), ["bp", "s5"], rng)
    frame["sex"] = frame["sex"].map({1.0: "weiblich", 2.0: "männlich"})
    frame["visit"] = pd.date_range("2023-05-01", periods=len(frame), freq="36h").astype(str)
    frame["stands for"] = rng.integers(1, 5, len(frame))
    frame["progression"] = real.target
    frame.sample(frac=1, random_state=1).to_csv(path, index=False)
    return {
        "data.file.target": "progression",
        "data.file.time": "visit",
        "data.file.weights": "stands for",
        "normalize.target": "standard",
    }


def tumours_came_through(raw: dict[str, pd.DataFrame], card: dict) -> None:
    assert [one["name"] for one in card["left_out"]] == ["patient_id", "untersucht am"]
    assert card["classes"] == ["bösartig", "gutartig"]
    rows = pd.concat(raw.values())
    assert rows["Größe"].mean() == pytest.approx(14.1, abs=0.3)  # a decimal comma, in millimetres


def wines_came_through(raw: dict[str, pd.DataFrame], card: dict) -> None:
    assert card["classes"] == ["Barbera", "Barolo", "Grignolino"]
    vineyards = [set(rows[card["groups"]]) for rows in raw.values()]
    assert sum(map(len, vineyards)) == len(set.union(*vineyards))


def patients_came_through(raw: dict[str, pd.DataFrame], card: dict) -> None:
    assert "visit" not in {one["name"] for one in card["columns"]}
    assert card["weights"] == "stands for"
    real = datasets.load_diabetes(as_frame=True).target
    for split, part in zip(raw, np.split(real, [265, 354]), strict=True):
        assert raw[split]["progression"].tolist() == part.tolist()


@pytest.mark.in_turn
@pytest.mark.parametrize(
    ("write", "came_through", "ending"),
    [
        (tumours, tumours_came_through, "csv"),
        pytest.param(wines, wines_came_through, "tsv", marks=pytest.mark.slow),
        pytest.param(patients, patients_came_through, "csv", marks=pytest.mark.slow),
    ],
)
def test_from_file_to_ledger(finished_run, write: Callable, came_through: Callable, ending: str):
    path = finished_run / f"data/inputs/Tabelle é.{ending}"
    edits = write(path, np.random.default_rng(3))
    edit_params(finished_run, **SMALL, **edits, **{"data.file.path": f"data/inputs/{path.name}"})
    run_stages(finished_run)
    splits = ("train", "validation", "test")
    raw = {split: pd.read_parquet(finished_run / f"data/raw/{split}.parquet") for split in splits}
    came_through(raw, json.loads((finished_run / "data/raw/card.json").read_text()))
    missing = json.loads((finished_run / "reports/data.json").read_text())["missing"]
    assert len(missing["column"]) == 2
    assert all(0 < share < 2 * GAPS for share in missing["column"].values())
    diagnosis = json.loads((finished_run / "reports/diagnosis.json").read_text())
    [family] = [
        one for one in lead(diagnosis)["families"] if one["family"] == "input_normalization"
    ]
    assert family["status"] == "matters"
    assert path.stem in (finished_run / "reports/index.html").read_text()
