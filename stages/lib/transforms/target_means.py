"""Categories as means of the target, learnt so that no training row sees its own.

A level of a text column becomes the mean of what is predicted over its rows, drawn towards the mean
of all rows the fewer they are and the more they differ (Micci-Barreca, A preprocessing scheme for
high-cardinality categorical attributes, SIGKDD Explorations 3, 2001, 27-32; the weights are those
of scikit-learn's TargetEncoder with smooth="auto"). A mean that a row's own target is part of would
tell the network that target: each training row has the means of the rows of the other folds, and
new rows have those of all.
"""

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from stages.lib.artifacts.base import Artifact, Finite, check_different
from stages.lib.vocabulary.tasks import Task

# As many as scikit-learn's TargetEncoder has. Row i of the training rows is in fold i modulo FOLDS.
FOLDS = 5


class Means(Artifact):
    """Attributes:
    levels: of each level, [levels][answers].
    overall: of all rows, [answers]; a gap, and a level that is not known, have it.
    """

    levels: list[list[Finite]]
    overall: Annotated[list[Finite], Field(min_length=1)]

    @property
    def table(self) -> np.ndarray:
        """float64 [levels + 1, answers], the last row of a gap or an unknown level."""
        return np.array([*self.levels, self.overall])


class TargetMeans(Artifact):
    """The means of one column.

    Attributes:
        answers: what they are means of: the classes (of two the second one only), the labels, or
            the targets in deviations about their mean.
        of_all: over all training rows.
        of_others: for the rows of each fold, over the rows of the others.
    """

    answers: Annotated[list[str], Field(min_length=1)]
    of_all: Means
    of_others: Annotated[list[Means], Field(min_length=FOLDS, max_length=FOLDS)]

    @model_validator(mode="after")
    def has_a_mean_of_each(self) -> "TargetMeans":
        """All tables have the same levels and the answers."""
        check_different(self.answers)
        rows = {len(means.levels) for means in (self.of_all, *self.of_others)}
        every = (row for m in (self.of_all, *self.of_others) for row in (*m.levels, m.overall))
        if len(rows) > 1 or {len(row) for row in every} != {len(self.answers)}:
            raise ValueError("expected a mean of each answer for each level")
        return self

    def apply(self, codes: np.ndarray, first: int | None) -> np.ndarray:
        """The means of these rows, float64 [rows, answers].

        Args:
            codes: of the levels, int [rows]; -1 for a gap or an unknown level.
            first: the position of the first row among the training rows; None for other rows.
        """
        if first is None:
            return np.asarray(self.of_all.table[codes])
        folds = (first + np.arange(len(codes))) % FOLDS
        tables = np.stack([means.table for means in self.of_others])
        return np.asarray(tables[folds, codes])


def fit_means(codes: np.ndarray, levels: int, targets: np.ndarray, task: Task) -> TargetMeans:
    """The means of a column's levels over the training rows.

    Args:
        codes: of the levels, int [rows], from 0 to `levels` - 1; -1 for a gap.
        targets: class codes, labels or numbers, float64 [rows, targets].
    """
    places = (np.arange(len(codes)) % FOLDS) * (levels + 1) + codes % (levels + 1)
    shape = (FOLDS, levels + 1)
    count = np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)
    names, of_all, of_others = [], [], []
    for name, values in _answers(targets, task):
        total, squares = (
            np.bincount(places, power, minlength=count.size).reshape(shape)
            for power in (values, values**2)
        )
        sums = (count, total, squares)
        names.append(name)
        of_all.append(_shrunk(*(part.sum(axis=0) for part in sums)))
        of_others.append(
            [_shrunk(*(part.sum(axis=0) - part[f] for part in sums)) for f in range(FOLDS)]
        )
    return TargetMeans(
        answers=names,
        of_all=_means(of_all),
        of_others=[_means(means) for means in zip(*of_others, strict=True)],
    )


def _answers(targets: np.ndarray, task: Task) -> Iterable[tuple[str, np.ndarray]]:
    """What there are means of, float64 [rows] each, with its name."""
    if task.has_classes:
        first = 1 if len(task.classes) == 2 else 0
        for code, name in enumerate(task.classes[first:], first):
            yield name, (targets[:, 0] == code).astype("float64")
        return
    for name, values in zip(task.targets, targets.T, strict=True):
        if task.is_regression:
            values = (values - values.mean()) / (values.std() or 1.0)
        yield name, values


def _shrunk(count: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """The mean of each level drawn towards that of all rows, float64 [levels + 1], the last one
    that of all rows; 0 without rows.

    Args:
        count, total, squares: rows, sum and sum of squares of each level, and last of the gaps.
    """
    rows = max(1, count.sum())
    overall = total.sum() / rows
    variance = max(0.0, squares.sum() / rows - overall**2)
    known = np.maximum(count, 1)
    mean = total / known
    within = np.maximum(0.0, squares / known - mean**2)
    between = variance * count
    # A level without rows, and one of a target that is the same everywhere, has the overall mean.
    weight = np.divide(between, between + within, out=np.zeros(len(count)), where=between > 0)
    return np.append((weight * mean + (1 - weight) * overall)[:-1], overall)


def _means(of_answers: Iterable[np.ndarray]) -> Means:
    *levels, overall = np.column_stack(list(of_answers)).tolist()
    return Means(levels=levels, overall=overall)
