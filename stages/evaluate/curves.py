"""The tables behind DVC's plots, of the test split. A table that a task has no use for keeps its
header, so that every file that dvc.yaml declares exists."""

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from stages.evaluate.scores import calibration_table, shares

# Rows of a plot: more points than a screen has pixels only make the page slow.
MAX_POINTS = 1000


def tables(
    history: pd.DataFrame, test: pd.DataFrame, card: dict, bins: int
) -> dict[str, pd.DataFrame]:
    """Every plot's table by its file name."""
    empty = {
        "confusion": pd.DataFrame(columns=["actual", "predicted"]),
        "roc": pd.DataFrame(columns=["false_positive_rate", "true_positive_rate", "class"]),
        "calibration": pd.DataFrame(columns=["confidence", "accuracy", "rows"]),
        "predicted": pd.DataFrame(columns=["target", "prediction"]),
    }
    finite = bool(np.isfinite(test.to_numpy()).all())
    filled = {}
    if finite and card["task"] == "regression":
        filled = {"predicted": test.head(MAX_POINTS)}
    elif finite:
        filled = _classification(test, card["classes"], bins)
    return {"loss": _loss(history, card)} | empty | filled


def _loss(history: pd.DataFrame, card: dict) -> pd.DataFrame:
    """The loss by epoch, with the validation split's chance and, where it is known, floor."""
    floor = card["floor"]
    return history.assign(
        chance=card["chance"]["validation"],
        floor=np.nan if floor is None else floor["validation"]["value"],
    )


def _classification(test: pd.DataFrame, classes: list[str], bins: int) -> dict[str, pd.DataFrame]:
    code, share = test["target"].to_numpy(), shares(test)
    # DVC writes the names into a page's script as they are: no name may end it.
    classes = [name.replace("<", "‹").replace(">", "›") for name in classes]
    names = np.array(classes, dtype=object)
    confusion = pd.DataFrame({"actual": names[code], "predicted": names[share.argmax(axis=1)]})
    one_hot = label_binarize(code, classes=np.arange(len(classes)))
    # Of two classes, one curve says it all.
    shown = [1] if len(classes) == 2 else range(len(classes))
    return {
        "confusion": confusion,
        "roc": pd.concat(
            [
                _roc(one_hot[:, 0 if len(classes) == 2 else k], share[:, k], classes[k])
                for k in shown
            ],
            ignore_index=True,
        ),
        "calibration": calibration_table(code, share, bins),
    }


def _roc(positive: np.ndarray, share: np.ndarray, label: str) -> pd.DataFrame:
    false, true, _ = metrics.roc_curve(positive, share)
    thin = np.unique(np.linspace(0, len(false) - 1, min(len(false), MAX_POINTS)).astype(int))
    return pd.DataFrame(
        {"false_positive_rate": false[thin], "true_positive_rate": true[thin], "class": label}
    )
