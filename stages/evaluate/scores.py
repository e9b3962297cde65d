"""Scores of one split. Every loss is the task's proper one, whatever loss was trained."""

import warnings

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from stages.lib.artifacts.card import Card
from stages.lib.artifacts.metrics import (
    score_names,
    target_score_names,
)
from stages.lib.core.parquet_files import numbered
from stages.lib.core.text import printable

Scores = dict[str, float | None]
# How many rows each row stands for, float64 [rows]; None for one each.
Weights = np.ndarray | None


def shares(table: pd.DataFrame) -> np.ndarray:
    """The predicted probabilities of the classes or labels, float64 [rows, classes]."""
    return numbered(table, "probability")


def weights(table: pd.DataFrame) -> Weights:
    """Those of a table of predictions."""
    return table["weight"].to_numpy() if "weight" in table else None


def scores(table: pd.DataFrame, card: Card, bins: int) -> dict:
    """All scores of a table of predictions, and how many of them are not finite. Shares and means
    are over rows by their weights, if there are any.

    Of labels and of several numbers `targets` holds the scores of each by its name. Without rows
    every score is None, and with a non-finite prediction among them too: a mean that leaves rows
    out would flatter the network.
    """
    task, targets, w = card.task, card.targets, weights(table)
    several = len(targets) > 1
    broken = int((~np.isfinite(table.to_numpy())).any(axis=1).sum())
    if broken or table.empty:
        values: dict = dict.fromkeys(score_names(card))
        if several:
            of_target = target_score_names(card)
            values["targets"] = {printable(name): dict.fromkeys(of_target) for name in targets}
    elif task.has_labels:
        values = _multilabel(numbered(table, "target"), shares(table), targets, bins, w)
    elif several:
        values = _several(numbered(table, "target"), numbered(table, "prediction"), targets, w)
    elif task.is_regression:
        values = _regression(table["target"].to_numpy(), table["prediction"].to_numpy(), w)
    else:
        values = _classification(table["target"].to_numpy(), shares(table), bins, w)
    return values | {"non_finite_predictions": broken}


def against(loss: float | None, card: Card, split: str) -> Scores:
    """The split's loss beside the best constant's and, where it is known, the irreducible one; None
    for what a split without rows does not have.

    floor: in expectation over the labels of these rows. bayes_loss: what the best possible
    prediction costs on the labels that they have. excess = loss - bayes_loss, in the loss's unit:
    both are of the same labels, so their luck cancels. A network can still do better than the law
    on some labels; then the excess is negative.
    """
    beside: Scores = {"chance": card.chance[split]}
    if card.floor is not None:
        floor = card.floor[split]
        value = None if floor is None else floor.value
        drawn = None if floor is None else floor.drawn
        excess = None if loss is None or drawn is None else loss - drawn
        beside |= {"floor": value, "bayes_loss": drawn, "excess": excess}
    return beside


def _classification(code: np.ndarray, share: np.ndarray, bins: int, w: Weights) -> Scores:
    """log_loss in nats; roc_auc and average_precision of class 1, or one-against-rest averaged
    over the classes, those left out that no row has, or every row; brier summed over the classes,
    and halved for two (as in scikit-learn)."""
    classes = np.arange(share.shape[1])
    predicted = share.argmax(axis=1)
    one_hot = label_binarize(code, classes=classes)
    score = share[:, 1:] if len(classes) == 2 else share
    both = mixed(one_hot, w)
    pair, weighted, ranked = (one_hot[:, both], score[:, both]), {"sample_weight": w}, both.any()
    squares = ((share - np.eye(len(classes))[code]) ** 2).sum(axis=1)
    return {
        "log_loss": _mean(-np.log(share[np.arange(len(code)), code]), w),
        "accuracy": metrics.accuracy_score(code, predicted, sample_weight=w),
        "balanced_accuracy": _balanced_accuracy(code, predicted, w),
        "roc_auc": metrics.roc_auc_score(*pair, average="macro", **weighted) if ranked else None,
        "average_precision": metrics.average_precision_score(*pair, **weighted) if ranked else None,
        "brier": _mean(squares, w) / (2 if len(classes) == 2 else 1),
        "calibration_error": calibration_error(code, share, bins, w),
    }


def _balanced_accuracy(code: np.ndarray, predicted: np.ndarray, w: Weights) -> float:
    """The mean recall of the classes that rows have, as scikit-learn has it, whose warning about
    others that are predicted is left out."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
        return float(metrics.balanced_accuracy_score(code, predicted, sample_weight=w))


def _mean(values: np.ndarray, w: Weights) -> float:
    return float(np.average(values, weights=w))


def mixed(y_true: np.ndarray, w: Weights) -> np.ndarray:
    """Of which labels some rows that count have the label and others have not, bool [labels];
    has: 0 or 1, [rows, labels]."""
    if w is not None:
        y_true = y_true[w > 0]
    return (y_true.min(axis=0) == 0) & (y_true.max(axis=0) == 1)


def _multilabel(
    y_true: np.ndarray, y_proba: np.ndarray, names: list[str], bins: int, w: Weights
) -> dict:
    """log_loss in nats a label; a label counts as predicted from a probability of one half on.

    subset_accuracy: share of the rows whose labels are all right; hamming_loss: share of the labels
    that are wrong. f1_macro, roc_auc and average_precision are means over the labels, the latter
    two over those that some rows of the split have and others have not.
    """
    y_pred = (y_proba >= 0.5).astype(int)
    each = {
        printable(name): _label(y_true[:, k], y_proba[:, k], y_pred[:, k], w)
        for k, name in enumerate(names)
    }
    both = mixed(y_true, w)
    pair = y_true[:, both], y_proba[:, both]
    code, pairs, flat = flattened(y_true, y_proba, w)
    weighted = {"sample_weight": w}
    return {
        "log_loss": float(np.mean([scores["log_loss"] for scores in each.values()])),
        "subset_accuracy": metrics.accuracy_score(y_true, y_pred, **weighted),
        "hamming_loss": metrics.hamming_loss(y_true, y_pred, **weighted),
        "f1_micro": metrics.f1_score(y_true, y_pred, average="micro", zero_division=0, **weighted),
        "f1_macro": metrics.f1_score(y_true, y_pred, average="macro", zero_division=0, **weighted),
        "roc_auc": metrics.roc_auc_score(*pair, average="macro", **weighted)
        if both.any()
        else None,
        "average_precision": metrics.average_precision_score(*pair, **weighted)
        if both.any()
        else None,
        "brier": _mean(((y_proba - y_true) ** 2).mean(axis=1), w),
        "calibration_error": calibration_error(code, pairs, bins, flat),
        "targets": each,
    }


def _label(y_true: np.ndarray, y_proba: np.ndarray, y_pred: np.ndarray, w: Weights) -> Scores:
    """share: of the rows that have the label. roc_auc is undefined where all or none have it."""
    weighted = {"sample_weight": w}
    both = mixed(y_true[:, None], w).all()
    return {
        "share": _mean(y_true, w),
        "log_loss": _mean(-np.log(np.where(y_true == 1, y_proba, 1 - y_proba)), w),
        "accuracy": metrics.accuracy_score(y_true, y_pred, **weighted),
        "precision": metrics.precision_score(y_true, y_pred, zero_division=0, **weighted),
        "recall": metrics.recall_score(y_true, y_pred, zero_division=0, **weighted),
        "f1": metrics.f1_score(y_true, y_pred, zero_division=0, **weighted),
        "roc_auc": metrics.roc_auc_score(y_true, y_proba, **weighted) if both else None,
    }


def flattened(
    y_true: np.ndarray, y_proba: np.ndarray, w: Weights
) -> tuple[np.ndarray, np.ndarray, Weights]:
    """All labels of all rows, one after the other, as a question of two answers: codes
    [rows x labels], probabilities [rows x labels, 2] and weights [rows x labels]."""
    pairs = np.column_stack([1 - y_proba.ravel(), y_proba.ravel()])
    return y_true.ravel().astype(int), pairs, None if w is None else np.repeat(w, y_true.shape[1])


def calibration_table(
    code: np.ndarray, share: np.ndarray, bins: int, w: Weights = None
) -> pd.DataFrame:
    """Confidence (probability of the predicted class) against accuracy, in bins of equal width.

    Empty bins are left out. rows: how many are in the bin, by their weights. Guo et al., On
    Calibration of Modern Neural Networks, ICML 2017.
    """
    confidence = share.max(axis=1)
    counts = np.ones(len(code), dtype=int) if w is None else w
    table = pd.DataFrame(
        {
            "bin": np.minimum((confidence * bins).astype(int), bins - 1),
            "confidence": confidence * counts,
            "accuracy": (share.argmax(axis=1) == code) * counts,
            "rows": counts,
        }
    )
    sums = table[table["rows"] > 0].groupby("bin").sum().reset_index(drop=True)
    shown = ["confidence", "accuracy"]
    return sums.assign(**sums[shown].div(sums["rows"], axis=0))


def calibration_error(code: np.ndarray, share: np.ndarray, bins: int, w: Weights = None) -> float:
    """The expected calibration error: |accuracy - confidence| averaged over the rows."""
    table = calibration_table(code, share, bins, w)
    gap = (table["accuracy"] - table["confidence"]).abs()
    return float((gap * table["rows"]).sum() / table["rows"].sum())


def _regression(target: np.ndarray, predicted: np.ndarray, w: Weights) -> Scores:
    """mse in squared target units, rmse and mae in target units; infinite when they overflow."""
    weighted = {"sample_weight": w}
    with np.errstate(over="ignore"):
        squared = metrics.mean_squared_error(target, predicted, **weighted)
    # R2 is undefined on a split without spread.
    spread = np.ptp(target if w is None else target[w > 0]) > 0
    return {
        "mse": squared,
        "rmse": float(np.sqrt(squared)),
        "mae": metrics.mean_absolute_error(target, predicted, **weighted),
        "r2": metrics.r2_score(target, predicted, **weighted) if spread else None,
    }


def _several(target: np.ndarray, predicted: np.ndarray, names: list[str], w: Weights) -> dict:
    """The scores of each target; mse and r2 are their means, as in scikit-learn."""
    each = {
        printable(name): _regression(target[:, k], predicted[:, k], w)
        for k, name in enumerate(names)
    }
    r2 = [scores["r2"] for scores in each.values() if scores["r2"] is not None]
    return {
        "mse": float(np.mean([scores["mse"] for scores in each.values()])),
        "r2": float(np.mean(r2)) if len(r2) == len(each) else None,
        "targets": each,
    }
