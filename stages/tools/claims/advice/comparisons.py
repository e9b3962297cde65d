"""What several claims share: their worlds, and comparisons over depth."""

from dataclasses import replace

from stages.lib.params.edits import Edit
from stages.tools.claims.condition import Condition
from stages.tools.claims.settings import Comparisons
from stages.tools.claims.world import World

# The meaning of x in comparisons over depth.
DEPTH = "hidden layers"

# Columns of each scenario's tables.
FEATURES = {"moons": 2, "income": 6, "friedman": 5, "gaussian_classes": 6}


def world_of(
    scenario: str, settings: Comparisons, rows: int | None = None, label_noise: float = 0.0
) -> World:
    """A scenario with as many rows as the settings say (rows: of training, other than theirs)."""
    return World(
        scenario=scenario,
        rows=rows or settings.rows,
        validation_rows=settings.validation_rows,
        test_rows=settings.test_rows,
        features=FEATURES[scenario],
        classes=3 if scenario == "gaussian_classes" else 2,
        label_noise=label_noise,
    )


def by_depth(
    settings: Comparisons, series: str, worse: Edit, better: Edit, activation: str = "relu"
) -> list[Condition]:
    """The same comparison on the two moons, over the number of hidden layers."""
    conditions = []
    for depth in settings.depths:
        shape = {"train.layers": [settings.width] * depth, "train.activation": activation}
        conditions.append(
            Condition(
                f"{series}, {depth} hidden layer{'s' * (depth > 1)}",
                world_of("moons", settings),
                (worse | shape,),
                (better | shape,),
                series=series,
                x=depth,
            )
        )
    return conditions


def inside_by_depth(
    settings: Comparisons,
    measure: str,
    series: str,
    worse: Edit,
    better: Edit,
    activation: str = "relu",
) -> list[Condition]:
    """What is seen inside the programs of `by_depth`, with the fewest and the most layers."""
    every = by_depth(settings, series, worse, better, activation)
    return [replace(condition, measure=measure) for condition in (every[0], every[-1])]
