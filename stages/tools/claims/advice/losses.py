"""Advice on the loss of a task."""

from stages.lib.params.edits import Edit
from stages.tools.claims.advice.claim import Claim, Pair, Part
from stages.tools.claims.side import Side
from stages.tools.claims.verdicts import HOLDS, NO_EFFECT


def _against_own(loss: str, more: Edit | None = None) -> Pair:
    """This trained loss, with further edits, against the task's own."""
    worse: Edit = {"train.loss": loss} | (more or {})
    return lambda settings: (Side(worse), Side())


_SIGMOID: Edit = {"train.output_activation": "sigmoid"}
CLAIMS = (
    Claim(
        "k",
        "loss by task",
        "Categorical cross-entropy for several classes, binary for two, squared error for numbers: "
        "the wrong loss gives poor results.",
        (
            Part("two classes: squared error loses", _against_own("mean_squared_error"),
                 on="two classes", networks="first"),
            # Its output is a margin, which is read here as the probability that Keras takes it for.
            Part("two classes: hinge loses", _against_own("hinge"),
                 on="two classes", networks="first"),
            Part("several classes: squared error loses", _against_own("mean_squared_error"),
                 on="several classes", networks="first"),
            Part("several classes: sigmoids lose", _against_own("binary_crossentropy", _SIGMOID),
                 on="several classes", networks="first"),
            Part("numbers: absolute error loses", _against_own("mean_absolute_error"),
                 on="numbers", networks="first"),
            Part("numbers: sigmoid cross-entropy loses",
                 _against_own("binary_crossentropy", {"normalize.target": "minmax"} | _SIGMOID),
                 on="numbers", networks="first"),
        ),
        "squared error",
        "cross-entropy",
        {
            HOLDS: "Take the task's own loss, as `auto` does; it is what you are judged by.",
            NO_EFFECT: "Take the task's own loss, but expect no wonder of it; avoid hinge.",
        },
    ),
)  # fmt: skip
