"""What a source hands to the split: one table, its targets and, for scenarios, the truth."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from stages.lib.artifacts.columns import Line
from stages.lib.core.parquet_files import BLOCK_BYTES
from stages.lib.vocabulary.tasks import Task, TaskKind


@dataclass(frozen=True)
class Truth:
    """The exact conditional distribution of the targets, row by row.

    Classes: `posterior`, float64 [rows, classes], sums to 1 along the classes. Labels: `labels`,
    float64 [rows, labels], the probability that a row has each. Regression: `mean` and `variance`,
    float64 [rows, targets], in target units and their square.
    """

    posterior: np.ndarray | None = None
    labels: np.ndarray | None = None
    mean: np.ndarray | None = None
    variance: np.ndarray | None = None

    def bayes_loss(self) -> np.ndarray:
        """The expected loss of the best possible prediction for each row, float64 [rows].

        Classes: the entropy of the posterior, in nats. Labels: the mean of their entropies, in
        nats a label. Regression: the mean of the targets' conditional variances, in squared target
        units. (Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., section
        2.4: the posterior minimises the expected log loss, the conditional mean the expected
        squared error.)
        """
        if self.posterior is not None:
            return np.asarray(_entropies(self.posterior).sum(axis=1))
        if self.labels is not None:
            return np.asarray((_entropies(self.labels) + _entropies(1 - self.labels)).mean(axis=1))
        return np.asarray(self._moments[1].mean(axis=1))

    def losses(self, targets: np.ndarray) -> np.ndarray:
        """What the best possible prediction costs on the targets that were drawn, float64 [rows],
        in the same units. `bayes_loss` is its expectation over targets.

        Args:
            targets: codes of the classes int64 [rows, 1], labels [rows, labels] 0 or 1, or numbers
                float64 [rows, targets].
        """
        if self.posterior is not None:
            of_truth = np.take_along_axis(self.posterior, targets, axis=1)[:, 0]
            return np.asarray(-np.log(of_truth))
        if self.labels is not None:
            of_truth = np.where(targets == 1, self.labels, 1 - self.labels)
            return np.asarray(-np.log(of_truth).mean(axis=1))
        return np.asarray(np.square(targets - self._moments[0]).mean(axis=1))

    @property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of a regression's targets."""
        assert self.mean is not None and self.variance is not None
        return self.mean, self.variance

    def frame(self) -> pd.DataFrame:
        """As a table: probability_0, probability_1, ..., or mean and variance, which are mean_0,
        variance_0, mean_1, ... of several targets."""
        shares = self.labels if self.posterior is None else self.posterior
        if shares is not None:
            return pd.DataFrame({f"probability_{k}": column for k, column in enumerate(shares.T)})
        mean, variance = self._moments
        count = mean.shape[1]
        return pd.DataFrame(
            {
                name + (f"_{k}" if count > 1 else ""): values[:, k]
                for k in range(count)
                for name, values in (("mean", mean), ("variance", variance))
            }
        )

    def take(self, rows: np.ndarray) -> "Truth":
        """The same for some of the rows (int64 positions)."""
        known = {law.name: getattr(self, law.name) for law in fields(self)}
        return Truth(**{name: values[rows] for name, values in known.items() if values is not None})


def _entropies(probability: np.ndarray) -> np.ndarray:
    """-p ln p, 0 at 0."""
    return -probability * np.log(np.where(probability > 0, probability, 1.0))


@dataclass(frozen=True)
class Dataset:
    """A table before the split.

    Attributes:
        features: one column per feature, float64, or text of dtype str or category.
        targets: one column per target: text (the class), float64, or, of labels, 1.0 where a row
            has the label and 0.0 where it has not.
        kind: of the task.
        classes: the class names in the order of their codes, the labels, or none of a regression.
        truth: the exact law, where it is known.
        population_floor: (value, standard error) of the expected Bayes loss over new rows.
        splits, groups, time: by what the rows are divided, where the table says so, at most one of
            them. splits: text [rows], the split of each row, indexed by the row in the source;
            groups: int64 [rows], equal for rows that stay together; time: int64 [rows], the rank
            of the row's moment among all, from 0.
        weights: float64 [rows], how many rows each row stands for, or None for one each.
        left_out: columns of the source that are no features although nobody asked for that, and
            why.
        ignored: columns of the source that are no features since params.yaml says so.
        kept: features that params.yaml keeps by name.
        dated: a column of dates that is left out, in whose order the rows stand.
        auto_classes: `task: auto` took different whole numbers for classes.
        lines: what was made of each column of a user's table.
        rows_left_out: rows of the source that are none of the table's, since they have no target.
    """

    name: str
    features: pd.DataFrame
    targets: pd.DataFrame
    kind: TaskKind
    classes: tuple[str, ...] = ()
    truth: Truth | None = None
    population_floor: tuple[float, float] | None = None
    splits: pd.Series | None = None
    groups: pd.Series | None = None
    time: pd.Series | None = None
    weights: pd.Series | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    rows_left_out: int = 0
    dated: str | None = None
    auto_classes: bool = False
    lines: tuple[Line, ...] = ()

    @property
    def task(self) -> Task:
        """What is predicted."""
        return Task(self.kind, self.classes, tuple(map(str, self.targets)))

    @property
    def table(self) -> pd.DataFrame:
        """Features, targets and, where there are some, groups and weights beside each other."""
        return pd.concat([self.features, self.targets, self.groups, self.weights], axis=1)

    def bayes_losses(self) -> np.ndarray | None:
        """What the best possible prediction costs on each row's own targets, float64 [rows]; None
        where the law is not known."""
        if self.truth is None:
            return None
        if self.kind.has_classes:
            codes = {name: code for code, name in enumerate(self.classes)}
            return self.truth.losses(self.targets.apply(lambda t: t.map(codes)).to_numpy("int64"))
        return self.truth.losses(self.targets.to_numpy("float64"))

    def blocks(self, rows: np.ndarray) -> Iterator[pd.DataFrame]:
        """These rows (int64 positions) of the table, some at a time; of no rows, one block of
        none, which has the columns."""
        table = self.table
        size = max(1, BLOCK_BYTES // (8 * table.shape[1]))
        for start in range(0, max(1, len(rows)), size):
            yield table.iloc[rows[start : start + size]]
