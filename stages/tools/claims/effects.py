"""The effect of a part on a data set, over its networks and replicates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from stages.tools.claims.datasets.dataset import DataSet
from stages.tools.claims.measures import Measure
from stages.tools.claims.verdicts import outcome

# A program's values over the replicates, float64 [replicates], as `Trials.values` has them.
Values = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Effect:
    """How much more the first program has of the measure than the second, on one data set.

    Attributes:
        mean, error: over replicates, with the standard error and its degrees of freedom.
        networks: the mean by network, in words.
        outcome: as `verdicts.outcome` has it.
    """

    data_set: str
    mean: float
    error: float
    freedom: float
    networks: Mapping[str, float]
    outcome: str

    def interval(self) -> tuple[float, float]:
        """95 %, Student's t."""
        half = float(stats.t.ppf(0.975, self.freedom)) * self.error
        return self.mean - half, self.mean + half


def effect(
    data_set: DataSet,
    pairs: Mapping[str, tuple[Values, Values]],
    measured: str,
    measure: Measure,
    margin: float,
    min_learnt: float,
) -> Effect | None:
    """The effect on a data set: the mean over its networks, replicate by replicate.

    Args:
        pairs: the values of the first and second program by network.
        measured: the measure's name.
        margin: the smallest effect that matters.
        min_learnt: of a measure that is a loss, a network of which the better program learns less
            than this share of the chance loss is left out.

    Returns:
        None where no network is left.
    """
    of_networks = {
        label: paired
        for label, (first, second) in pairs.items()
        if (paired := _paired(first, second, measured, measure, min_learnt)) is not None
    }
    if not of_networks:
        return None
    over_networks = np.mean(list(of_networks.values()), axis=0)
    count = len(over_networks)
    # Replicates of a real table share rows, which makes them more alike than fresh ones.
    variance = over_networks.var(ddof=1) * (1 / count + data_set.error_factor)
    mean, error = float(over_networks.mean()), float(variance**0.5)
    means = {label: float(values.mean()) for label, values in of_networks.items()}
    said = outcome(mean, error, count - 1, margin)
    return Effect(data_set.name, mean, error, count - 1, means, said)


def _paired(
    first: Values, second: Values, measured: str, measure: Measure, min_learnt: float
) -> np.ndarray | None:
    """First less second, float64 [replicates], in the measure's unit.

    Losses count up to chance: a network that does worse than the best constant has learnt nothing,
    and how much worse is no matter of degree (one diverged fit would outweigh all others). They are
    in units of the learnt part: the mean chance loss less the lower of the two mean losses.
    """
    if not measure.split:
        return first[measured] - second[measured]
    sides = (first, second)
    chance = f"chance_{measure.split}"
    judged = [np.minimum(side[measure.split], side[chance]) for side in sides]
    level = float(first[chance].mean())
    learnt = level - min(float(losses.mean()) for losses in judged)
    if learnt < min_learnt * level:
        return None
    if measured == "gap":
        train = [np.minimum(side["train"], side["chance_train"]) for side in sides]
        judged = [held - fitted for held, fitted in zip(judged, train, strict=True)]
    return (judged[0] - judged[1]) / learnt


def where(effects: Sequence[Effect]) -> dict[str, tuple[str, str, float]]:
    """The data set and network with the largest effect and with the smallest: best and worst."""
    every = [
        (found.data_set, label, mean) for found in effects for label, mean in found.networks.items()
    ]
    return {
        "best": max(every, key=lambda entry: entry[2]),
        "worst": min(every, key=lambda entry: entry[2]),
    }
