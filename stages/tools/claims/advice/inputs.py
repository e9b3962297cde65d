"""Advice on the scale of the inputs."""

from collections.abc import Callable

from stages.tools.claims.advice.claim import Claim, Part
from stages.tools.claims.advice.comparisons import world_of
from stages.tools.claims.condition import Condition
from stages.tools.claims.edits import initializer, scaling
from stages.tools.claims.programs import PROGRAMS
from stages.tools.claims.settings import Settings
from stages.tools.claims.world import World


def _unequal_ranges(settings: Settings) -> list[Condition]:
    world, raw, scaled = world_of("income", settings.claims), scaling("none"), scaling("standard")
    sgd = {"train.optimizer": "sgd", "train.learning_rate": 0.01}
    tanh = {"train.activation": "tanh", **initializer("glorot_uniform")}
    logged = raw | {"normalize.columns": {"household_income": "log1p_standard"}}
    return [
        Condition("raw against standard, Adam", world, (raw,), (scaled,)),
        Condition("raw against standard, SGD at 0.01", world, (raw | sgd,), (scaled | sgd,)),
        Condition("raw against standard, tanh", world, (raw | tanh,), (scaled | tanh,)),
        Condition("all but the income raw (up to some hundreds)", world, (logged,), (scaled,)),
    ]


def _inputs_raw(settings: Settings) -> list[Condition]:
    income = world_of("income", settings.claims)
    raw, unit, standard = scaling("none"), scaling("minmax"), scaling("standard")
    return [
        Condition("raw against 0 to 1", income, (raw,), (unit,)),
        Condition("raw against mean 0, deviation 1", income, (raw,), (standard,)),
    ]


def _inputs_small(settings: Settings) -> list[Condition]:
    raw, standard = (scaling("none"),), (scaling("standard"),)
    unit, wider = (world_of(name, settings.claims) for name in ("friedman", "moons"))
    return [
        Condition("inputs within 0 to 1", unit, raw, standard),
        Condition("inputs of about -1 to 2", wider, raw, standard),
    ]


def _inputs_either(settings: Settings) -> list[Condition]:
    unit, standard = (scaling("minmax"),), (scaling("standard"),)
    return [
        Condition(name, world_of(name, settings.claims), unit, standard)
        for name in ("income", "friedman", "moons")
    ]


def _program_1(measure: str) -> Callable[[Settings], list[Condition]]:
    def conditions(settings: Settings) -> list[Condition]:
        premise = settings.programs
        world = World(
            premise.premise,
            premise.rows,
            settings.claims.validation_rows,
            settings.claims.test_rows,
            premise.features,
        )
        raw = PROGRAMS["1"]
        scaled = raw | scaling("standard")
        he = scaled | initializer("he_normal")
        return [
            Condition("raw against standard", world, (raw,), (scaled,), measure),
            Condition("raw against standard with he_normal", world, (raw,), (he,), measure),
        ]

    return conditions


CLAIMS = (
    Claim(
        "e",
        "unequal ranges",
        "Unscaled features of very different ranges (income beside age) let the large ones "
        "dominate.",
        (Part("the loss is higher", _unequal_ranges),),
    ),
    Claim(
        "f",
        "where inputs belong",
        "Inputs belong within 0 to 1, or at mean 0 and deviation 1.",
        (
            Part("wide ranges have to go there", _inputs_raw),
            Part("inputs of about that size have to be standardised", _inputs_small),
            Part("0 to 1 is worse than mean 0, deviation 1", _inputs_either),
        ),
    ),
    Claim(
        "l",
        "normalization of program 1",
        "Missing normalization is what makes the loss of program 1 high.",
        (
            Part("the held-out loss", _program_1("held_out")),
            Part("the training loss", _program_1("training")),
        ),
    ),
)
