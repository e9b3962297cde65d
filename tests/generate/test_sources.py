"""Whole runs on real data, and on every scenario and bundled data set."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from stages.generate.bundled import BUNDLED
from stages.generate.scenarios import SCENARIOS
from tests.conftest import STAGES, edit_params, lead, repro, run, run_stages


def metrics_of(folder, **changes) -> dict:
    edit_params(folder, **changes)
    run_stages(folder, *STAGES[:4])
    return json.loads((folder / "reports/metrics.json").read_text())


@pytest.mark.slow
def test_breast_cancer_raw_and_scaled(finished_run):
    real = {"data.source": "bundled", "data.bundled.dataset": "breast_cancer"}
    real |= {"train.epochs": 30, "train.layers": [32]}
    raw = metrics_of(finished_run, **real)
    assert "floor" not in raw["test"]  # nobody knows it
    scaled = metrics_of(finished_run, **{"normalize.features": "standard"})
    assert scaled["test"]["log_loss"] < 0.2 < raw["test"]["chance"]
    assert scaled["test"]["roc_auc"] > 0.98


def test_coin_flips_cannot_be_learnt(finished_run):
    """Held-out loss above the floor ln 2 however long it trains, training loss below it."""
    found = metrics_of(
        finished_run,
        **{
            "data.synthetic.scenario": "coin_flips",
            "data.synthetic.rows": 1000,
            "train.layers": [64, 32],
            "train.epochs": 100,
            "train.learning_rate": 0.01,
        },
    )
    assert found["test"]["floor"] == pytest.approx(0.693147)
    assert found["train"]["log_loss"] < found["test"]["floor"] < found["test"]["log_loss"]


@pytest.mark.slow
def test_an_overflowing_loss_is_null_not_a_failure(finished_run):
    """Finite predictions whose squares are not: the metrics say null, as for any such loss."""
    lines = [f"{i % 9},{(i % 7) - 3},{2.718 ** (i % 9)}" for i in range(90)]
    (finished_run / "data/inputs/t.csv").write_text("\n".join(["a,b,y", *lines]))
    metrics = metrics_of(
        finished_run,
        **{
            "data.source": "file",
            "data.file.path": "data/inputs/t.csv",
            "data.file.target": "y",
            "data.file.task": "regression",
            "normalize.target": "log1p_standard",
            "train.layers": [],
            "train.loss": "mean_absolute_error",
            "train.optimizer": "sgd",
            "train.learning_rate": 100.0,
            "train.epochs": 1,
            "train.batch_size": 1000,
        },
    )
    assert metrics["test"]["mse"] is None
    assert metrics["test"]["chance"] > 0


def test_divergence_is_a_finding_not_a_failure(finished_run, capsys):
    edit_params(
        finished_run,
        **{
            "train.optimizer": "sgd",
            "train.learning_rate": 10.0,
            "train.epochs": 40,
            "train.loss": "mean_squared_error",
            "train.output_activation": "linear",
        },
    )
    run_stages(finished_run, *STAGES[:4])
    assert "diverged: non-finite" in capsys.readouterr().out
    metrics = json.loads((finished_run / "reports/metrics.json").read_text())
    assert metrics["training"]["diverged"] == 1
    network = json.loads((finished_run / "data/model/network.json").read_text())
    assert network["status"] == "diverged"
    assert network["epochs_run"] == network["divergence"]["epoch"] < 40
    assert network["kept_epoch"] == network["epochs_run"] - 1


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario(scenario, finished_run):
    changes = {"data.synthetic.scenario": scenario, "normalize.features": "standard"}
    found = metrics_of(finished_run, **changes)
    assert found["test"]["excess"] is not None
    assert found["test"]["floor"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("dataset", BUNDLED)
def test_every_bundled_data_set(dataset, finished_run):
    found = metrics_of(
        finished_run,
        **{
            "data.source": "bundled",
            "data.bundled.dataset": dataset,
            "normalize.features": "standard",
            "normalize.target": "standard",
            "train.epochs": 60,
            "train.early_stopping.patience": 5,
            "train.layers": [32],
            "train.learning_rate": 0.01,
        },
    )
    loss = found["test"].get("log_loss", found["test"].get("mse"))
    assert loss < 0.8 * found["test"]["chance"]


@pytest.mark.slow
@pytest.mark.parametrize(("key", "column"), [("groups", "patient"), ("time", "when")])
def test_groups_and_time_hold_through_the_whole_run(key, column, finished_run):
    rng = np.random.default_rng(5)
    patient = rng.integers(0, 60, 400)
    table = pd.DataFrame({"a": rng.normal(size=400), "b": rng.normal(size=60)[patient]})
    table["y"] = np.where(table["a"] + table["b"] + rng.normal(size=400) > 0, "yes", "no")
    table["patient"] = [f"p{one}" for one in patient]
    table["when"] = pd.date_range("2024-01-01", periods=400, freq="h")[rng.permutation(400)]
    table.to_csv(finished_run / "data/inputs/t.csv", index=False)
    edit_params(
        finished_run,
        **{
            "data.source": "file",
            "data.file.path": "data/inputs/t.csv",
            "data.file.target": "y",
            "data.file.ignore": list({"patient", "when"} - {column}),
            f"data.file.{key}": column,
            "diagnose.families": ["learning_rate"],
        },
    )
    assert repro(finished_run) == STAGES
    card = json.loads((finished_run / "data/raw/card.json").read_text())
    assert [one["name"] for one in card["columns"]] == ["a", "b"]
    assert card[key] == column
    splits = {
        name: pd.read_parquet(finished_run / f"data/raw/{name}.parquet")
        for name in ("train", "validation", "test")
    }
    if key == "groups":
        held = [set(one["patient"]) for one in splits.values()]
        assert sum(map(len, held)) == len(set().union(*held)) == table["patient"].nunique()
    else:
        rows = pd.concat(splits.values(), ignore_index=True)
        in_order = table.sort_values("when")[["a", "b", "y"]].reset_index(drop=True)
        np.testing.assert_allclose(rows[["a", "b"]], in_order[["a", "b"]])
    diagnosis = json.loads((finished_run / "reports/diagnosis.json").read_text())
    assert (lead(diagnosis)["seeds"]["splits"] > 1) == (key == "groups")
    predict = sys.executable, "-m", "stages", "predict", "data/raw/test.parquet"
    assert f"{len(splits['test'])} rows of prediction" in run(finished_run, *predict).stdout
