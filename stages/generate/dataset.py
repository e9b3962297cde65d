"""What a source hands to the split: one table, its target and, for scenarios, the truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Truth:
    """The exact conditional distribution of the target, row by row.

    Classification: `posterior`, float64 [rows, classes], sums to 1 along the classes.
    Regression: `mean` and `variance`, float64 [rows], in target units and their square.
    """

    posterior: np.ndarray | None = None
    mean: np.ndarray | None = None
    variance: np.ndarray | None = None

    def bayes_loss(self) -> np.ndarray:
        """The expected loss of the best possible prediction for each row, float64 [rows].

        Classification: the entropy of the posterior, in nats. Regression: the conditional
        variance, in squared target units. (Hastie, Tibshirani, Friedman, The Elements of
        Statistical Learning, 2nd ed., section 2.4: the posterior minimises the expected log
        loss, the conditional mean the expected squared error.)
        """
        if self.posterior is None:
            return self.variance
        logarithm = np.log(np.where(self.posterior > 0, self.posterior, 1.0))
        return -(self.posterior * logarithm).sum(axis=1)

    def frame(self) -> pd.DataFrame:
        """As a table: probability_0, probability_1, ... or mean and variance."""
        if self.posterior is None:
            return pd.DataFrame({"mean": self.mean, "variance": self.variance})
        return pd.DataFrame(
            {f"probability_{k}": column for k, column in enumerate(self.posterior.T)}
        )

    def take(self, rows: np.ndarray) -> "Truth":
        """The same for some of the rows (int64 positions)."""
        if self.posterior is None:
            return Truth(mean=self.mean[rows], variance=self.variance[rows])
        return Truth(posterior=self.posterior[rows])


@dataclass(frozen=True)
class Dataset:
    """A table before the split.

    features: one column a feature, float64 or text. target: text (the class) or float64 [rows].
    classes: the class names in the order of their codes, empty for regression.
    population_floor: (value, standard error) of the expected Bayes loss over new rows. splits:
    text [rows], the split that the table itself names for each row, or None.
    """

    name: str
    features: pd.DataFrame
    target: pd.Series
    task: str
    classes: tuple[str, ...] = ()
    truth: Truth | None = None
    population_floor: tuple[float, float] | None = None
    splits: pd.Series | None = None


def task_of(classes: tuple[str, ...]) -> str:
    """'binary' for two classes, 'multiclass' for more."""
    return "binary" if len(classes) == 2 else "multiclass"
