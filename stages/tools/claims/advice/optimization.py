"""Advice on optimizer, learning rate and batch size."""

from collections.abc import Callable

from stages.lib.params.edits import Edit
from stages.tools.claims.advice.claim import Claim, Part
from stages.tools.claims.advice.comparisons import world_of
from stages.tools.claims.condition import Condition
from stages.tools.claims.settings import Settings

# Learning rates that are tuned over: of SGD, and of Adam.
_SGD_RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_ADAM_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
_TASKS = ("income", "moons", "gaussian_classes", "friedman")


def _sgd(rates: tuple[float, ...]) -> Callable[[Settings], list[Condition]]:
    """SGD at the best of these rates against the program's own optimizer, Adam."""
    edits = tuple({"train.optimizer": "sgd", "train.learning_rate": rate} for rate in rates)
    adam: Edit = {}
    return lambda settings: [
        Condition(name.replace("_", " "), world_of(name, settings.claims), edits, (adam,))
        for name in _TASKS
    ]


def _batch_size(rates: tuple[float, ...]) -> Callable[[Settings], list[Condition]]:
    """Other batch sizes against 32, each at the best of these rates."""

    def edits(size: int) -> tuple[Edit, ...]:
        return tuple({"train.batch_size": size, "train.learning_rate": rate} for rate in rates)

    def conditions(settings: Settings) -> list[Condition]:
        world = world_of("moons", settings.claims)
        return [
            Condition(f"{size} against 32", world, edits(size), edits(32), either=True)
            for size in (8, 256, settings.claims.rows)
        ]

    return conditions


def _at_rate(rate: float, epochs: int) -> tuple[Edit]:
    return ({"train.learning_rate": rate, "train.epochs": epochs},)


def _slower(settings: Settings) -> list[Condition]:
    world, epochs = world_of("moons", settings.claims), settings.claims.epochs
    return [
        Condition(
            f"0.0001 against 0.001, {count} epochs",
            world,
            _at_rate(1e-4, count),
            _at_rate(1e-3, count),
        )
        for count in (epochs // 4, epochs)
    ]


def _with_more_epochs(settings: Settings) -> list[Condition]:
    world, epochs = world_of("moons", settings.claims), 8 * settings.claims.epochs
    return [
        Condition(
            f"0.001 against 0.0001, {epochs} epochs",
            world,
            _at_rate(1e-3, epochs),
            _at_rate(1e-4, epochs),
        )
    ]


def _steadier(settings: Settings) -> list[Condition]:
    world, epochs = world_of("moons", settings.claims), settings.claims.epochs
    return [
        Condition(
            f"{large:g} against {small:g}",
            world,
            _at_rate(large, epochs),
            _at_rate(small, epochs),
            measure="wobble",
        )
        for large, small in ((1e-2, 1e-3), (1e-3, 1e-4))
    ]


CLAIMS = (
    Claim(
        "g",
        "SGD and Adam",
        "SGD needs a careful learning rate and sticks; Adam's defaults do better.",
        (
            Part("Keras' SGD (0.01) loses to Keras' Adam", _sgd((0.01,))),
            Part("SGD at its best rate loses too", _sgd(_SGD_RATES)),
        ),
    ),
    Claim(
        "h",
        "smaller learning rate",
        "A smaller learning rate is steadier, but needs more epochs.",
        (
            Part("it is steadier", _steadier),
            Part("after as many epochs it is behind", _slower),
            Part("after many epochs it is ahead", _with_more_epochs),
        ),
    ),
    Claim(
        "i",
        "batch size",
        "The batch size matters.",
        (
            Part("at a fixed rate of 0.001", _batch_size((0.001,))),
            Part("at the best rate for each size", _batch_size(_ADAM_RATES)),
        ),
    ),
)
