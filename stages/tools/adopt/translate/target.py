"""What a script's target array is: classes, labels that may go together, or numbers."""

from dataclasses import dataclass

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.vocabulary.encodings import ENCODINGS, encodings
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.tasks import BINARY, MULTILABEL, REGRESSION, TaskKind, kind_of_classes

MAX_CLASSES = 1000
# As data.file.target takes them.
MAX_TARGETS = 100


@dataclass(frozen=True)
class Target:
    """A target.

    Attributes:
        values: float64 [rows, targets]: a class's number, whether a row has a label (0 or 1), or
            the targets themselves; of the training rows first.
        task: what is predicted.
        encoding: as train.target_encoding.
        why: it is taken for that, in a few words.
    """

    values: np.ndarray
    task: TaskKind
    encoding: str
    why: str


def recognize_target(y: np.ndarray, loss: str, units: int) -> Target:
    """The target of a program with this loss and so many outputs, from y float64 [rows, ...].

    Raises UserError for what is not understood.
    """
    y = y.reshape(len(y), -1)
    bad = ~np.isfinite(y)
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise UserError("y", "finite numbers", f"{y[row][bad[row]][0]} in row {row + 1}")
    if len(y) == 1:
        raise UserError(
            "x and y", "two rows or more", "one row",
            "where fit is called with one row after the other, collect them, and call "
            "capture(model, x, y) of capture.py once",
        )  # fmt: skip
    if y.shape[1] > 1:
        return _several(y)
    values = np.unique(y)
    if len(values) < 2:
        raise UserError(
            "y", "different values", f"{values[0]:g} in every row",
            "a constant is learnt from no column; is it the column that was meant?",
        )  # fmt: skip
    encoding = _encoding_of_pair(values, BINARY)
    of_classes = LOSSES[loss].reads in ("probabilities", "margin") or units > 1
    # Of 1 and 2, unlike 0 and 1, only the loss tells that they are classes.
    if encoding and (of_classes or encoding != "integer_from_one"):
        why = f"y holds {values[0]:g} and {values[1]:g}"
        return Target(y, BINARY, encoding, why)
    if not of_classes or (values != np.round(values)).any() or len(values) > MAX_CLASSES:
        why = f"y holds {len(values)} different numbers"
        return Target(y, REGRESSION, "auto", f"{why}, and the loss is {loss}")
    first, last = values[0], values[-1]
    if first not in (0, 1) or len(values) != last - first + 1:
        raise UserError(
            "y",
            "class codes without gaps, from 0 or from 1",
            f"{len(values)} different ones from {first:g} to {last:g}",
        )
    if units > 1 and last >= units:
        raise UserError(
            "y", f"class codes from 0 to {units - 1} for {loss} on {units} outputs",
            f"{first:g} to {last:g}",
            "of a code beyond Keras' loss is an error, on a GPU NaN: " + (
                "train on y - 1" if first == 1 and last == units
                else f"the output layer needs {last + 1:g} units"
            ),
        )  # fmt: skip
    task = kind_of_classes(len(values))
    encoding = "integer" if first == 0 else "integer_from_one"
    why = f"y holds the codes {first:g} to {last:g}, and the loss is {loss}"
    return Target(y, task, encoding, why)


def _encoding_of_pair(values: np.ndarray, task: TaskKind) -> str:
    """The encoding of the task that writes these two numbers, or ''."""
    pair = tuple(values.tolist())
    return next((name for name in encodings(task) if ENCODINGS[name].numbers == pair), "")


def _several(y: np.ndarray) -> Target:
    """Of several columns: one-hot classes, labels, or numbers."""
    if np.isin(y, (0.0, 1.0)).all() and (y.sum(axis=1) == 1).all():
        return _one_hot(y)
    count = y.shape[1]
    if count > MAX_TARGETS:
        raise UserError("y", f"at most {MAX_TARGETS} columns", f"{count}")
    constant = np.flatnonzero((y == y[0]).all(axis=0))
    if len(constant):
        raise UserError(
            "y",
            f"different values in each of its {count} columns",
            f"{y[0, constant[0]]:g} in every row of column {int(constant[0]) + 1}",
            "leave such columns out of y",
        )
    pair, labels = np.unique(y), MULTILABEL
    encoding = _encoding_of_pair(pair, labels)
    if encoding:
        why = f"y holds {pair[0]:g} and {pair[1]:g} in {count} columns, several of them in a row"
        return Target((y == pair[1]).astype("float64"), labels, encoding, why)
    return Target(y, REGRESSION, "auto", f"y holds {count} columns of numbers")


def _one_hot(y: np.ndarray) -> Target:
    empty = np.flatnonzero(y.sum(axis=0) == 0)
    if len(empty):
        raise UserError(
            "y",
            f"rows of each of its {y.shape[1]} one-hot classes",
            f"none of class {int(empty[0])}",
        )
    task = kind_of_classes(y.shape[1])
    values = y.argmax(axis=1).astype("float64")[:, None]
    return Target(values, task, "one_hot", f"y holds {y.shape[1]} one-hot columns")
