"""Advice on the scale of the inputs."""

from stages.tools.claims.advice.claim import Claim, Pair, Part
from stages.tools.claims.edits import initializer, scaling
from stages.tools.claims.side import SGD_RATES, Side
from stages.tools.claims.verdicts import HOLDS, NO_EFFECT, REVERSED

_SGD = {"train.optimizer": "sgd"}


def _pair(worse: str, better: str) -> Pair:
    return lambda settings: (Side(scaling(worse)), Side(scaling(better)))


def _under_sgd(worse: str, better: str) -> Pair:
    return lambda settings: (
        Side(scaling(worse) | _SGD, SGD_RATES, SGD_RATES[0]),
        Side(scaling(better) | _SGD, SGD_RATES, SGD_RATES[0]),
    )


def _program_1(worse: str, better: str) -> Pair:
    """The first of the three programs, by its scaling; as it is, its rate is Keras' default."""
    glorot = initializer("glorot_uniform")
    return lambda settings: (Side(scaling(worse) | glorot), Side(scaling(better) | glorot))


CLAIMS = (
    Claim(
        "e",
        "unequal ranges",
        "Unscaled features of very different ranges (income beside age) let the large ones "
        "dominate.",
        (
            Part("raw loses to standard", _pair("none", "standard"), on="unequal ranges"),
            Part(
                "raw loses to standard, SGD", _under_sgd("none", "standard"), on="unequal ranges"
            ),
        ),
        "raw columns",
        "standardized ones",
    ),
    Claim(
        "f",
        "where inputs belong",
        "Inputs belong within 0 to 1, or at mean 0 and deviation 1.",
        (
            Part("small ranges: raw loses to standard", _pair("none", "standard"),
                 on="small ranges"),
            Part("wide ranges: raw loses to 0-1", _pair("none", "minmax"), on="unequal ranges"),
            Part("0-1 loses to standard", _pair("minmax", "standard")),
        ),
        "small columns as they are",
        "standardized",
        {
            HOLDS: "Standardize, also what is small already.",
            NO_EFFECT: "Do not bother to rescale what is within a few units of 0 already.",
        },
    ),
    Claim(
        "l",
        "normalization of program 1",
        "Missing normalization is what makes the loss of program 1 high.",
        (
            Part("program 1: raw loses, held out", _program_1("none", "standard"),
                 networks="shallow"),
            Part("program 1: raw loses, training", _program_1("none", "standard"), "training",
                 networks="shallow"),
        ),
        "raw inputs",
        "standardized ones",
        {
            HOLDS: "Standardize; but ask first whether anything can be learnt: from coin flips "
            "nothing can.",
        },
    ),
    Claim(
        "r",
        "heavy tails",
        "Standard scaling beats quantile scaling on heavy tails.",
        (
            Part("quantile loses to standard", _pair("quantile", "standard"), on="heavy tails"),
            Part("standard loses to signed log", _pair("standard", "log1p_standard"),
                 on="heavy tails"),
        ),
        "quantile scaling",
        "standard scaling",
        {REVERSED: "Use quantile scaling where columns have heavy tails."},
    ),
)  # fmt: skip
