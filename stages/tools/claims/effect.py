"""A condition's effect, and what follows from it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.lib.artifacts.card import Card, Column
from stages.lib.trials.statistics import Paired
from stages.tools.claims.condition import Condition
from stages.tools.claims.experiment import Experiment
from stages.tools.claims.measures import MEASURES
from stages.tools.claims.world import World


def measure_effect(
    experiment: Experiment, condition: Condition, min_effect: float
) -> dict[str, Any]:
    """A condition's effect: how much more `worse` has of the measure than `better`, paired over
    the replicates, with its 95 % interval (Student's t) and what follows from it.

    Args:
        min_effect: the smallest that matters, as a share of the chance loss, unless the measure
            says otherwise.

    Returns:
        An entry of claims.json. `scale` is what one unit of a figure's axis is: the chance loss, or
        1 for what is no loss. `outcome`: supports when the whole interval lies beyond the smallest
        effect that matters, reversed when it lies as far on the other side, contradicts when the
        effect is smaller than what matters or of the other sign, else open.
    """
    world, measure = condition.world, MEASURES[condition.measure]
    chosen = [experiment.best(world, side) for side in (condition.worse, condition.better)]
    worse, better = (measure.of(experiment, world, edit) for edit in chosen)
    difference = worse - better
    count = len(difference)
    effect = Paired(
        float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(count)), count - 1
    )
    low, high = effect.interval()
    card = experiment.card(world)
    chance = card.chance.test
    assert chance is not None, "a claim's table has test rows"
    scale = chance if measure.unit is None else 1.0
    matters = scale * (min_effect if measure.min_effect is None else measure.min_effect)
    return {
        "label": condition.label,
        "series": condition.series,
        "x": condition.x,
        "measure": measure.words,
        "unit": measure.unit or card.unit,
        "data": _described(world, card.columns),
        "worse": float(worse.mean()),
        "better": float(better.mean()),
        "effect": effect.mean,
        "low": low,
        "high": high,
        "matters": matters,
        "scale": scale,
        "floor": floor_of(card),
        "chance": chance,
        "diverged": [experiment.result(world, edit).diverged for edit in chosen],
        "chosen": [
            edit if len(side) > 1 else {}
            for edit, side in zip(chosen, (condition.worse, condition.better), strict=True)
        ],
        "outcome": _outcome(low, high, matters, condition.either),
    }


def _outcome(low: float, high: float, matters: float, either: bool) -> str:
    if low > matters or (either and high < -matters):
        return "supports"
    if high < -matters:
        return "reversed"
    inside = low > -matters if either else True
    return "contradicts" if high < matters and inside else "open"


def floor_of(card: Card) -> float:
    """The loss of the law itself, over the whole population of rows."""
    assert card.floor is not None, "claims are measured on scenarios, whose law is known"
    return card.floor.population.value


def _described(world: World, columns: Sequence[Column]) -> str:
    """The data in words."""
    noise = f", {world.label_noise:.0%} of the labels drawn anew" if world.label_noise else ""
    name = world.scenario.replace("_", " ")
    return f"{name}, {world.rows:,} rows, {len(columns)} columns{noise}"
