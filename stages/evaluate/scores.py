"""Scores of one split. Every loss is the task's proper one, whatever loss was trained."""

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from stages.files import numbered, printable
from stages.shapes import CLASSIFICATION, LABEL, MULTILABEL, REGRESSION, SEVERAL

Scores = dict[str, float | None]


def shares(table: pd.DataFrame) -> np.ndarray:
    """The predicted probabilities of the classes or labels, float64 [rows, classes]."""
    return numbered(table, "probability")


def scores(table: pd.DataFrame, card: dict, bins: int) -> dict:
    """All scores of a table of predictions, and how many of them are not finite.

    Of labels and of several numbers `targets` holds the scores of each by its name. With a
    non-finite prediction in the split every score is None: a mean that leaves rows out would
    flatter the network.
    """
    task, targets = card["task"], card["targets"]
    several = len(targets) > 1
    broken = int((~np.isfinite(table.to_numpy())).any(axis=1).sum())
    if broken:
        names = {"regression": SEVERAL if several else REGRESSION, "multilabel": MULTILABEL}
        each = LABEL if task == "multilabel" else REGRESSION
        values: dict = dict.fromkeys(names.get(task, CLASSIFICATION))
        if several:
            values["targets"] = {printable(name): dict.fromkeys(each) for name in targets}
    elif task == "multilabel":
        values = _multilabel(numbered(table, "target"), shares(table), targets, bins)
    elif several:
        values = _several(numbered(table, "target"), numbered(table, "prediction"), targets)
    elif task == "regression":
        values = _regression(table["target"].to_numpy(), table["prediction"].to_numpy())
    else:
        values = _classification(table["target"].to_numpy(), shares(table), bins)
    return values | {"non_finite_predictions": broken}


def against(loss: float | None, chance: float, floor: float | None) -> Scores:
    """The loss beside the best constant's and, where it is known, the irreducible one.

    excess = loss - floor, in the loss's unit. A held-out loss can lie below the floor by the luck
    of its rows; then the excess is negative.
    """
    beside: Scores = {"chance": chance}
    if floor is not None:
        beside |= {"floor": floor, "excess": None if loss is None else loss - floor}
    return beside


def _classification(code: np.ndarray, share: np.ndarray, bins: int) -> Scores:
    """log_loss in nats; roc_auc and average_precision of class 1, or one-against-rest averaged
    over the classes; brier summed over the classes, and halved for two (as in scikit-learn)."""
    classes = np.arange(share.shape[1])
    predicted = share.argmax(axis=1)
    one_hot = label_binarize(code, classes=classes)
    score = share[:, 1:] if len(classes) == 2 else share
    return {
        "log_loss": float(-np.log(share[np.arange(len(code)), code]).mean()),
        "accuracy": metrics.accuracy_score(code, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(code, predicted),
        "roc_auc": metrics.roc_auc_score(one_hot, score, average="macro"),
        "average_precision": metrics.average_precision_score(one_hot, score, average="macro"),
        "brier": float(((share - np.eye(len(classes))[code]) ** 2).sum(axis=1).mean())
        / (2 if len(classes) == 2 else 1),
        "calibration_error": calibration_error(code, share, bins),
    }


def _multilabel(has: np.ndarray, share: np.ndarray, names: list[str], bins: int) -> dict:
    """log_loss in nats a label; a label counts as predicted from a probability of one half on.

    subset_accuracy: share of the rows whose labels are all right; hamming_loss: share of the labels
    that are wrong. f1_macro, roc_auc and average_precision are means over the labels, the latter
    two over those that some rows of the split have and others have not.
    """
    said = (share >= 0.5).astype(int)
    each = {
        printable(name): _label(has[:, k], share[:, k], said[:, k]) for k, name in enumerate(names)
    }
    mixed = [k for k in range(has.shape[1]) if 0 < has[:, k].sum() < len(has)]
    pair = has[:, mixed], share[:, mixed]
    return {
        "log_loss": float(np.mean([one["log_loss"] for one in each.values()])),
        "subset_accuracy": metrics.accuracy_score(has, said),
        "hamming_loss": metrics.hamming_loss(has, said),
        "f1_micro": metrics.f1_score(has, said, average="micro", zero_division=0),
        "f1_macro": metrics.f1_score(has, said, average="macro", zero_division=0),
        "roc_auc": metrics.roc_auc_score(*pair, average="macro") if mixed else None,
        "average_precision": metrics.average_precision_score(*pair) if mixed else None,
        "brier": float(((share - has) ** 2).mean()),
        "calibration_error": calibration_error(*flattened(has, share), bins),
        "targets": each,
    }


def _label(has: np.ndarray, share: np.ndarray, said: np.ndarray) -> Scores:
    """share: of the rows that have the label. roc_auc is undefined where all or none have it."""
    mixed = 0 < has.sum() < len(has)
    return {
        "share": float(has.mean()),
        "log_loss": float(-np.log(np.where(has == 1, share, 1 - share)).mean()),
        "accuracy": metrics.accuracy_score(has, said),
        "precision": metrics.precision_score(has, said, zero_division=0),
        "recall": metrics.recall_score(has, said, zero_division=0),
        "f1": metrics.f1_score(has, said, zero_division=0),
        "roc_auc": metrics.roc_auc_score(has, share) if mixed else None,
    }


def flattened(has: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All labels of all rows, one after the other, as a question of two answers: codes
    [rows x labels], and probabilities [rows x labels, 2]."""
    return has.ravel().astype(int), np.column_stack([1 - share.ravel(), share.ravel()])


def calibration_table(code: np.ndarray, share: np.ndarray, bins: int) -> pd.DataFrame:
    """Confidence (probability of the predicted class) against accuracy, in bins of equal width.

    Empty bins are left out. Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    confidence = share.max(axis=1)
    table = pd.DataFrame(
        {
            "bin": np.minimum((confidence * bins).astype(int), bins - 1),
            "confidence": confidence,
            "accuracy": (share.argmax(axis=1) == code).astype(float),
        }
    )
    grouped = table.groupby("bin").agg(
        confidence=("confidence", "mean"), accuracy=("accuracy", "mean"), rows=("bin", "size")
    )
    return grouped.reset_index(drop=True)


def calibration_error(code: np.ndarray, share: np.ndarray, bins: int) -> float:
    """The expected calibration error: |accuracy - confidence| averaged over the rows."""
    table = calibration_table(code, share, bins)
    gap = (table["accuracy"] - table["confidence"]).abs()
    return float((gap * table["rows"]).sum() / table["rows"].sum())


def _regression(target: np.ndarray, predicted: np.ndarray) -> Scores:
    """mse in squared target units, rmse and mae in target units; infinite when they overflow."""
    with np.errstate(over="ignore"):
        squared = metrics.mean_squared_error(target, predicted)
    # R2 is undefined on a split without spread.
    r2 = metrics.r2_score(target, predicted) if np.ptp(target) > 0 else None
    return {
        "mse": squared,
        "rmse": float(np.sqrt(squared)),
        "mae": metrics.mean_absolute_error(target, predicted),
        "r2": r2,
    }


def _several(target: np.ndarray, predicted: np.ndarray, names: list[str]) -> dict:
    """The scores of each target; mse and r2 are their means, as in scikit-learn."""
    each = {
        printable(name): _regression(target[:, k], predicted[:, k]) for k, name in enumerate(names)
    }
    r2 = [one["r2"] for one in each.values()]
    return {
        "mse": float(np.mean([one["mse"] for one in each.values()])),
        "r2": None if None in r2 else float(np.mean(r2)),
        "targets": each,
    }
