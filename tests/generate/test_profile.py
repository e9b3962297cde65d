"""The data's profile: known answers on tables written by hand, and what DVC shows of an edit."""

import json
import shutil
from pathlib import Path

import flatten_dict  # by which DVC joins keys
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp, skew

from stages.generate.__main__ import SOURCES
from stages.generate.bundled import BUNDLED
from stages.generate.profile import (
    MOST_KEY,
    MOST_LISTED,
    MOST_SHIFTS,
    _keys,
    profile,
    profile_of_splits,
)
from stages.generate.scenarios import SCENARIOS
from stages.generate.split import split_rows
from stages.lib.core.json_files import write_json
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import BINARY, MULTILABEL, REGRESSION
from tests.conftest import commit, edit_params, run, run_stages, settings
from tests.diagnose.tables import table

PARTS = {"train": np.arange(4), "validation": np.arange(4, 6), "test": np.arange(6, 10)}
LABELS = list("aabbaababa")


def profiled(target=None, **features) -> dict:
    made = {name: pd.Series(cells) for name, cells in features.items()}
    made = {name: one if one.dtype == float else one.astype("str") for name, one in made.items()}
    return both(table(pd.Series(LABELS if target is None else target), **made))


def both(dataset: Dataset, parts: dict[str, np.ndarray] = PARTS) -> dict:
    return profile(dataset) | profile_of_splits(dataset, parts)


def test_a_table_by_hand():
    number = [1.0, 2, 3, 4, np.nan, 5, 3, 4, 5, 6]
    text = ["u", "u", "v", "v", "w", None, "u", "u", "u", "u"]
    found = profiled(number=number, text=text, still=[7.0] * 10, again=number)
    assert found == {
        "rows": {"train": 4, "validation": 2, "test": 4},
        "columns": {"numeric": 3, "categorical": 1, "constant": 1, "duplicate": 1},
        "repeated_rows": 0,
        "conflicting_rows": 0,
        "missing": {"all": 0.075, "column": {"number": 0.1, "text": 0.1, "again": 0.1}},
        "target": {"label": {"a": 0.6, "b": 0.4}},
        "range": {
            "number": {"min": 1.0, "max": 6.0, "mean": 3.66666667, "sd": 1.49071198},
            "still": {"min": 7.0, "max": 7.0, "mean": 7.0, "sd": 0.0},
            "again": {"min": 1.0, "max": 6.0, "mean": 3.66666667, "sd": 1.49071198},
        },
        "levels": {"text": 3},
        "shift": {"number": 0.5, "text": 0.5, "still": 0.0, "again": 0.5},
    }


def test_repeated_and_conflicting_rows():
    """Rows 1, 2, 3 and 5 have equal features (-0 is 0, a gap is a gap); row 3 has another label."""
    first = [0.0, -0.0, 0.0, 1, 0.0, 2, 3, 4, 5, 6]
    second = [None, None, None, None, None, "x", "x", "x", "x", "x"]
    found = profiled(first=first, second=second)
    assert found["repeated_rows"] == 2
    assert found["conflicting_rows"] == 4


def test_numbers_have_moments_and_labels_shares(rng):
    values = rng.lognormal(size=10)
    found = profiled(values, a=rng.standard_normal(10))["target"]["target"]
    assert found["mean"] == pytest.approx(values.mean())
    assert found["sd"] == pytest.approx(values.std())
    assert found["skewness"] == pytest.approx(skew(values), abs=1e-6)
    has = pd.DataFrame({"x.y": np.resize([1.0, 0], 10), "z": np.resize([1.0, 0, 0, 0, 0], 10)})
    dataset = Dataset("t", pd.DataFrame({"a": np.arange(10.0)}), has, MULTILABEL, ("x.y", "z"))
    assert profile(dataset)["target"] == {"x_y": 0.5, "z": 0.2}


@given(st.lists(st.floats(-9, 9, width=16), min_size=10, max_size=10))
def test_the_shift_is_scipys(values):
    train, test = (np.array(values)[PARTS[name]] for name in ("train", "test"))
    expected = ks_2samp(train, test).statistic
    assert profiled(a=values)["shift"]["a"] == pytest.approx(expected, abs=1e-6)


def test_a_shift_of_many_rows_is_of_some(monkeypatch):
    monkeypatch.setattr("stages.generate.profile.SHIFT_ROWS", 1000)
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"a": np.append(rng.normal(0, 1, 8000), rng.normal(1, 1, 4000))})
    dataset = Dataset("many", features, pd.DataFrame({"y": rng.normal(size=12_000)}), REGRESSION)
    parts = {"train": np.arange(8000), "validation": np.arange(0), "test": np.arange(8000, 12_000)}
    found = profile_of_splits(dataset, parts)
    # Of normal distributions a deviation apart: 2 * Phi(1/2) - 1.
    assert found["shift"]["a"] == pytest.approx(0.383, abs=0.07)
    assert found["shift_rows"] == {"train": 1000, "test": 1000}


NAMES = st.text(max_size=80) | st.sampled_from(
    ["a.b", "a_b", "a|b", "a/b", "a\nb", "a b", "a [b]", "a (b)", "#", "_", ".", "x" * 300]
)


@given(st.lists(NAMES.filter(str.strip), unique=True, max_size=12))
def test_every_name_has_a_key_of_its_own_that_dvc_leaves_whole(names):
    names = [name.encode("utf-8", "ignore").decode() or "x" for name in names]
    names = list(dict.fromkeys(names))
    keys = _keys(names)
    assert len(set(keys)) == len(names)
    for key in keys:
        assert key.isprintable() and not set(key) & set(".|[]") and key == key.strip() != ""
        assert len(key) <= MOST_KEY + 18


def test_a_name_that_is_fit_is_its_own_key():
    assert _keys(["age", "sepal.length", "a.b", "a_b"])[:2] == ["age", "sepal_length"]
    assert _keys(["a.b", "a_b"])[1] == "a_b"
    assert _keys(["a_b", "a.b"])[1].startswith("a_b #")


def test_a_wide_table_is_counted_whole_and_listed_in_part(rng, tmp_path):
    columns = {f"{'long' * 200}.{i}": one for i, one in enumerate(rng.normal(size=(5000, 10)))}
    columns |= {name: np.where(one > 1, np.nan, one) for name, one in list(columns.items())[4000:]}
    features = pd.DataFrame(columns)
    found = both(Dataset("t", features, pd.DataFrame({"y": LABELS}), BINARY, ("a", "b")))
    assert found["columns"]["numeric"] == 5000
    assert found["missing"]["all"] == pytest.approx(features.isna().to_numpy().mean(), abs=1e-6)
    assert len(found["range"]) == len(found["missing"]["column"]) == MOST_LISTED
    assert len(found["shift"]) == MOST_SHIFTS
    write_json(tmp_path / "data.json", found)
    assert (tmp_path / "data.json").stat().st_size < 50_000


@pytest.mark.parametrize("name", [*SCENARIOS, *BUNDLED])
def test_every_source_has_a_profile_of_finite_numbers(name, tmp_path):
    source = "synthetic" if name in SCENARIOS else "bundled"
    key = {"synthetic": "scenario", "bundled": "dataset"}[source]
    given_data = settings(**{"data.source": source, f"data.{source}.{key}": name}).data
    dataset = SOURCES[source](given_data)
    parts = split_rows(dataset, given_data.split, given_data.seed)
    found = both(dataset, parts)
    write_json(tmp_path / "data.json", found)
    assert found["rows"] == {split: len(rows) for split, rows in parts.items()}
    numbers = list(flatten_dict.flatten(found).values())
    assert all(type(one) in (int, float) for one in numbers)
    if dataset.kind.has_classes:
        [shares] = found["target"].values()
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)


@pytest.fixture
def own_table(fresh_clone, tmp_path) -> Path:
    """A clone with a table of odd names, generated and committed."""
    folder = Path(shutil.copytree(fresh_clone, tmp_path / "repository"))
    features = pd.DataFrame({"a.b": np.arange(60.0), 'a_b\n"': np.arange(60.0) ** 2})
    features.assign(y=["no", "yes"] * 30).to_csv(folder / "data/inputs/t.csv", index=False)
    file = {"data.file.path": "data/inputs/t.csv", "data.file.target": "y"}
    edit_params(folder, **{"data.source": "file", **file})
    run_stages(folder, "generate")
    commit(folder, "data")
    return folder


def test_metrics_diff_is_a_data_diff(own_table):
    def diff() -> dict:
        targets = "--targets", "reports/data.json"
        done = run(own_table, "dvc", "metrics", "diff", *targets, "--json")
        return json.loads(done.stdout).get("reports/data.json", {})

    assert not diff()
    file = own_table / "data/inputs/t.csv"
    lines = file.read_text().split("\n59.0,")
    file.write_text("\n590.0,".join(lines))
    run_stages(own_table, "generate")
    found = diff()
    [key] = {name.split(".")[1] for name in found if name.startswith("range.")}
    assert found[f"range.{key}.max"] == {"old": 59.0, "new": 590.0, "diff": 531.0}
    assert found[f"range.{key}.mean"]["diff"] == pytest.approx(531 / 60)
    assert set(found) <= {f"range.{key}.{name}" for name in ("max", "mean", "sd")} | {
        f"shift.{key}"
    }
