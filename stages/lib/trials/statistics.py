"""Paired differences, over seeds or over seeds and rows: intervals, p-values, rows needed."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

# Below this skewness of a mean nothing is shown to be above a margin: rows that lose much may
# be missing from the sample. It is Cochran's rule for when a mean is normal enough, n > 25 G1^2,
# with G1 / sqrt(n) for the mean's skewness (Sampling Techniques, 3rd ed., section 2.15).
MIN_SKEWNESS = -0.2


@dataclass(frozen=True)
class Paired:
    """A mean difference in the loss's unit, with its standard error and degrees of freedom.

    Attributes:
        of_rows: the part of the standard error that more seeds would leave.
        skewness: of the mean's distribution, as far as the rows make it; that of a few seeds
            cannot be estimated. A few rows that lose much leave a mean that is mostly a little too
            high and sometimes far too low: its skewness is negative.
    """

    mean: float
    error: float
    freedom: float
    of_rows: float = 0.0
    skewness: float = 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The two-sided interval at this level: Student's t, each side as long as the skewness
        asks for, but no shorter than without it."""
        quantile = float(stats.t.ppf(0.5 + level / 2, self.freedom))
        below = max(quantile, _unskewed_inverse(quantile, min(self.skewness, 0.0)))
        above = max(quantile, -_unskewed_inverse(-quantile, max(self.skewness, 0.0)))
        return self.mean - self.error * below, self.mean + self.error * above

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference; 1 for a difference of exactly nothing."""
        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))

    def p_above(self, margin: float) -> float:
        """One-sided p-value of "the mean is at most `margin`", which is in the loss's unit. A
        skewness that would make it smaller is left out; below MIN_SKEWNESS it is 1."""
        if self.error == 0:
            return 0.0 if self.mean > margin else 1.0
        if self.skewness < MIN_SKEWNESS:
            return 1.0
        ratio = (self.mean - margin) / self.error
        return float(stats.t.sf(_unskewed(ratio, min(self.skewness, 0.0)), self.freedom))

    def units_needed(self, margin: float, units: int) -> int:
        """How many seeds or rows it takes until the 95 % interval lies on one side of `margin` and
        the skewness permits to say so, if the mean stays where it is and both shrink with the root
        of their number.

        A mean closer to the margin than half of it is taken for half of it: no number of rows tells
        apart what is equal.

        Args:
            units: how many there are now.
        """
        low, high = self.interval()
        distance = max(abs(self.mean - margin), 0.5 * abs(margin))
        if distance == 0 or not math.isfinite(high - low):
            return 2 * units
        shrinks = max((high - low) / (2 * distance), self.skewness / MIN_SKEWNESS)
        return max(units + 1, math.ceil(units * shrinks**2))


def _unskewed(ratio: float, skewness: float) -> float:
    """Student's t ratio of a mean of this skewness, with the skewness taken off by Hall's cubic,
    which rises everywhere (Hall, On the removal of skewness by transformation, Journal of the Royal
    Statistical Society B 54, 1992, section 2)."""
    return ratio + skewness * ratio**2 / 3 + skewness**2 * ratio**3 / 27 + skewness / 6


def _unskewed_inverse(value: float, skewness: float) -> float:
    """The ratio that `_unskewed` takes to this value."""
    # Below what float64 resolves, the cubic is the ratio itself.
    if abs(skewness) < 1e-9:
        return value
    # The cubic is ((1 + s r / 3) ** 3 - 1) / s + s / 6, for skewness s and ratio r.
    inner = 1 + skewness * (value - skewness / 6)
    return 3 * (math.copysign(abs(inner) ** (1 / 3), inner) - 1) / skewness


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
    rows_alone = float(np.sqrt(max(0.0, by_row - both)))
    skewness = float(_third_moment(of_rows) / variance**1.5)
    return Paired(float(whole), float(np.sqrt(variance)), 1 / parts, rows_alone, skewness)


def _third_moment(values: np.ndarray) -> float:
    """Of the mean of independent values; 0 for fewer than three."""
    count = len(values)
    if count < 3:
        return 0.0
    unbiased = count**2 / ((count - 1) * (count - 2))
    return float(unbiased * np.mean((values - values.mean()) ** 3) / count**2)


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
