"""How much any reference can gain over chance on new rows: what may be called no signal."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from stages.diagnose.floor.predictors import Predictor, row_losses
from stages.diagnose.floor.references import CONSTANT, LINEAR
from stages.diagnose.floor.rows import EncodedRows
from stages.lib.trials.statistics import mean, paired


@dataclass(frozen=True)
class Gains:
    """What references gain over chance on new rows, as shares of the chance loss.

    highest: the largest upper end of a 95 % interval, what fitting costs added. intervals: the mean
    and the half width of each reference's. cost: what fitting the linear model costs.
    """

    highest: float
    intervals: tuple[tuple[float, float], ...]
    cost: float

    def rows_needed(self, rows: int, min_gain: float) -> int | None:
        """About how many rows would tell, two digits, rounded up.

        They leave half of `min_gain` to the cost, which falls with their number, and as much, or
        half of a gain that is larger, to each half width, which falls with its root. An interval
        that ends below zero asks for none. None where no number is known to be enough.
        """
        factors = [2 * self.cost / min_gain]
        factors += [
            (2 * half / max(min_gain, mean)) ** 2
            for mean, half in self.intervals
            if mean + half > 0
        ]
        if not 1 < max(factors) < np.inf:
            return None
        needed = rows * max(factors)
        unit = 10 ** max(0, int(np.log10(needed)) - 1)
        return int(np.ceil(needed / unit) * unit)


def gains_over_chance(
    predictors: dict[str, list[Predictor]], train: EncodedRows, judged: EncodedRows
) -> Gains:
    """The gains of the references on rows that they have not seen.

    A linear model of p coefficients loses about chi^2_p / 2n nats (chi^2_p / n of the variance) by
    estimating them from n rows (Wilks, Annals of Mathematical Statistics 9, 1938; Akaike, IEEE
    Transactions on Automatic Control 19, 1974): a signal may be worth that much more than what the
    model gains, and a larger table would show it. The 97.5th percentile is taken.

    Args:
        predictors: by name, one for each target; the constant's are chance.
        train: the rows that they were fitted to.
        judged: rows that count, at least two.
    """
    constant = mean_row_losses(predictors[CONSTANT], judged)
    chance = mean(constant, judged.weights)
    if chance <= 0:  # a single class: nothing can be gained here, and nothing is known of others
        return Gains(np.inf, (), 0.0)
    rank = min(train.x.shape[1], len(train.target) - 1)
    if train.classes:
        cost = float(stats.chi2.ppf(0.975, rank * (train.classes - 1))) / 2
    else:
        cost = float(stats.chi2.ppf(0.975, rank))
    cost /= len(train.target) * chance
    highest, intervals = 0.0, []
    for name, fitted in predictors.items():
        if name == CONSTANT:
            continue
        gain = paired((constant - mean_row_losses(fitted, judged))[None], judged.design)
        upper = gain.interval()[1] / chance
        intervals.append((gain.mean / chance, upper - gain.mean / chance))
        # A model that is worse than chance by more than fitting costs is bad luck, and no proof.
        highest = max(highest, max(0.0, upper) + (cost if name == LINEAR else 0.0))
    return Gains(highest, tuple(intervals), cost)


def mean_row_losses(model: list[Predictor], rows: EncodedRows) -> np.ndarray:
    """The mean loss of each row over its targets, float64 [rows], in nats or shares of the training
    target's variance."""
    pairs = zip(model, rows.per_target(), strict=True)
    return np.asarray(
        np.mean([row_losses(predict(part.x), part) for predict, part in pairs], axis=0)
    )
