"""LL103: categorical cross-entropy over a single output."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def constant_loss(subject: Subject) -> Iterator[CheckFinding]:
    """One output that the loss divides by itself: no gradient is left."""
    output = output_of(subject)
    if output.units == 1 and output.loss.divides_by_sum:
        each = "label" if output.task.has_labels else "class"
        yield CHECK.finding(
            f"binary_crossentropy for one output, or one output a {each}",
            f"{output.loss.name} over one output: it is divided by itself, so nothing trains",
        )


CHECK = Check(
    code="LL103",
    name="single_output_categorical",
    title="Categorical cross-entropy over a single output trains nothing",
    families=("loss",),
    severities=("error",),
    keys=("train.loss", "train.output_units"),
    about="A loss that divides the outputs of a row by their sum, over one output: it is the same "
    "for every output, so no weight gets a gradient.",
    source="Arithmetic: p / p = 1.",
    remedy="Use binary_crossentropy for one output, or train.output_units: auto with one output a "
    "class.",
    find=constant_loss,
)
