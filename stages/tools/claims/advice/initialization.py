"""Advice on the initial weights."""

from collections.abc import Callable

from stages.tools.claims.advice.claim import Claim, Part
from stages.tools.claims.advice.comparisons import DEPTH, by_depth, inside_by_depth
from stages.tools.claims.condition import Condition
from stages.tools.claims.edits import initializer, normal, uniform
from stages.tools.claims.settings import Settings


def _too_small(settings: Settings) -> list[Condition]:
    he = initializer("he_normal")
    return [
        *by_depth(settings.claims, "deviation 0.01", normal(0.01), he),
        *by_depth(settings.claims, "zeros", initializer("zeros"), he),
    ]


def _small_within(measure: str) -> Callable[[Settings], list[Condition]]:
    he = initializer("he_normal")
    return lambda settings: [
        *inside_by_depth(settings.claims, measure, "deviation 0.01", normal(0.01), he),
        *inside_by_depth(settings.claims, measure, "zeros", initializer("zeros"), he),
    ]


_LARGE = (
    ("relu", normal(1.0), initializer("he_normal"), "relu"),
    ("tanh", normal(1.0), initializer("glorot_uniform"), "tanh"),
)


def _too_large(settings: Settings) -> list[Condition]:
    return [condition for large in _LARGE for condition in by_depth(settings.claims, *large)]


def _large_within(measure: str) -> Callable[[Settings], list[Condition]]:
    return lambda settings: [
        condition
        for large in _LARGE
        for condition in inside_by_depth(settings.claims, measure, *large)
    ]


def _matched(activation: str, other: str, best: str) -> Callable[[Settings], list[Condition]]:
    series = f"{activation}: {other} against {best}"
    return lambda settings: by_depth(
        settings.claims, series, initializer(other), initializer(best), activation
    )


def _narrow(settings: Settings) -> list[Condition]:
    he = initializer("he_normal")
    return by_depth(settings.claims, "within 0.05, against he_normal", uniform(0.05), he)


def _uniform_itself(settings: Settings) -> list[Condition]:
    # A uniform on [-w, w] has the deviation w / sqrt(3).
    same = normal(0.05 / 3**0.5)
    return [
        *by_depth(settings.claims, "within 0.05, against a normal as wide", uniform(0.05), same),
        *by_depth(
            settings.claims,
            "he_uniform against he_normal",
            initializer("he_uniform"),
            initializer("he_normal"),
        ),
    ]


CLAIMS = (
    Claim(
        "a",
        "weights too small",
        "Weights initialised too small fail to break symmetry and give no meaningful gradients.",
        (
            Part("the loss is higher than under he_normal", _too_small),
            Part("units stay copies of each other", _small_within("copies")),
            Part("there is no gradient to speak of", _small_within("gradient")),
        ),
        DEPTH,
    ),
    Claim(
        "b",
        "weights too large",
        "Weights initialised too large saturate the activations, and gradients become zero.",
        (
            Part(
                "deviation 1 loses to he_normal (relu), glorot_uniform (tanh)",
                _too_large,
            ),
            Part("activations saturate", _large_within("flat")),
            Part("gradients become zero", _large_within("gradient")),
        ),
        DEPTH,
    ),
    Claim(
        "c",
        "initializer by activation",
        "he_normal is best for relu, glorot for tanh and sigmoid.",
        (
            Part("he_normal is best for relu", _matched("relu", "glorot_uniform", "he_normal")),
            Part("glorot is best for tanh", _matched("tanh", "he_normal", "glorot_uniform")),
            Part("glorot is best for sigmoid", _matched("sigmoid", "he_normal", "glorot_uniform")),
        ),
        DEPTH,
    ),
    Claim(
        "d",
        "random_uniform",
        "random_uniform is often poor, because its values are close together.",
        (
            Part("close together is worse than he_normal", _narrow),
            Part("uniform is worse than normal at the same deviation", _uniform_itself),
        ),
        DEPTH,
    ),
)
