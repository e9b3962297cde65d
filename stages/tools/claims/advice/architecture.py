"""Advice on the shape of the network: depth, width, batch normalization."""

from stages.lib.params.edits import Edit
from stages.tools.claims.advice.claim import Claim, Pair, Part
from stages.tools.claims.side import Side, fixed
from stages.tools.claims.verdicts import HOLDS, NO_EFFECT, REVERSED

_BN: Edit = {"train.batch_normalization": "before_activation"}
# A rate a hundred times Adam's default.
_HIGH = 0.1


def _to_wide(shape: str) -> Pair:
    return lambda settings: (Side(), Side(shape=shape))


CLAIMS = (
    Claim(
        "m",
        "batch normalization",
        "Batch normalization lets you use any learning rate.",
        (
            Part(
                "rate 0.1 loses despite batch normalization",
                lambda settings: (fixed(_HIGH, edit=_BN), Side(_BN)),
            ),
            Part(
                "rate 0.1 loses without batch normalization",
                lambda settings: (fixed(_HIGH), fixed(_HIGH, edit=_BN)),
            ),
            Part("no batch normalization loses, rates tuned", lambda settings: (Side(), Side(_BN))),
        ),
        "a rate of 0.1",
        "a tuned rate",
        {
            HOLDS: "Tune the rate with batch normalization, too.",
            NO_EFFECT: "With batch normalization even 0.1 does as well as a tuned rate.",
        },
    ),
    Claim(
        "q",
        "wide or deep",
        "Wider is better than deeper on tables.",
        (
            Part("deep loses to two wide layers", _to_wide("two layers"), networks="deep"),
            Part("deep loses to one wide layer", _to_wide("one layer"), networks="deep"),
        ),
        "deep and narrow",
        "two wide layers",
        {REVERSED: "Go deeper rather than wider, at as many weights."},
    ),
)
