"""Rows far from all others in one column, of which two checks look at the features and the targets.

Far is meant so that no usual distribution reaches it: a hundred times as far from the median as any
other row. Of 1,000 log-normal rows of deviation 1 the largest is that in less than one table of a
million; only tails heavier than a Pareto's of index 2 come to it in more than one of ten thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import sample
from stages.lib.core.splits import SPLITS
from stages.lib.trials.subject import Data

RATIO = 100.0  # of the distances from the median
# What many rows have is no error of a few.
MAX_SHARE, MAX_ROWS = 0.01, 10
# A value that more rows repeat is a code, which LL222 looks at.
MAX_REPEATS = 2
MIN_ROWS = 20  # among fewer there is no "all others"


@dataclass(frozen=True)
class Outlier:
    """A row far from all others.

    Attributes:
        split, row: where it stands; rows count from 1.
        value: in the column's own unit.
        ratio: its distance from the median over the largest of the other rows'.
    """

    split: str
    row: int
    value: float
    ratio: float


def outliers(subject: Data, name: str) -> list[Outlier]:
    """The rows of one column of numbers that are far from all others, farthest first.

    Args:
        subject: the tables of all splits.
        name: of a column of features or targets.
    """
    columns = [subject.tables[split][name].to_numpy("float64") for split in SPLITS]
    known = [column[np.isfinite(column)] for column in columns]
    rows = sum(map(len, known))
    if rows < MIN_ROWS:
        return []
    middle = float(np.median(np.concatenate([_sampled(values) for values in known])))
    most = min(MAX_ROWS, max(1, int(MAX_SHARE * rows)))
    if not _may_be_far(known, middle, most):
        return []
    splits = np.repeat(np.arange(len(columns)), [len(column) for column in columns])
    positions = np.concatenate([np.arange(len(column)) for column in columns])
    values = np.concatenate(columns)
    distances = np.nan_to_num(np.abs(values - middle), nan=-1.0, posinf=-1.0)
    last = len(distances) - most - 1
    order = np.argpartition(distances, last)[last:]
    order = order[np.argsort(-distances[order], kind="stable")]
    count = _far(distances[order])
    chosen = order[:count]
    repeated = pd.Series(values[chosen]).value_counts()
    if count == 0 or repeated.max() > MAX_REPEATS:
        return []
    rest = distances[order[count]]
    return [
        Outlier(SPLITS[splits[i]], int(positions[i]) + 1, float(values[i]), distances[i] / rest)
        for i in chosen
    ]


def _may_be_far(known: Sequence[np.ndarray], middle: float, most: int) -> bool:
    """Whether the farthest row can be far, by a sample of the others: what is cheap to rule out."""
    farthest = max(np.abs([values.min() - middle, values.max() - middle]).max()
                   for values in known if len(values))  # fmt: skip
    distances = np.abs(np.concatenate([_sampled(values) for values in known]) - middle)
    kept = min(most, len(distances) - 1)
    return bool(farthest >= RATIO * np.partition(distances, -kept - 1)[-kept - 1])


def _sampled(values: np.ndarray) -> np.ndarray:
    return np.asarray(sample(values))


def _far(distances: np.ndarray) -> int:
    """How many of these distances, descending, are far from all that follow."""
    further, rest = distances[:-1], distances[1:]
    far = np.flatnonzero((rest > 0) & (further >= RATIO * rest))
    return int(far[-1]) + 1 if len(far) else 0
