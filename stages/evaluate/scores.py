"""Scores of one split. Every loss is the task's proper one, whatever loss was trained."""

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.preprocessing import label_binarize

Scores = dict[str, float | None]

CLASSIFICATION = (
    "log_loss",
    "accuracy",
    "balanced_accuracy",
    "roc_auc",
    "average_precision",
    "brier",
    "calibration_error",
)
REGRESSION = ("mse", "rmse", "mae", "r2")


def shares(table: pd.DataFrame) -> np.ndarray:
    """The predicted class probabilities, float64 [rows, classes]."""
    return table.filter(regex=r"^probability_\d+$").to_numpy()


def scores(table: pd.DataFrame, task: str, bins: int) -> Scores:
    """All scores of a table of predictions, and how many of them are not finite.

    With a non-finite prediction in the split every score is None: a mean that leaves rows out
    would flatter the network.
    """
    names = REGRESSION if task == "regression" else CLASSIFICATION
    broken = int((~np.isfinite(table.to_numpy())).any(axis=1).sum())
    if broken:
        values: Scores = dict.fromkeys(names)
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
