"""Advice against overfitting: dropout and early stopping."""

from stages.lib.params.edits import Edit
from stages.tools.claims.advice.claim import Claim, Pair, Part
from stages.tools.claims.settings import Settings
from stages.tools.claims.side import Side
from stages.tools.claims.verdicts import HOLDS, NO_EFFECT, REVERSED

_DROPOUT: Edit = {"train.dropout": 0.3}
# Share of the epochs without improvement after which training stops.
_PATIENCE = 0.15


def _dropped(settings: Settings) -> tuple[Side, Side]:
    return Side(), Side(_DROPOUT)


def _stopped(settings: Settings) -> Side:
    return Side({"train.early_stopping.patience": max(2, round(_PATIENCE * settings.epochs))})


_STOPPED_OR_DROPPED: Pair = lambda settings: (_stopped(settings), Side(_DROPOUT))  # noqa: E731
_NEITHER_OR_STOPPED: Pair = lambda settings: (Side(), _stopped(settings))  # noqa: E731

CLAIMS = (
    Claim(
        "j",
        "dropout",
        "Dropout prevents overfitting and finds a better optimum, for a lower loss.",
        (
            Part("no dropout loses, held out", _dropped),
            Part("no dropout widens the gap", _dropped, "gap"),
            Part("no dropout loses, training", _dropped, "training"),
        ),
        "no dropout",
        "dropout of 0.3",
        {
            NO_EFFECT: "Leave dropout out unless the gap to training is large.",
            REVERSED: "Leave dropout out of small networks whose rate is tuned.",
        },
    ),
    Claim(
        "p",
        "early stopping",
        "Early stopping is as good as dropout.",
        (
            Part("early stopping loses to dropout", _STOPPED_OR_DROPPED),
            Part("neither loses to early stopping", _NEITHER_OR_STOPPED),
        ),
        "early stopping",
        "dropout of 0.3",
        {
            HOLDS: "It is not: dropout does better.",
            NO_EFFECT: "It is: take early stopping, which also saves epochs.",
            REVERSED: "It is better: take early stopping rather than dropout.",
        },
    ),
)
