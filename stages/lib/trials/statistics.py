"""Paired differences, over seeds or over seeds and rows: intervals, p-values, rows needed."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

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

    def p_above(self, margin: float) -> float:
        """One-sided p-value of "the mean is at most `margin`", which is in the loss's unit."""
        if self.error == 0:
            return 0.0 if self.mean > margin else 1.0
        return float(stats.t.sf((self.mean - margin) / self.error, self.freedom))

    def units_needed(self, margin: float, units: int) -> int:
        """How many seeds or rows it takes until the 95 % interval lies on one side of `margin`, if
        the mean stays where it is and the error shrinks with the root of their number.

        A mean closer to the margin than half of it is taken for half of it: no number of rows tells
        apart what is equal.

        Args:
            units: how many there are now.
        """
        low, high = self.interval()
        distance = max(abs(self.mean - margin), 0.5 * abs(margin))
        if distance == 0 or not math.isfinite(high - low):
            return 2 * units
        return max(units + 1, math.ceil(units * ((high - low) / (2 * distance)) ** 2))


class Design(NamedTuple):
    """What is known of the rows that a mean is taken over, as a survey's design. weights: how many
    rows each row stands for, float64 [rows], or None for one each. groups: codes [rows], equal for
    rows that are not independent, or None where all are."""

    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "Design":
        """That of some of the rows."""
        return Design(*(None if ids is None else ids[rows] for ids in self))


SIMPLE = Design()


def joined(designs: Iterable[Design]) -> Design:
    """The design of all these rows, one after the other."""
    columns = zip(*designs, strict=True)
    return Design(*(None if parts[0] is None else np.concatenate(parts) for parts in columns))


def linearised(values: np.ndarray, design: Design) -> np.ndarray:
    """Values [..., rows] as as many as there are independent rows that count, or groups of such:
    float64 [..., groups]. Their plain means are the means of the rows, by their weights.

    That mean m is a ratio of two totals over groups, of w v and of w, and each group g has what it
    adds to its linearization: m + G / (sum of all w) * (sum of w (v - m) in g), for G groups. The
    variance of these values over G is that of the ratio (Cochran, Sampling Techniques, 3rd ed.,
    sections 2.11, 6.3 and 9A; Binder, International Statistical Review 51, 1983, for weights and
    groups at once). Rows without weights are of weight 1, rows without groups a group each, so
    that of neither the values stay what they are. Rows of weight 0 are none.
    """
    weights, groups = design
    if weights is None and groups is None:
        return values
    rows = values.shape[-1]
    weights = np.ones(rows) if weights is None else weights
    counts = weights > 0
    groups = (np.arange(rows) if groups is None else groups)[counts]
    values, weights = values[..., counts], weights[counts]
    _, codes = np.unique(groups, return_inverse=True)
    count = codes.max() + 1
    whole = np.average(values, axis=-1, weights=weights, keepdims=True)
    deviations = weights * (values - whole)
    sums = np.apply_along_axis(lambda row: np.bincount(codes, row, count), -1, deviations)
    return np.asarray(whole + sums * (count / weights.sum()))


def paired(difference: np.ndarray, design: Design = SIMPLE) -> Paired:
    """The mean of row-wise loss differences, float64 [seeds, rows], over new seeds and new rows.

    Where rows have groups, new rows are rows of new groups. One row that counts, or one group,
    says nothing of others: the error is infinite.

    Seeds and rows are crossed: every seed is judged on the same rows. The variance of the mean is
    that of the seeds' means over the seeds, plus that of the rows' means over the rows, less the
    residual that both hold (Cornfield, Tukey, Annals of Mathematical Statistics 27, 1956; Owen,
    Annals of Applied Statistics 1, 2007, for losses), and no less than either alone. Degrees of
    freedom are Satterthwaite's (Biometrics Bulletin 2, 1946). What stands for the rows where they
    have weights or groups, `linearised` says.
    """
    difference = linearised(difference, design)
    if difference.shape[1] == 1 and any(ids is not None for ids in design):
        return Paired(float(difference.mean()), math.inf, 1.0, math.inf)
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


def paired_over_seeds(difference: np.ndarray, weights: np.ndarray | None = None) -> Paired:
    """The mean of row-wise loss differences, float64 [seeds, rows], over new seeds for these rows.

    The rows are all that the mean is of, so they add nothing to its error: it is Student's t over
    the seeds' means, each by the rows' weights, float64 [rows]. A single seed says nothing of
    others: the error is infinite.
    """
    by_seed = np.average(difference, axis=1, weights=weights)
    count = len(by_seed)
    if count == 1:
        return Paired(float(by_seed[0]), math.inf, 1.0)
    error = float(by_seed.std(ddof=1) / math.sqrt(count))
    return Paired(float(by_seed.mean()), error, float(count - 1))


def mean(values: np.ndarray, weights: np.ndarray | None) -> float:
    """The mean of values [..., rows], each row by its weight, float64 [rows], if there are any."""
    if weights is None:
        return float(values.mean())
    return float(np.average(values, axis=-1, weights=weights).mean())
