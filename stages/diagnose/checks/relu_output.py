"""LL110: relu on an output that is read as a number."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def flat_output(subject: Subject) -> Iterator[CheckFinding]:
    """An output with a flat side, under a loss of numbers or margins."""
    output = output_of(subject)
    if output.activation.dies and output.loss.reads != "probabilities":
        yield CHECK.finding(
            "linear",
            f"{output.activation.name}: an output at 0 has no gradient, and may stay there",
        )


CHECK = Check(
    code="LL110",
    name="relu_output",
    title="A relu output may stay at 0 for good",
    families=("output_activation",),
    severities=("warning",),
    keys=("train.output_activation",),
    about="An output activation with an exactly flat side, under a loss of numbers. Rows whose "
    "output stands at 0 pass no gradient; if all do, nothing trains any more.",
    source="Arithmetic: the slope of relu below 0 is 0.",
    remedy="Set train.output_activation: linear; softplus where the target is known to be "
    "positive.",
    find=flat_output,
)
