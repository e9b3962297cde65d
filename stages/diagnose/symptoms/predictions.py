"""The predictions of the kept weights, and their proper losses."""

import numpy as np
import pandas as pd

from stages.lib.core.parquet_files import numbered
from stages.lib.trials.statistics import linearised, mean
from stages.lib.trials.subject import Subject


def finite_rows(table: pd.DataFrame) -> np.ndarray:
    """Whether all numbers of each row are finite, bool [rows]."""
    finite: np.ndarray = np.isfinite(table.to_numpy("float64")).all(axis=1)
    return finite


def predicted(subject: Subject, split: str) -> np.ndarray:
    """The probabilities [rows, classes], or the predicted targets [rows, targets], float64."""
    name = "prediction" if subject.task.is_regression else "probability"
    return numbered(subject.predictions[split], name).astype("float64")


def mean_loss(subject: Subject, split: str) -> float | None:
    """The proper loss of a split, by the rows' weights; None as `row_losses`."""
    losses = row_losses(subject, split)
    return None if losses is None else mean(losses, subject.design(subject.tables[split]).weights)


def independent_losses(subject: Subject, split: str) -> np.ndarray | None:
    """The proper loss of each row, or of each group where rows have one, whose plain mean is that
    of the rows by their weights (see `linearised`); None as `row_losses`."""
    losses = row_losses(subject, split)
    return None if losses is None else linearised(losses, subject.design(subject.tables[split]))


def row_losses(subject: Subject, split: str) -> np.ndarray | None:
    """The proper loss of each row under the kept weights, float64 [rows], or None.

    None without rows and with a prediction that is not finite: a mean that leaves rows out would
    flatter the network.
    """
    table = subject.predictions[split]
    if not len(table) or not finite_rows(table).all():
        return None
    target, prediction = numbered(table, "target"), predicted(subject, split)
    if subject.task.is_regression:
        with np.errstate(over="ignore"):
            losses = (prediction - target) ** 2
    else:
        # Never zero as train writes it; the bound is that of Keras and of the link.
        if subject.task.has_labels:
            of_truth = np.where(target == 1, prediction, 1 - prediction)
        else:
            of_truth = np.take_along_axis(prediction, target.astype(int), axis=1)
        losses = -np.log(np.maximum(of_truth, 1e-7))
    losses = losses.mean(axis=1)
    return losses if np.isfinite(losses).all() else None
