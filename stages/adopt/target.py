"""What a script's target array is: the classes of one column, or one number.

Here alone it is decided; a target of several columns that is no one-hot encoding is refused here.
"""

from dataclasses import dataclass

import numpy as np

from stages.files import UserError

CROSS_ENTROPIES = ("binary_crossentropy", "categorical_crossentropy",
                   "sparse_categorical_crossentropy", "kl_divergence")  # fmt: skip
OF_CLASSES = (*CROSS_ENTROPIES, "hinge", "squared_hinge")
# The two values by which a script tells two classes, and our names of these encodings
# (stages/mlp/contract.py).
PAIRS = {(0.0, 1.0): "integer", (-1.0, 1.0): "plus_minus_one", (1.0, 2.0): "integer_from_one"}
MAX_CLASSES = 1000


@dataclass(frozen=True)
class Target:
    """values float64 [rows]: a class's number, or the target itself; of the training rows first.
    task and encoding: as data.file.task and train.target_encoding; why: in a few words."""

    values: np.ndarray
    task: str
    encoding: str
    why: str


def recognised(y: np.ndarray, loss: str, units: int) -> Target:
    """The target of a program with this loss and so many outputs, from y float64 [rows, ...].

    Raises UserError for what is not understood.
    """
    y = y.reshape(len(y), -1)
    bad = ~np.isfinite(y)
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise UserError(f"y: expected finite numbers. Received: {y[row][bad[row]][0]} in row "
                        f"{row + 1}")  # fmt: skip
    if y.shape[1] > 1:
        return _several(y)
    values = y[:, 0]
    found = np.unique(values)
    if len(found) < 2:
        raise UserError(f"y: expected different values. Received: {found[0]:g} in every row")
    pair = tuple(found)
    of_classes = loss in OF_CLASSES or units > 1
    if pair in PAIRS and (of_classes or pair != (1.0, 2.0)):
        why = f"y holds {found[0]:g} and {found[1]:g}"
        return Target(values, "binary", PAIRS[pair], why)
    if not of_classes or (found != np.round(found)).any() or len(found) > MAX_CLASSES:
        why = f"y holds {len(found)} different numbers"
        return Target(values, "regression", "auto", f"{why}, and the loss is {loss}")
    first, last = found[0], found[-1]
    if first not in (0, 1) or len(found) != last - first + 1:
        raise UserError(
            f"y: expected class codes without gaps, from 0 or from 1. Received: {len(found)} "
            f"different ones from {first:g} to {last:g}"
        )
    task = "binary" if len(found) == 2 else "multiclass"
    encoding = "integer" if first == 0 else "integer_from_one"
    why = f"y holds the codes {first:g} to {last:g}, and the loss is {loss}"
    return Target(values, task, encoding, why)


def _several(y: np.ndarray) -> Target:
    """Of several columns: one-hot classes. (Columns of labels that go together, and of several
    numbers, are recognised here as well.)"""
    shares = np.isin(y, (0.0, 1.0)).all()
    if not shares:
        raise UserError(
            f"y: expected one number a row, or one-hot classes. Received: {y.shape[1]} columns of "
            "numbers; several targets are not yet understood"
        )
    if (y.sum(axis=1) != 1).any():
        raise UserError(
            f"y: expected one class a row, or one-hot classes. Received: {y.shape[1]} columns of 0 "
            "and 1 of which a row may hold several; such labels are not yet understood"
        )
    empty = np.flatnonzero(y.sum(axis=0) == 0)
    if len(empty):
        raise UserError(
            f"y: expected rows of each of its {y.shape[1]} one-hot classes. "
            f"Received: none of class {int(empty[0])}"
        )
    task = "binary" if y.shape[1] == 2 else "multiclass"
    return Target(y.argmax(axis=1).astype("float64"), task, "one_hot",
                  f"y holds {y.shape[1]} one-hot columns")  # fmt: skip
