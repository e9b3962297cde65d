"""Advice on the loss of a task."""

from stages.lib.params.edits import Edit
from stages.tools.claims.advice.claim import Claim, Part
from stages.tools.claims.advice.comparisons import world_of
from stages.tools.claims.condition import Condition
from stages.tools.claims.settings import Settings


def _loss(name: str, **more: str) -> tuple[Edit]:
    """This trained loss, with further keys of the section train."""
    return ({"train.loss": name} | {f"train.{key}": value for key, value in more.items()},)


_MATCHED: tuple[Edit] = ({},)


def _two_classes(settings: Settings) -> list[Condition]:
    world = world_of("income", settings.claims)
    return [
        Condition("squared error of a sigmoid", world, _loss("mean_squared_error"), _MATCHED),
        # Its output is a margin, which is read here as the probability that Keras takes it for.
        Condition("hinge", world, _loss("hinge"), _MATCHED),
    ]


def _several_classes(settings: Settings) -> list[Condition]:
    world = world_of("gaussian_classes", settings.claims)
    sigmoids = _loss("binary_crossentropy", output_activation="sigmoid")
    return [
        Condition("squared error of a softmax", world, _loss("mean_squared_error"), _MATCHED),
        Condition("binary cross-entropy of sigmoids", world, sigmoids, _MATCHED),
    ]


def _number(settings: Settings) -> list[Condition]:
    world = world_of("friedman", settings.claims)
    [sigmoid] = _loss("binary_crossentropy", output_activation="sigmoid")
    bounded = sigmoid | {"normalize.target": "minmax"}
    return [
        Condition("absolute error", world, _loss("mean_absolute_error"), _MATCHED),
        Condition(
            "binary cross-entropy of a sigmoid, target within 0 to 1", world, (bounded,), _MATCHED
        ),
    ]


CLAIMS = (
    Claim(
        "k",
        "loss by task",
        "Categorical cross-entropy for several classes, binary for two, squared error for numbers: "
        "the wrong loss gives poor results.",
        (
            Part("two classes", _two_classes),
            Part("several classes", _several_classes),
            Part("a number", _number),
        ),
    ),
)
