"""Advice on the initial weights."""

from stages.tools.claims.advice.claim import Claim, Pair, Part
from stages.tools.claims.edits import initializer, normal, uniform
from stages.tools.claims.side import Side, fixed
from stages.tools.claims.verdicts import HOLDS, NO_EFFECT, REVERSED

_HE, _GLOROT = initializer("he_normal"), initializer("glorot_uniform")
# The rate at which programs are looked into.
_RATE = 0.001


def _pair(worse: dict, better: dict) -> Pair:
    return lambda settings: (Side(worse), Side(better))


def _within(edit: dict) -> Pair:
    """An initializer against the usual one of the network's activation, looked into."""
    return lambda settings: (fixed(_RATE, edit=edit), fixed(_RATE))


CLAIMS = (
    Claim(
        "a",
        "weights too small",
        "Weights initialised too small fail to break symmetry and give no meaningful gradients.",
        (
            Part("deviation 0.01 loses to he_normal", _pair(normal(0.01), _HE), networks="relu"),
            Part("zeros lose to he_normal", _pair(initializer("zeros"), _HE), networks="relu"),
            Part("zeros keep units equal", _within(initializer("zeros")), "copies"),
            Part("deviation 0.01 keeps units equal", _within(normal(0.01)), "copies"),
            Part("deviation 0.01 starves the gradient", _within(normal(0.01)), "gradient"),
        ),
        "small weights",
        "he_normal",
        {HOLDS: "Never start from tiny weights or zeros; keep Keras' default."},
    ),
    Claim(
        "b",
        "weights too large",
        "Weights initialised too large saturate the activations, and gradients become zero.",
        (
            Part("deviation 1 loses, relu", _pair(normal(1.0), _HE), networks="relu"),
            Part("deviation 1 loses, tanh", _pair(normal(1.0), _GLOROT), networks="tanh"),
            # Of relu the share of slopes that are zero hardly depends on the weights' size.
            Part("deviation 1 flattens tanh", _within(normal(1.0)), "flat", networks="tanh"),
            Part("deviation 1 starves the gradient", _within(normal(1.0)), "gradient"),
        ),
        "weights of deviation 1",
        "he_normal",
        {HOLDS: "Do not start from weights of deviation 1; keep Keras' default."},
    ),
    Claim(
        "c",
        "initializer by activation",
        "he_normal is best for relu, glorot for tanh and sigmoid.",
        (
            Part("relu: glorot_uniform loses to he_normal", _pair(_GLOROT, _HE), networks="relu"),
            Part("tanh: he_normal loses to glorot_uniform", _pair(_HE, _GLOROT), networks="tanh"),
            Part(
                "sigmoid: he_normal loses to glorot_uniform",
                _pair(_HE, _GLOROT),
                networks="sigmoid",
            ),
        ),
        "glorot_uniform",
        "he_normal",
        {
            HOLDS: "Set he_normal for relu; Keras' default is glorot_uniform.",
            NO_EFFECT: "Do not bother with he_normal: Keras' glorot_uniform does as well.",
            REVERSED: "Keep Keras' glorot_uniform, also for relu.",
        },
    ),
    Claim(
        "d",
        "random_uniform",
        "random_uniform is often poor, because its values are close together.",
        (
            Part("uniform ±0.05 loses to he_normal", _pair(uniform(0.05), _HE), networks="relu"),
            # A uniform on [-w, w] has the deviation w / sqrt(3).
            Part(
                "uniform loses to normal, equal deviation",
                _pair(uniform(0.05), normal(0.05 / 3**0.5)),
                networks="relu",
            ),
        ),
        "random_uniform (±0.05)",
        "he_normal",
        {HOLDS: "Avoid random_uniform as it comes: it is too narrow, uniform or not."},
    ),
    Claim(
        "u",
        "normal or uniform draws",
        "he_normal is better than he_uniform.",
        (
            Part(
                "he_uniform loses to he_normal",
                _pair(initializer("he_uniform"), _HE),
                networks="relu",
            ),
        ),
        "he_uniform",
        "he_normal",
    ),
)
