"""Real tables with several targets, from the file to the page and the exported model."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from stages.generate import synthetic
from stages.generate.card import card
from stages.lib.core.json_files import read_json
from stages.lib.core.splits import SPLITS
from stages.lib.mlp import link
from stages.lib.mlp.batches import Part
from stages.lib.mlp.keras_model import keras_model
from stages.lib.mlp.program import program
from stages.lib.transforms import frame
from stages.lib.trials.laboratory import Judge
from stages.lib.trials.subject import Data
from stages.train.predictions import predicted
from tests.cards import card_of
from tests.conftest import edit_params, lead, run, run_stages, settings
from tests.report.browsing import browser_needed, look, opened
from tests.tools.deploy.exporting import exported

PLOTS = {"loss", "confusion", "roc", "calibration", "predicted"}
LOOP = "<b>loop</b>"


def whole_run(tiny_run: Path, folder: Path, table: pd.DataFrame, targets: list, **changes) -> Path:
    """A clone after all stages on this table, written out as CSV."""
    folder = Path(shutil.copytree(tiny_run, folder / "repository"))
    table.to_csv(folder / "data/inputs/t.csv", index=False)
    edit_params(
        folder,
        **{"data.source": "file", "data.file.path": "data/inputs/t.csv",
           "data.file.target": targets, **changes},
    )  # fmt: skip
    run_stages(folder)
    return folder


@pytest.fixture(scope="module")
def labels_run(tiny_run, tmp_path_factory) -> Path:
    """scikit-learn's digits: what can be said of a digit, written as people write it."""
    digits = datasets.load_digits(as_frame=True)
    digit = digits.target
    table = digits.data.assign(
        even=digit % 2 == 0,
        prime=np.where(digit.isin([2, 3, 5, 7]), "yes", "no"),
        **{LOOP: digit.isin([0, 6, 8, 9]).astype(int)},
    )
    return whole_run(
        tiny_run, tmp_path_factory.mktemp("labels"), table, ["even", "prime", LOOP],
        **{"train.layers": [32], "train.epochs": 8, "normalize.features": "standard"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def numbers_run(tiny_run, tmp_path_factory) -> Path:
    """scikit-learn's diabetes table: the disease's progress, and the body mass index."""
    table = datasets.load_diabetes(as_frame=True, scaled=False).frame
    return whole_run(
        tiny_run, tmp_path_factory.mktemp("numbers"), table, ["target", "bmi"],
        **{"train.layers": [16], "train.epochs": 20, "train.learning_rate": 0.01,
           "normalize.features": "standard", "normalize.target": "standard"},
    )  # fmt: skip


def plots(folder: Path) -> dict[str, pd.DataFrame]:
    found = {file.stem: pd.read_csv(file) for file in (folder / "data/plots").glob("*.csv")}
    assert set(found) == PLOTS
    return found


@pytest.mark.slow
def test_labels_end_to_end(labels_run):
    facts = read_json(labels_run / "data/raw/card.json")
    assert facts["task"] == "multilabel"
    assert facts["targets"] == facts["classes"] == ["even", "prime", LOOP]
    shares = pd.read_parquet(labels_run / "data/raw/test.parquet")[facts["targets"]].mean()
    np.testing.assert_allclose(shares, [0.5, 0.4, 0.4], atol=0.03)
    test = read_json(labels_run / "reports/metrics.json")["test"]
    assert test["log_loss"] < 0.6 * test["chance"]
    assert test["roc_auc"] > 0.9
    assert list(test["targets"]) == facts["targets"]
    assert test["log_loss"] == pytest.approx(
        np.mean([one["log_loss"] for one in test["targets"].values()]), abs=1e-5
    )
    tables = plots(labels_run)
    assert set(tables["roc"]["class"]) == {"even", "prime", "‹b›loop‹/b›"}
    assert len(tables["confusion"]) == 3 * facts["rows"]["test"]
    assert tables["predicted"].empty
    diagnosis = read_json(labels_run / "reports/diagnosis.json")
    assert diagnosis["about"][0]["unit"] == "nats a label"
    assert lead(diagnosis)["loss"]["floor"] < 0.5 * lead(diagnosis)["loss"]["chance"]
    assert diagnosis["signal"]["found"] == 1


@pytest.mark.slow
def test_numbers_end_to_end(numbers_run):
    facts = read_json(numbers_run / "data/raw/card.json")
    assert (facts["task"], facts["targets"]) == ("regression", ["target", "bmi"])
    assert facts["classes"] == []
    rows = pd.read_parquet(numbers_run / "data/raw/train.parquet")
    state = read_json(numbers_run / "data/normalized/normalization.json")["targets"]
    for target in state:
        assert target["state"]["center"] == pytest.approx(rows[target["name"]].mean())
    scaled = np.load(numbers_run / "data/normalized/train.y.npy")
    np.testing.assert_allclose(scaled.std(axis=0), 1)
    test = read_json(numbers_run / "reports/metrics.json")["test"]
    assert test["mse"] < 0.8 * test["chance"]
    assert all(one["r2"] > 0.1 for one in test["targets"].values())
    tables = plots(numbers_run)
    assert set(tables["predicted"]["name"]) == {"target", "bmi"}
    assert tables["roc"].empty and tables["confusion"].empty
    assert read_json(numbers_run / "reports/diagnosis.json")["signal"]["found"] == 1


@browser_needed
@pytest.mark.slow
def test_pages(browser, labels_run, numbers_run):
    for folder, names in ((labels_run, ["even", "prime", LOOP]), (numbers_run, ["target", "bmi"])):
        look(browser, folder)
        page = opened(browser, folder / "reports/index.html", 1100, "light")
        shown = page.eval_on_selector_all(
            "#targets-table tbody th", "all => all.map(one => one.textContent)"
        )
        assert shown == names
        page.context.close()
    assert "3 labels" in (labels_run / "reports/diagnosis.md").read_text()


def judge(task: str, targets: pd.DataFrame) -> Judge:
    frames = {name: targets for name in SPLITS}
    return Judge(Data(card_of(task=task, targets=list(targets)), frames), frames)


def test_a_row_costs_the_mean_of_its_labels_each_bounded():
    one = judge("multilabel", pd.DataFrame({"a": [1.0, 0.0, 1.0], "b": [1.0, 1.0, 0.0]}))
    least, most = link.EPSILON, 1 - link.EPSILON
    shares = np.array([[0.5, 0.2], [least, least], [np.nan, 0.5]])
    bound = -np.log(least)
    expected = [-np.log([0.5, 0.2]).mean(), bound / 2, (bound + np.log(2)) / 2]
    np.testing.assert_allclose(one.of_shares(shares, "test"), expected)
    lost = one.of_shares(np.array([[least, least], [most, least], [np.nan, np.nan]]), "test")
    assert lost.tolist() == [one.worst] * 3


def test_a_row_costs_the_mean_of_its_numbers_each_within_its_own_range():
    one = judge("regression", pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 100.0]}))
    assert one.worst == (1 + 100**2) / 2
    values = np.array([[0.5, 50.0], [9.0, 100.0]])
    assert one.of_values(values, "test").tolist() == [(0.25 + 2500) / 2, 0.5]
    assert one.of_values(np.full((2, 2), 1e30), "test").tolist() == [one.worst] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": "tags"},
        pytest.param(
            {"scenario": "tags", "train.loss": "hinge", "train.output_units": 1},
            marks=pytest.mark.slow,
        ),
        {"scenario": "responses", "normalize.target": "log1p_standard"},
        pytest.param({"scenario": "responses", "train.output_units": 1}, marks=pytest.mark.slow),
    ],
    ids=["labels", "labels, one output", "numbers", "numbers, one output"],
)
def test_the_exported_model_predicts_every_target(changes):
    """From raw rows what the pipeline writes; weights need no training to be the same."""
    given = settings(
        **{"data.synthetic.rows": 50, "normalize.features": "robust", "train.layers": [5]},
        **{key.replace("scenario", "data.synthetic.scenario"): v for key, v in changes.items()},
    )
    dataset = synthetic.draw(given.data.synthetic, 0)
    facts = card("synthetic", dataset, {name: np.arange(50) for name in SPLITS})
    state = frame.fit(dataset.table, facts, given.normalize)
    x, y = frame.apply(state, dataset.table), frame.apply_target(state, dataset.table)
    plan = program(given.train, facts.task, x.shape[1])
    arrays = plan.initial()
    model = keras_model(plan.network, plan.contract, [arrays], state)
    found = model.predict(dataset.features.to_numpy("float64"), verbose=0)
    wrote = pd.concat(predicted(plan, [arrays], Part(x, y), state))
    assert found.shape == (50, 3)
    np.testing.assert_allclose(found, wrote.filter(regex="^pr"), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_the_exported_file_predicts_every_label(labels_run):
    found, wrote = exported(labels_run)
    assert found.shape == (len(wrote), 3)
    np.testing.assert_allclose(found, wrote, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_a_run_of_labels_beside_one_of_classes(labels_run):
    """Losses in different units are not compared."""
    done = run(labels_run, sys.executable, "-m", "stages", "compare", "HEAD")
    assert "These two have no loss in common." in done.stdout
    assert 'data.file.target: null -> ["even", "prime", "<b>loop</b>"]' in done.stdout
