"""What a scenario states of its targets, and targets drawn from exactly that.

Everything is row by row: a law is the conditional distribution of the targets given the inputs, so
that the floor is known and not estimated.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd

from stages.lib.tables.dataset import Truth
from stages.lib.vocabulary.tasks import MULTILABEL, REGRESSION, TaskKind, kind_of_classes


class Law(Protocol):
    """The conditional distribution of the targets, row by row."""

    @property
    def kind(self) -> TaskKind:
        """Of the task that the targets pose."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes or labels; none for numbers."""

    def draw(self, rng: np.random.Generator, label_noise: float) -> tuple[Truth, pd.DataFrame]:
        """The exact truth, and a column per target drawn from it.

        Args:
            rng: of the targets.
            label_noise: share of the classes or labels that are drawn again, uniformly; numbers
                have none.
        """


@dataclass(frozen=True)
class Posterior:
    """One class per row. probability: float64 [rows, classes], sums to 1 along the classes."""

    probability: np.ndarray

    @property
    def kind(self) -> TaskKind:
        """Binary or multiclass."""
        return kind_of_classes(len(self.classes))

    @property
    def classes(self) -> tuple[str, ...]:
        """0, 1, ..."""
        return tuple(str(k) for k in range(self.probability.shape[1]))

    def draw(self, rng: np.random.Generator, label_noise: float) -> tuple[Truth, pd.DataFrame]:
        """One class per row, as text, by inversion of the posterior's cumulative sum."""
        uniform = label_noise / self.probability.shape[1]
        posterior = (1 - label_noise) * self.probability + uniform
        cumulative = posterior.cumsum(axis=1)
        code = (rng.uniform(size=(len(posterior), 1)) > cumulative[:, :-1]).sum(axis=1)
        names = np.array(self.classes, dtype=object)
        target = pd.Series(names[code], name="label", dtype="str")
        return Truth(posterior=posterior), target.to_frame()


@dataclass(frozen=True)
class Labels:
    """Any number of labels per row. probability: of each label, float64 [rows, labels]."""

    probability: np.ndarray

    @property
    def kind(self) -> TaskKind:
        """Multilabel."""
        return MULTILABEL

    @property
    def classes(self) -> tuple[str, ...]:
        """label_0, label_1, ..."""
        return tuple(f"label_{k}" for k in range(self.probability.shape[1]))

    def draw(self, rng: np.random.Generator, label_noise: float) -> tuple[Truth, pd.DataFrame]:
        """1.0 where a row has the label, else 0.0."""
        # A label that is drawn again uniformly is there in one case of two.
        probability = (1 - label_noise) * self.probability + label_noise / 2
        labels = rng.uniform(size=probability.shape) < probability
        targets = pd.DataFrame(labels.astype("float64"), columns=list(self.classes))
        return Truth(labels=probability), targets


@dataclass(frozen=True)
class Normal:
    """Normal numbers. location and deviation: float64 [rows, targets], in target units."""

    location: np.ndarray
    deviation: np.ndarray
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def kind(self) -> TaskKind:
        """Regression."""
        return REGRESSION

    def draw(self, rng: np.random.Generator, label_noise: float) -> tuple[Truth, pd.DataFrame]:
        """One number per target."""
        values = self.location + self.deviation * rng.standard_normal(self.location.shape)
        return Truth(mean=self.location, variance=self.deviation**2), _frame(values)


@dataclass(frozen=True)
class LogNormal(Normal):
    """Log-normal numbers. location and deviation: of their logarithms, float64 [rows, targets]."""

    def draw(self, rng: np.random.Generator, label_noise: float) -> tuple[Truth, pd.DataFrame]:
        """One number per target; infinite where it overflows.

        Moments: mean exp(m + s^2/2), variance (exp(s^2) - 1) exp(2m + s^2) for a logarithm of mean
        m and deviation s (Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions 1,
        chapter 14).
        """
        logarithm = self.location + self.deviation * rng.standard_normal(self.location.shape)
        with np.errstate(over="ignore"):
            mean = np.exp(self.location + self.deviation**2 / 2)
            variance = np.expm1(self.deviation**2) * mean**2
            return Truth(mean=mean, variance=variance), _frame(np.exp(logarithm))


def _frame(values: np.ndarray) -> pd.DataFrame:
    """`target`, or target_0, target_1, ... of several."""
    count = values.shape[1]
    names = [f"target_{k}" for k in range(count)] if count > 1 else ["target"]
    return pd.DataFrame(values, columns=names)
