"""Paired differences over seeds and rows: intervals, p-values, Holm's correction."""

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Paired:
    """A mean difference in the loss's unit, with its standard error and degrees of freedom."""

    mean: float
    error: float
    freedom: float

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


def paired(difference: np.ndarray) -> Paired:
    """The mean of row-wise loss differences, float64 [seeds, rows], over new seeds and new rows.

    Seeds and rows are crossed: every seed is judged on the same rows. The variance of the mean is
    taken for the variance of the seeds' means over the seeds plus that of the rows' means over
    the rows. That counts the residual twice, so the interval is if anything too wide (Owen, The
    pigeonhole bootstrap, Annals of Applied Statistics 1, 2007). Degrees of freedom are
    Satterthwaite's (Biometrics Bulletin 2, 1946).
    """
    seeds, rows = difference.shape
    by_seed = difference.mean(axis=1).var(ddof=1) / seeds if seeds > 1 else 0.0
    by_row = difference.mean(axis=0).var(ddof=1) / rows if rows > 1 else 0.0
    variance = by_seed + by_row
    if variance == 0:
        return Paired(float(difference.mean()), 0.0, 1.0)
    parts = 0.0
    if by_seed:
        parts += (by_seed / variance) ** 2 / (seeds - 1)
    if by_row:
        parts += (by_row / variance) ** 2 / (rows - 1)
    return Paired(float(difference.mean()), float(np.sqrt(variance)), 1 / parts)


def holm(p_values: list[float]) -> list[float]:
    """p-values adjusted for their number, in the given order: the share of false findings among
    families of tests stays below the level (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    order = np.argsort(p_values, kind="stable")
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = highest
    return adjusted
