"""Paired differences over seeds and rows: intervals, p-values, Holm's correction."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Paired:
    """A mean difference in the loss's unit, with its standard error and degrees of freedom.
    of_rows: the part of the standard error that more seeds would leave."""

    mean: float
    error: float
    freedom: float
    of_rows: float = 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The two-sided interval of Student's t at this level."""
        half = self.error * float(stats.t.ppf(0.5 + level / 2, self.freedom))
        return self.mean - half, self.mean + half

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference; 1 for a difference of exactly nothing."""
        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))


def by_group(losses: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Row-wise losses, or their differences, as as many values as there are independent groups:
    float64 [seeds, groups] of [seeds, rows] and codes [rows]. The means are those of the rows.

    A group has the mean over all rows, and the sum of its rows' deviations from it, as a share of
    the rows of an average group: the mean over rows is a ratio of totals over groups, and this is
    its linearization (Cochran, Sampling Techniques, 3rd ed., sections 2.11 and 9A; Liang, Zeger,
    Biometrika 73, 1986). Of groups of one row each it is the rows themselves.
    """
    _, codes = np.unique(groups, return_inverse=True)
    count = codes.max() + 1
    mean = losses.mean(axis=1, keepdims=True)
    sums = [np.bincount(codes, weights=row, minlength=count) for row in losses - mean]
    return mean + np.array(sums) * (count / len(codes))


def paired(difference: np.ndarray, groups: np.ndarray | None = None) -> Paired:
    """The mean of row-wise loss differences, float64 [seeds, rows], over new seeds and new rows.

    groups: codes [rows]; rows of one group are not independent, and new rows are then rows of new
    groups (see `by_group`). One group alone says nothing of others: the error is infinite.

    Seeds and rows are crossed: every seed is judged on the same rows. The variance of the mean is
    that of the seeds' means over the seeds, plus that of the rows' means over the rows, less the
    residual that both hold (Cornfield, Tukey, Annals of Mathematical Statistics 27, 1956; Owen,
    Annals of Applied Statistics 1, 2007, for losses), and no less than either alone. Degrees of
    freedom are Satterthwaite's (Biometrics Bulletin 2, 1946).
    """
    if groups is not None:
        difference = by_group(difference, groups)
        if difference.shape[1] == 1:
            return Paired(float(difference.mean()), math.inf, 1.0, math.inf)
    seeds, rows = difference.shape
    mean, of_seeds, of_rows = difference.mean(), difference.mean(axis=1), difference.mean(axis=0)
    by_seed = of_seeds.var(ddof=1) / seeds if seeds > 1 else 0.0
    by_row = of_rows.var(ddof=1) / rows if rows > 1 else 0.0
    if by_seed + by_row == 0:
        return Paired(float(mean), 0.0, 1.0)
    both = 0.0
    if seeds > 1 and rows > 1:
        residual = difference - of_seeds[:, None] - of_rows[None] + mean
        both = np.square(residual).sum() / ((seeds - 1) * (rows - 1) * seeds * rows)
    variance = max(by_seed, by_row, by_seed + by_row - both)
    parts = 0.0
    if by_seed:
        parts += (by_seed / (by_seed + by_row)) ** 2 / (seeds - 1)
    if by_row:
        parts += (by_row / (by_seed + by_row)) ** 2 / (rows - 1)
    of_rows = float(np.sqrt(max(0.0, by_row - both)))
    return Paired(float(mean), float(np.sqrt(variance)), 1 / parts, of_rows)


def holm(p_values: list[float]) -> list[float]:
    """p-values adjusted for their number, in the given order: the share of false findings among
    families of tests stays below the level (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    order = np.argsort(p_values, kind="stable")
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = highest
    return adjusted
