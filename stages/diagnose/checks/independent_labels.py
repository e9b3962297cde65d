"""LL108: labels of which a row may have several, trained as if they excluded each other."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def exclusive_outputs(subject: Subject) -> Iterator[CheckFinding]:
    """Several outputs for labels of which a row may have any number ask for one sigmoid each."""
    output = output_of(subject)
    if output.task.has_labels and output.units > 1 and output.activation.sums_to_one:
        yield CHECK.finding(
            "sigmoid: a row can have several labels, or none",
            f"{output.units} {output.activation.name} outputs, which sum to 1",
        )


CHECK = Check(
    code="LL108",
    name="independent_labels",
    title="Labels that a row may have several of share one probability",
    families=("output_activation",),
    severities=("error",),
    keys=("train.output_activation", "train.loss"),
    about="Whether the outputs for several labels are made to sum to one. A row with two labels "
    "can then get 0.5 of each at best, and a row with none cannot be predicted at all.",
    source="Arithmetic: shares of one sum to one, and a row's labels need not.",
    remedy="Set train.output_activation: auto, which is sigmoid, and train.loss: auto.",
    find=exclusive_outputs,
)
