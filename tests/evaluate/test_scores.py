"""Scores by hand."""

import numpy as np
import pandas as pd
import pytest

from stages.evaluate import curves
from stages.evaluate.__main__ import rounded
from stages.evaluate.scores import (
    against,
    calibration_error,
    scores,
)
from stages.lib.artifacts.card import Card
from stages.lib.artifacts.metrics import CLASSIFICATION, LABEL, MULTILABEL, SEVERAL
from stages.lib.core.splits import SPLITS
from tests.cards import card_of


def predicted(code: list[int], *shares: list[float]) -> pd.DataFrame:
    columns = {f"probability_{k}": column for k, column in enumerate(np.array(shares).T)}
    return pd.DataFrame({"target": code, **columns})


def card(task: str, targets: tuple[str, ...] = ("y",)) -> Card:
    return card_of(task=task, targets=list(targets))


def test_binary_by_hand():
    table = predicted([0, 1, 1, 0], [0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.3, 0.7])
    found = scores(table, card("binary"), bins=10)
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.6, 0.2, 0.3]).mean())
    assert found["accuracy"] == 0.5
    assert found["balanced_accuracy"] == 0.5
    assert found["roc_auc"] == pytest.approx(0.5)
    assert found["brier"] == pytest.approx(np.mean([0.01, 0.16, 0.64, 0.49]))
    assert found["calibration_error"] == pytest.approx((0.1 + 0.4 + 0.8 + 0.7) / 4)


def test_coin_flips_at_one_half_cost_ln_2():
    table = predicted([0, 1] * 50, *[[0.5, 0.5]] * 100)
    found = scores(table, card("binary"), bins=15)
    assert found["log_loss"] == pytest.approx(np.log(2))
    assert (found["brier"], found["roc_auc"]) == (0.25, 0.5)
    assert found["calibration_error"] == pytest.approx(0)


def test_multiclass_by_hand():
    table = predicted([0, 1, 2], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.5, 0.2])
    found = scores(table, card("multiclass"), bins=10)
    assert found["log_loss"] == pytest.approx(-np.log([0.7, 0.8, 0.2]).mean())
    assert found["accuracy"] == pytest.approx(2 / 3)
    squares = [0.3**2 + 0.2**2 + 0.1**2, 0.1**2 + 0.2**2 + 0.1**2, 0.3**2 + 0.5**2 + 0.8**2]
    assert found["brier"] == pytest.approx(np.mean(squares))
    assert found["roc_auc"] == 1
    assert set(found) == {*CLASSIFICATION, "non_finite_predictions"}


def test_regression_by_hand():
    table = pd.DataFrame({"target": [0.0, 2.0, 4.0], "prediction": [1.0, 2.0, 2.0]})
    found = scores(table, card("regression"), bins=10)
    assert found["mse"] == pytest.approx(5 / 3)
    assert found["rmse"] == pytest.approx(np.sqrt(5 / 3))
    assert found["mae"] == 1
    assert found["r2"] == pytest.approx(1 - 5 / 8)


def of_labels(has: np.ndarray, share: np.ndarray) -> pd.DataFrame:
    columns = {f"target_{k}": column for k, column in enumerate(has.T)}
    return pd.DataFrame(columns | {f"probability_{k}": one for k, one in enumerate(share.T)})


def test_labels_by_hand():
    has = np.array([[1, 0], [0, 0], [1, 1], [0, 1]])
    share = np.array([[0.9, 0.2], [0.4, 0.3], [0.8, 0.4], [0.6, 0.5]])
    found = scores(of_labels(has, share), card("multilabel", ("a", "b")), bins=10)
    first, second = -np.log([0.9, 0.6, 0.8, 0.4]).mean(), -np.log([0.8, 0.7, 0.4, 0.5]).mean()
    assert found["log_loss"] == pytest.approx((first + second) / 2)
    assert found["subset_accuracy"] == 0.5
    assert found["hamming_loss"] == pytest.approx(2 / 8)
    # a: two of three said are right, none is missed; b: one is right, one is missed
    assert found["targets"]["a"]["f1"] == pytest.approx(4 / 5)
    assert found["targets"]["b"]["f1"] == pytest.approx(2 / 3)
    assert found["f1_macro"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found["f1_micro"] == pytest.approx(6 / 8)
    assert found["targets"]["b"]["share"] == 0.5
    assert found["targets"]["a"]["log_loss"] == pytest.approx(first)
    assert found["targets"]["a"]["precision"] == pytest.approx(2 / 3)
    assert found["roc_auc"] == pytest.approx(1.0)
    assert found["brier"] == pytest.approx(((has - share) ** 2).mean())
    assert set(found) == {*MULTILABEL, "targets", "non_finite_predictions"}
    assert set(found["targets"]["a"]) == set(LABEL)


def test_labels_agree_with_binary_tasks(rng):
    """Of every label by itself what a binary task of it would be told."""
    share = rng.uniform(0.01, 0.99, (500, 3))
    has = (rng.uniform(size=share.shape) < share).astype(int)
    found = scores(of_labels(has, share), card("multilabel", ("a", "b", "c")), bins=10)
    alone = [
        scores(predicted(has[:, k], *zip(1 - share[:, k], share[:, k], strict=True)),
               card("binary"), bins=10)
        for k in range(3)
    ]  # fmt: skip
    for key in ("log_loss", "roc_auc", "average_precision", "brier"):
        assert found[key] == pytest.approx(np.mean([one[key] for one in alone]))
    assert found["calibration_error"] < 0.03


def test_a_label_that_no_row_has_has_no_curve():
    has = np.array([[1, 0], [0, 0], [1, 0]])
    share = np.array([[0.9, 0.2], [0.4, 0.3], [0.8, 0.4]])
    found = scores(of_labels(has, share), card("multilabel", ("a", "b")), bins=10)
    assert found["targets"]["b"]["roc_auc"] is None
    assert found["roc_auc"] == found["targets"]["a"]["roc_auc"] == 1
    neither = scores(of_labels(0 * has, share), card("multilabel", ("a", "b")), bins=10)
    assert neither["roc_auc"] is neither["average_precision"] is None
    assert neither["log_loss"] > 0


def test_several_numbers_by_hand():
    table = pd.DataFrame(
        {"target_0": [0.0, 2.0, 4.0], "target_1": [10.0, 20.0, 30.0],
         "prediction_0": [1.0, 2.0, 2.0], "prediction_1": [10.0, 20.0, 30.0]}
    )  # fmt: skip
    found = scores(table, card("regression", ("a", "b")), bins=10)
    assert found["mse"] == pytest.approx(5 / 6)
    assert found["r2"] == pytest.approx((1 - 5 / 8 + 1) / 2)
    assert found["targets"]["a"]["mae"] == 1
    assert found["targets"]["b"] == {"mse": 0, "rmse": 0, "mae": 0, "r2": 1}
    assert set(found) == {*SEVERAL, "targets", "non_finite_predictions"}


@pytest.mark.parametrize("task", ["multilabel", "regression"])
def test_a_non_finite_prediction_of_one_target_gives_no_score(task):
    name = "probability" if task == "multilabel" else "prediction"
    table = pd.DataFrame({"target_0": [0, 1], "target_1": [1, 0]})
    table = table.assign(**{f"{name}_0": [0.5, np.nan], f"{name}_1": 0.5})
    whole = scores(table.assign(**{f"{name}_0": 0.5}), card(task, ("a", "b")), bins=10)
    broken = scores(table, card(task, ("a", "b")), bins=10)
    assert broken.pop("non_finite_predictions") == 1
    each = broken.pop("targets")
    assert set(broken.values()) == {None}
    assert {*broken, "targets", "non_finite_predictions"} == set(whole)
    for one, scored in zip(each.values(), whole["targets"].values(), strict=True):
        assert set(one) == set(scored) and set(one.values()) == {None}


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_non_finite_prediction_gives_no_score(broken):
    table = pd.DataFrame({"target": [0.0, 1.0], "prediction": [broken, 1.0]})
    found = scores(table, card("regression"), bins=10)
    assert found.pop("non_finite_predictions") == 1
    assert set(found.values()) == {None}
    beside = against(None, card_of(floor=FLOOR), "test")
    assert beside == {"chance": 0.7, "floor": 0.5, "bayes_loss": 0.45, "excess": None}


FLOOR = {"kind": "exact", "population": {"value": 0.5, "standard_error": 0.0}} | {
    key: {"value": 0.5, "standard_error": 0.0, "drawn": 0.45} for key in SPLITS
}
# Of the card and the floor of a table whose rows all train.
ALL_TRAIN = {
    "rows": {"train": 4, "validation": 0, "test": 0},
    "chance": {"train": 0.7, "validation": None, "test": None},
}


def test_excess_needs_a_floor():
    """The excess is over what the law costs on the same labels, not over its expectation."""
    beside = against(0.75, card_of(floor=FLOOR), "test")
    assert beside == {
        "chance": 0.7, "floor": 0.5, "bayes_loss": 0.45, "excess": pytest.approx(0.3),
    }  # fmt: skip
    assert against(0.75, card_of(), "test") == {"chance": 0.7}


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel", "regression"])
def test_a_split_without_rows_has_no_score_and_no_plot(task):
    several = task == "multilabel"
    floor = FLOOR | {"validation": None, "test": None}
    own = card_of(task=task, targets=["a", "b"] if several else ["y"], floor=floor, **ALL_TRAIN)
    names = [f"target_{k}" for k in range(2)] if several else ["target"]
    names += [f"probability_{k}" for k in range(len(own.classes))] or ["prediction"]
    table = pd.DataFrame({name: np.zeros(0) for name in names})
    found = scores(table, own, bins=10)
    assert found.pop("non_finite_predictions") == 0
    for each in found.pop("targets", {}).values():
        assert set(each.values()) == {None}
    assert set(found.values()) == {None}
    nothing = dict.fromkeys(("chance", "floor", "bayes_loss", "excess"))
    assert against(None, own, "test") == nothing
    plots = curves.tables(HISTORY, table, own, 10)
    assert plots["loss"]["chance"].tolist() == [0.7, 0.7]  # of the training rows
    assert plots["loss"]["floor"].tolist() == [0.5, 0.5]
    assert all(plots[name].empty for name in plots if name != "loss")


@pytest.mark.filterwarnings("error")
def test_a_class_that_no_row_of_a_split_has():
    """The few validation or test rows of a small table need not have every class."""
    code = [0, 0, 2]
    table = predicted(code, [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.5, 0.2])
    found = scores(table, card("multiclass"), bins=10)
    assert found["balanced_accuracy"] == pytest.approx((1 / 2 + 0) / 2)
    # Of class 0 one of the two pairs is in order, of class 2 both are.
    assert found["roc_auc"] == pytest.approx((1 / 2 + 1) / 2)
    assert set(curves.tables(HISTORY, table, card("multiclass"), 10)["roc"]["class"]) == {"a", "c"}
    only = predicted([1, 1], [0.9, 0.1], [0.4, 0.6])
    found = scores(only, card("binary"), bins=10)
    assert (found["roc_auc"], found["average_precision"]) == (None, None)
    assert found["accuracy"] == 0.5
    assert curves.tables(HISTORY, only, card("binary"), 10)["roc"].empty


def test_calibration_of_a_calibrated_forecast(rng):
    share = rng.uniform(size=200_000)
    code = (rng.uniform(size=len(share)) < share).astype(int)
    assert calibration_error(code, np.column_stack([1 - share, share]), 15) < 0.005
    certain = np.tile([0.0, 1.0], (len(share), 1))
    assert calibration_error(code, certain, 15) == pytest.approx(1 - code.mean())


def test_rounding_reaches_every_number():
    content = {"a": {"b": 0.123456, "c": None, "d": 3}, "e": np.float64(2.0000001)}
    assert rounded(content, 3) == {"a": {"b": 0.123, "c": None, "d": 3}, "e": 2.0}


HISTORY = pd.DataFrame({"epoch": [0, 1], "training_loss": [1.0, 0.5]})


def test_tables_of_every_task_have_every_column():
    binary_card = card("binary")
    test = predicted([0, 1], [0.9, 0.1], [0.4, 0.6])
    binary = curves.tables(HISTORY, test, binary_card, 10)
    regression = curves.tables(
        HISTORY,
        pd.DataFrame({"target": [1.0], "prediction": [2.0]}),
        card_of(task="regression", floor=FLOOR),
        10,
    )
    labels = curves.tables(
        HISTORY,
        of_labels(np.array([[0, 1], [1, 1]]), np.array([[0.2, 0.9], [0.4, 0.8]])),
        card("multilabel", ("a<", "b")),
        10,
    )
    broken = curves.tables(HISTORY, predicted([0], [np.nan, np.nan]), binary_card, 10)
    for name, table in binary.items():
        assert list(regression[name].columns) == list(table.columns) == list(broken[name].columns)
        assert list(labels[name].columns) == list(table.columns)
    # b is on every row, and so without a curve
    assert set(labels["roc"]["class"]) == {"a‹"}
    assert labels["confusion"].value_counts().to_dict() == {
        ("with", "with"): 2, ("with", "without"): 1, ("without", "without"): 1
    }  # fmt: skip
    assert binary["confusion"].values.tolist() == [["no", "no"], ["yes", "yes"]]
    assert binary["loss"]["floor"].isna().all()
    assert regression["loss"]["floor"].tolist() == [0.5, 0.5]
    assert regression["roc"].empty
    assert broken["confusion"].empty
