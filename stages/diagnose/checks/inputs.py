"""The scale of the inputs, of which two checks look at the size and at the ratio."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.diagnose.checks.common import quoted, sample
from stages.lib.trials.subject import Subject


@dataclass(frozen=True)
class Inputs:
    """Of a sample of the training rows.

    Attributes:
        names: of the inputs, as messages show them.
        kinds: numeric, binary or categorical, of the table's column that each comes from.
        mean, deviation: of the finite cells of each, float64 [inputs].
    """

    names: list[str]
    kinds: Sequence[str]
    mean: np.ndarray
    deviation: np.ndarray


def inputs_of(subject: Subject) -> Inputs:
    """The scale of the inputs of the run under diagnosis."""
    state = subject.state
    kinds = [column.kind for column in state.columns for _ in column.inputs]
    mean, deviation = _moments(sample(subject.x["train"]))
    return Inputs([quoted(name) for name in state.inputs], kinds, mean, deviation)


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the finite cells of each column, float64 [inputs]."""
    finite = np.isfinite(x)
    count = np.maximum(finite.sum(axis=0), 1)
    # The largest float32 squared is within float64.
    values = np.where(finite, x, 0).astype("float64")
    mean = values.sum(axis=0) / count
    squared = np.where(finite, values - mean, 0.0) ** 2
    return mean, np.sqrt(squared.sum(axis=0) / count)
