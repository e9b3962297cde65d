"""Paired differences over seeds and rows: intervals, p-values, Holm's correction."""

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


def paired(difference: np.ndarray, weights: np.ndarray | None = None) -> Paired:
    """The mean of row-wise loss differences, float64 [seeds, rows], over new seeds and new rows.
    weights: how many rows each row stands for, float64 [rows]; None for one each.

    Seeds and rows are crossed: every seed is judged on the same rows. The variance of the mean is
    that of the seeds' means over the seeds, plus that of the rows' means over the rows, less the
    residual that both hold (Cornfield, Tukey, Annals of Mathematical Statistics 27, 1956; Owen,
    Annals of Applied Statistics 1, 2007, for losses), and no less than either alone. Degrees of
    freedom are Satterthwaite's (Biometrics Bulletin 2, 1946). A weighted mean is a ratio of two
    sums over the rows, and has the variance of its linearisation (Cochran, Sampling Techniques,
    3rd ed., chapter 6); rows of weight 0 are none.
    """
    if weights is not None:
        difference = linearised(difference[:, weights > 0], weights[weights > 0])
    seeds, rows = difference.shape
    whole, of_seeds, of_rows = difference.mean(), difference.mean(axis=1), difference.mean(axis=0)
    by_seed = of_seeds.var(ddof=1) / seeds if seeds > 1 else 0.0
    by_row = of_rows.var(ddof=1) / rows if rows > 1 else 0.0
    if by_seed + by_row == 0:
        return Paired(float(whole), 0.0, 1.0)
    both = 0.0
    if seeds > 1 and rows > 1:
        residual = difference - of_seeds[:, None] - of_rows[None] + whole
        both = np.square(residual).sum() / ((seeds - 1) * (rows - 1) * seeds * rows)
    variance = max(by_seed, by_row, by_seed + by_row - both)
    parts = 0.0
    if by_seed:
        parts += (by_seed / (by_seed + by_row)) ** 2 / (seeds - 1)
    if by_row:
        parts += (by_row / (by_seed + by_row)) ** 2 / (rows - 1)
    of_rows = float(np.sqrt(max(0.0, by_row - both)))
    return Paired(float(whole), float(np.sqrt(variance)), 1 / parts, of_rows)


def mean(values: np.ndarray, weights: np.ndarray | None) -> float:
    """The mean of values [..., rows], each row by its weight, float64 [rows], if there are any."""
    if weights is None:
        return float(values.mean())
    return float(np.average(values, axis=-1, weights=weights).mean())


def linearised(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values [..., rows] whose plain means are the weighted ones: v + (w / mean w - 1) (v - m) with
    the weighted mean m of all."""
    return values + (weights / weights.mean() - 1) * (values - mean(values, weights))


def holm(p_values: list[float]) -> list[float]:
    """p-values adjusted for their number, in the given order: the share of false findings among
    families of tests stays below the level (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    order = np.argsort(p_values, kind="stable")
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = highest
    return adjusted
