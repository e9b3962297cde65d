"""The tables behind DVC's plots, of the test split. A table that a task has no use for, or that has
no test rows to show, keeps its header, so that every file that dvc.yaml declares exists. The
confusion counts rows, which have no weights there."""

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from stages.evaluate.scores import calibration_table, flattened, mixed, shares, weights
from stages.lib.artifacts.card import Card
from stages.lib.core.parquet_files import numbered

# Rows of a plot: more points than a screen has pixels only make the page slow.
MAX_POINTS = 1000
# Pairs of a row and a label that the confusion of labels counts: with more of them no share of it
# changes in a digit that is shown.
MAX_PAIRS = 100_000


def tables(
    history: pd.DataFrame, test: pd.DataFrame, card: Card, bins: int
) -> dict[str, pd.DataFrame]:
    """Every plot's table by its file name."""
    empty = {
        "confusion": pd.DataFrame(columns=["actual", "predicted"]),
        "roc": pd.DataFrame(columns=["false_positive_rate", "true_positive_rate", "class"]),
        "calibration": pd.DataFrame(columns=["confidence", "accuracy", "rows"]),
        "predicted": pd.DataFrame(columns=["target", "prediction"]),
    }
    usable = len(test) > 0 and bool(np.isfinite(test.to_numpy()).all())
    filled = {}
    if usable and card.task.is_regression:
        filled = {"predicted": _predicted(test, card.targets)}
    elif usable and card.task.has_labels:
        filled = _multilabel(test, card.targets, bins)
    elif usable:
        filled = _classification(test, card.classes, bins)
    return {"loss": _loss(history, card)} | empty | filled


def _loss(history: pd.DataFrame, card: Card) -> pd.DataFrame:
    """The loss by epoch, with the chance and, where it is known, the floor of the validation split,
    or of the training split where no rows validate."""
    floor = None if card.floor is None else card.floor[card.watched_split]
    return history.assign(
        chance=card.chance[card.watched_split],
        floor=np.nan if floor is None else floor.value,
    )


def _predicted(test: pd.DataFrame, targets: list[str]) -> pd.DataFrame:
    """Predicted beside true; of several targets, one after the other, with the target's name."""
    if len(targets) == 1:
        return test[["target", "prediction"]].head(MAX_POINTS)
    shown = test.head(max(1, MAX_POINTS // len(targets)))
    true, predicted = numbered(shown, "target"), numbered(shown, "prediction")
    return pd.concat(
        [
            pd.DataFrame({"target": true[:, k], "prediction": predicted[:, k], "name": name})
            for k, name in enumerate(_harmless(targets))
        ],
        ignore_index=True,
    )


def _harmless(names: list[str]) -> list[str]:
    """DVC writes names into a page's script as they are: none may end it."""
    return [name.replace("<", "‹").replace(">", "›") for name in names]


def _multilabel(test: pd.DataFrame, labels: list[str], bins: int) -> dict[str, pd.DataFrame]:
    """The confusion (of the first rows, if there are many) and calibration of all labels together,
    and the ROC curve of each label that some rows have and others have not."""
    y_true, y_proba, w = numbered(test, "target").astype(int), shares(test), weights(test)
    both = mixed(y_true, w)
    words = np.array(["without", "with"], dtype=object)
    most = max(50, min(MAX_POINTS, 4 * MAX_POINTS // len(labels)))
    curves = [
        _roc(y_true[:, k], y_proba[:, k], name, w, most)
        for k, name in enumerate(_harmless(labels))
        if both[k]
    ]
    first = slice(max(1, MAX_PAIRS // len(labels)))
    actual, predicted = y_true[first].ravel(), (y_proba[first].ravel() >= 0.5).astype(int)
    code, pairs, flat = flattened(y_true, y_proba, w)
    filled = {
        "confusion": pd.DataFrame({"actual": words[actual], "predicted": words[predicted]}),
        "calibration": calibration_table(code, pairs, bins, flat),
    }
    return filled | ({"roc": pd.concat(curves, ignore_index=True)} if curves else {})


def _classification(test: pd.DataFrame, classes: list[str], bins: int) -> dict[str, pd.DataFrame]:
    code, share, w = test["target"].to_numpy(), shares(test), weights(test)
    classes = _harmless(classes)
    names = np.array(classes, dtype=object)
    confusion = pd.DataFrame({"actual": names[code], "predicted": names[share.argmax(axis=1)]})
    one_hot = label_binarize(code, classes=np.arange(len(classes)))
    # Of two classes, one curve says it all.
    shown = [1] if len(classes) == 2 else range(len(classes))
    both = mixed(one_hot, w)
    curves = [
        _roc(positive, share[:, k], classes[k], w)
        for k, positive, two in zip(shown, one_hot.T, both, strict=True)
        if two
    ]
    filled = {"confusion": confusion, "calibration": calibration_table(code, share, bins, w)}
    return filled | ({"roc": pd.concat(curves, ignore_index=True)} if curves else {})


def _roc(
    positive: np.ndarray,
    share: np.ndarray,
    label: str,
    w: np.ndarray | None,
    most: int = MAX_POINTS,
) -> pd.DataFrame:
    """One curve, of at most so many points."""
    false, true, _ = metrics.roc_curve(positive, share, sample_weight=w)
    thin = np.unique(np.linspace(0, len(false) - 1, min(len(false), most)).astype(int))
    return pd.DataFrame(
        {"false_positive_rate": false[thin], "true_positive_rate": true[thin], "class": label}
    )
