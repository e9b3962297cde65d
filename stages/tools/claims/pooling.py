"""Effects on several data sets pooled by a random-effects model.

The true effect on data set i is drawn from a normal of mean mu and deviation tau, and what was
measured of it has the variance v_i beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize, stats

# What an effect on a data set is taken to be known to at the best, as a share of the smallest
# that matters. A few data sets whose few replicates happen to agree would else make up the mean
# by themselves, and an interval of it would miss in one case of ten instead of twenty (measured:
# tests/tools/claims/test_pooling.py).
LEAST_ERROR = 0.5
# With fewer data sets there is no prediction interval, whose Student's t has two fewer degrees of
# freedom than data sets.
MIN_DATA_SETS = 3


def pool(
    effects: Sequence[float], errors: Sequence[float], freedom: Sequence[float], margin: float
) -> "Pooled":
    """The model of effects with these standard errors and their degrees of freedom.

    Args:
        margin: the smallest effect that matters.
    """
    least = np.maximum(errors, LEAST_ERROR * margin)
    return Pooled(np.array(effects, float), least**2, np.array(freedom, float))


@dataclass(frozen=True)
class Pooled:
    """A random-effects model of effects.

    Attributes:
        effects: y, float64 [data sets].
        variances: v, float64 [data sets], above 0.
        freedom: degrees of freedom of each v, float64 [data sets].
    """

    effects: np.ndarray
    variances: np.ndarray
    freedom: np.ndarray

    @property
    def count(self) -> int:
        """Data sets."""
        return len(self.effects)

    @cached_property
    def tau(self) -> float:
        """Deviation of the true effects between data sets, by restricted maximum likelihood
        (Viechtbauer, Journal of Educational and Behavioral Statistics 30, 2005, equation 5)."""

        def minus_likelihood(squares: np.ndarray) -> np.ndarray:
            weights = 1 / (self.variances + np.reshape(squares, (-1, 1)))
            total = weights.sum(axis=1)
            mean = weights @ self.effects / total
            terms = weights * (self.effects - mean[:, None]) ** 2 - np.log(weights)
            return np.asarray(terms.sum(axis=1) + np.log(total))

        most = float(np.ptp(self.effects) ** 2 + self.variances.max())
        # The likelihood may have a second, lower peak at 0: the best of a grid leads to the first.
        grid = np.concatenate([[0.0], most * np.logspace(-8, 0, 81)])
        values = minus_likelihood(grid)
        best = int(np.argmin(values))
        low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
        found = optimize.minimize_scalar(
            lambda square: minus_likelihood(np.array([square]))[0],
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-6 * high},
        )
        square = found.x if found.fun < values[best] else grid[best]
        return float(np.sqrt(square))

    @property
    def _weights(self) -> np.ndarray:
        return 1 / (self.variances + self.tau**2)

    @property
    def mean(self) -> float:
        """The mean effect over data sets, mu."""
        return float(np.average(self.effects, weights=self._weights))

    @property
    def error(self) -> float:
        """Its standard error by Hartung and Knapp (Statistics in Medicine 20, 2001), and no less
        than the usual one: the lower ones are of samples that look more alike than they are
        (Roever, Knapp, Friede, BMC Medical Research Methodology 15, 2015)."""
        weights = self._weights
        spread = (weights * (self.effects - self.mean) ** 2).sum() / (self.count - 1)
        return float(np.sqrt(max(1.0, spread) / weights.sum()))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Of the mean effect: Student's t with one degree of freedom fewer than data sets."""
        half = float(stats.t.ppf(0.5 + level / 2, self.count - 1)) * self.error
        return self.mean - half, self.mean + half

    def prediction(self, level: float = 0.95) -> tuple[float, float]:
        """Where the true effect on a new data set lies (Higgins, Thompson, Spiegelhalter, Journal
        of the Royal Statistical Society A 172, 2009, equation 12)."""
        deviation = np.hypot(self.tau, self.error)
        half = float(stats.t.ppf(0.5 + level / 2, self.count - 2) * deviation)
        return self.mean - half, self.mean + half

    @property
    def share_between(self) -> float:
        """I^2, the share of the variance of the effects that is between data sets (Higgins,
        Thompson, Statistics in Medicine 21, 2002, equation 10)."""
        weights = 1 / self.variances
        total = weights.sum()
        typical = (self.count - 1) * total / (total**2 - (weights**2).sum())
        return float(self.tau**2 / (self.tau**2 + typical))

    @property
    def p_alike(self) -> float:
        """The p-value of "the true effect is the same on every data set" (Welch, Biometrika 38,
        1951: an F test that allows for variances estimated from few replicates)."""
        k, weights = self.count, 1 / self.variances
        total = weights.sum()
        mean = np.average(self.effects, weights=weights)
        between = (weights * (self.effects - mean) ** 2).sum() / (k - 1)
        lack = ((1 - weights / total) ** 2 / self.freedom).sum()
        ratio = between / (1 + 2 * (k - 2) / (k**2 - 1) * lack)
        return float(stats.f.sf(ratio, k - 1, (k**2 - 1) / (3 * lack)))

    def p_region(self, margin: float) -> tuple[str, float]:
        """Where the mean effect lies: "above" the margin, "below" its negative or "within" the two,
        and the smallest a for which the interval at level 1 - a lies there as a whole; 1 where none
        does."""
        freedom, mean, error = self.count - 1, self.mean, self.error
        p_values = {
            "above": 2 * stats.t.sf((mean - margin) / error, freedom),
            "below": 2 * stats.t.sf((-margin - mean) / error, freedom),
            "within": 2 * stats.t.sf((margin - abs(mean)) / error, freedom),
        }
        region = min(p_values, key=lambda name: p_values[name])
        return region, min(1.0, float(p_values[region]))


def false_discovery_adjusted(p_values: list[float]) -> list[float]:
    """p-values adjusted so that of those at or below q a share of at most q is expected to be false
    (Benjamini, Hochberg, Journal of the Royal Statistical Society B 57, 1995). With p-values of
    `Pooled.p_region`, whose direction is found and not given, the same holds of directions:
    Benjamini, Yekutieli, Journal of the American Statistical Association 100, 2005."""
    if not p_values:
        return []
    return [float(p) for p in stats.false_discovery_control(p_values, method="bh")]
