"""Tables of a few rows: none of them is spared, and every stage copes with splits of no rows."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.generate.__main__ import main as generate
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.metrics import read_metrics
from stages.lib.artifacts.training import read_history
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json
from stages.lib.core.parquet_files import read_table
from stages.tools.sweep.__main__ import main as sweep
from stages.train import checkpoint
from stages.train.__main__ import main as train
from tests.conftest import ROOT, content_of, digests, edit_params, lead, run, run_stages

UP_TO_EVALUATE = ("generate", "normalize", "train", "evaluate")
FILE = {"data.source": "file", "data.file.path": "data/inputs/t.csv", "data.file.target": "y"}
XOR = {
    **FILE,
    "train.layers": [4],
    "train.activation": "tanh",
    "train.learning_rate": 0.05,
    "train.epochs": 500,
    "train.early_stopping.patience": 500,
}


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/inputs").mkdir(parents=True)
    (tmp_path / "stages").symlink_to(ROOT / "stages")
    return tmp_path


def configure(rows: pd.DataFrame, changes: dict) -> None:
    rows.to_csv("data/inputs/t.csv", index=False)
    content = content_of(**(FILE | changes))
    Path("params.yaml").write_text(yaml.safe_dump(content))


def xor() -> pd.DataFrame:
    return pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "y": [0, 1, 1, 0]})


@pytest.mark.in_turn
def test_four_rows_of_xor_are_learnt_through_the_real_commands(fresh_clone, tmp_path):
    folder = tmp_path / "repository"
    run(tmp_path, "cp", "-r", str(fresh_clone), str(folder))
    xor().to_csv(folder / "data/inputs/t.csv", index=False)
    edit_params(folder, **XOR)
    done = {stage: run(folder, "python", "-m", f"stages.{stage}") for stage in UP_TO_EVALUATE}
    assert done["generate"].stdout.splitlines()[-1] == (
        "no validation and no test rows: all 4 rows train, since they are fewer than "
        "data.split.min_rows (50)"
    )
    assert done["train"].stdout == "no validation rows: early stopping watched the training loss\n"
    assert not done["normalize"].stdout and not done["evaluate"].stdout

    card = read_card(folder / "data/raw/card.json")
    assert dict(card.rows.items()) == {"train": 4, "validation": 0, "test": 0}
    assert read_json(folder / "data/raw/card.json")["chance"] == {
        "train": pytest.approx(np.log(2)), "validation": None, "test": None
    }  # fmt: skip
    pd.testing.assert_frame_equal(
        read_table(folder / "data/raw/train.parquet")[["a", "b"]], xor()[["a", "b"]] * 1.0
    )
    metrics = read_metrics(folder / "reports/metrics.json", card)
    assert metrics.train.by_name["accuracy"] == 1
    assert metrics.train.by_name["log_loss"] < 0.05
    for split in ("validation", "test"):
        scores = dict(metrics[split].by_name)
        assert scores.pop("non_finite_predictions") == 0
        assert set(scores.values()) == {None}
        assert len(read_table(folder / f"data/predictions/{split}.parquet")) == 0
    with (folder / "data/training/history.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 501
    assert {row["validation_loss"] for row in rows} == {""}
    assert len(read_history(folder / "data/training/history.csv")) == 501

    shown = json.loads(run(folder, "dvc", "metrics", "show", "--json").stdout)
    of_run = shown[""]["data"]["reports/metrics.json"]["data"]
    # DVC leaves out what is null.
    assert of_run["train"]["accuracy"] == 1 and "log_loss" not in of_run["test"]
    plots = run(folder, "dvc", "plots", "show", "--out", "plots", "--json")
    assert not json.loads(plots.stdout).get("errors")


@pytest.mark.slow
def test_four_rows_are_diagnosed_for_how_they_fit(workplace, capsys):
    """A rate that is far too small: the account is of the training rows, and says why."""
    slow = {"train.learning_rate": 1e-5, "train.epochs": 60}
    few = {"diagnose.families": ["learning_rate"], "diagnose.seeds": 4}
    configure(xor(), XOR | slow | few)
    run_stages(workplace, *UP_TO_EVALUATE, "diagnose", "report")
    diagnosis = read_json("reports/diagnosis.json")
    assert diagnosis["generalize"] is None
    assert diagnosis["about"][0]["signal"]["status"] == "cannot_tell"
    account = lead(diagnosis)
    assert account["about"][0]["question"] == "fit"
    [edit] = account["prescription"]["edits"]
    assert edit["key"] == "train.learning_rate" and edit["new"] > 1e-3
    assert account["loss"]["after"] < account["loss"]["baseline"] - account["loss"]["min_gain"]
    assert account["loss"]["exact_bound"] == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Too few rows to judge new rows: 0 held out, about 50 needed." in text
    assert "training loss of this run" in text and "No signal" not in text


def test_six_rows_of_a_line_are_fitted(workplace):
    x = np.arange(-2.0, 4.0)
    configure(
        pd.DataFrame({"x": x, "y": 3 * x - 2}),
        {"train.layers": [], "train.optimizer": "sgd", "train.learning_rate": 0.1,
         "train.epochs": 100},
    )  # fmt: skip
    run_stages(workplace, *UP_TO_EVALUATE)
    metrics = read_json("reports/metrics.json")
    assert metrics["train"]["r2"] > 0.9999
    # The variance of six equally spaced numbers 3 apart: 9 * 35 / 12.
    assert metrics["train"]["chance"] == pytest.approx(9 * 35 / 12)
    assert metrics["test"]["mse"] is metrics["test"]["chance"] is None


def test_a_class_of_a_single_row_beside_text_and_weights(workplace):
    labels = list("aaaabbbc")
    weights = np.array([1, 1, 1, 1, 2, 2, 2, 4])
    rows = pd.DataFrame({"x": range(8), "city": ["Oslo", "Lima"] * 4, "w": weights, "y": labels})
    configure(
        rows,
        {"data.file.weights": "w", "train.layers": [8], "train.epochs": 60,
         "train.learning_rate": 0.05, "train.class_weight": "balanced"},
    )  # fmt: skip
    run_stages(workplace, *UP_TO_EVALUATE)
    shares = np.array([4, 6, 4]) / 14
    scores = read_json("reports/metrics.json")["train"]
    assert scores["chance"] == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-6)
    assert scores["log_loss"] < 0.5 * scores["chance"]
    for kind, shape in (("x", (0, 3)), ("y", (0, 1)), ("w", (0,))):
        assert np.load(f"data/normalized/test.{kind}.npy").shape == shape


def test_labels_of_a_few_rows(workplace):
    rows = pd.DataFrame({"x": range(6), "u": [0, 1, 0, 1, 0, 1], "v": [0, 0, 0, 1, 1, 1]})
    configure(rows, {"data.file.target": ["u", "v"], "train.layers": [], "train.epochs": 3})
    run_stages(workplace, *UP_TO_EVALUATE)
    metrics = read_json("reports/metrics.json")
    assert metrics["train"]["targets"]["u"]["log_loss"] > 0
    assert set(metrics["test"]["targets"]["u"].values()) == {None}


def test_an_interrupted_training_without_validation_rows_goes_on(workplace, monkeypatch, capsys):
    configure(xor(), XOR | {"train.epochs": 30, "train.early_stopping.patience": 20})
    run_stages(workplace, "generate", "normalize", "train")
    whole = digests(workplace / "data")
    keep = checkpoint.Checkpoint.keep

    def interrupted(self, progress):
        keep(self, progress)
        if progress.epoch == 11:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "SECONDS", 0.0)
        patch.setattr(checkpoint.Checkpoint, "keep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train()
    assert (workplace / checkpoint.FOLDER).is_dir()
    train()
    assert "going on after epoch 11 of an interrupted run" in capsys.readouterr().out
    assert digests(workplace / "data") == whole


def test_a_sweep_needs_validation_rows(workplace, monkeypatch):
    configure(xor(), XOR)
    run_stages(workplace, "generate")
    monkeypatch.setattr("stages.tools.sweep.__main__.check_data", lambda: None)  # no DVC here
    monkeypatch.setattr("sys.argv", ["sweep", "-S", "train.learning_rate=0.1,0.2"])
    with pytest.raises(UserError, match=r"expected validation rows, .*\. Received: none"):
        sweep()


def test_a_split_may_go_without_rows_in_a_larger_table(workplace, capsys):
    rows = pd.DataFrame({"x": range(60), "y": ["no", "yes"] * 30})
    configure(rows, {"data.split.test": 0, "data.split.validation": 0.1})
    generate()
    assert capsys.readouterr().out.endswith("no test rows: data.split.test is 0\n")
    assert read_json("data/raw/card.json")["rows"] == {"train": 54, "validation": 6, "test": 0}
