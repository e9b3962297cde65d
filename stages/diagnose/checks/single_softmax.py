"""LL102: softmax over a single output."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def constant_output(subject: Subject) -> Iterator[CheckFinding]:
    """One output that is normalised by itself: nothing is left of it."""
    output = output_of(subject)
    if output.units == 1 and output.activation.sums_to_one:
        yield CHECK.finding(
            "sigmoid, one output a label"
            if output.task.has_labels
            else "sigmoid for one output, or softmax over one output a class",
            f"{output.activation.name} over one output, which is 1.0 for every row",
        )


CHECK = Check(
    code="LL102",
    name="single_softmax",
    title="Softmax over a single output is 1.0 for every row",
    families=("output_activation",),
    severities=("error",),
    keys=("train.output_activation", "train.output_units"),
    about="An output activation that divides the outputs of a row by their sum, over one output. "
    "Whatever the network computes, it predicts 1.0; the loss may fall all the same, since Keras "
    "hands a cross-entropy the numbers before the activation.",
    source="Arithmetic: exp(z) / exp(z) = 1.",
    remedy="Use sigmoid for one output, or train.output_units: auto with one output a class.",
    find=constant_output,
)
