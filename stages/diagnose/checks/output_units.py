"""LL111: the number of outputs does not fit the task and the encoding."""

from collections.abc import Iterator

from stages.diagnose.checks.output import Output, output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def mismatched_units(subject: Subject) -> Iterator[CheckFinding]:
    """The number of outputs against the task and the encoding."""
    output = output_of(subject)
    units, targets = output.units, len(output.task.targets)
    if output.task.has_classes:
        yield from _of_classes(output)
    elif output.task.has_labels:
        if units == 1:
            received = "1, which says the same of each label"
            expected = f"{targets} outputs for {targets} labels"
            yield CHECK.finding(expected, received, severity="error")
    elif targets > 1 and units == 1:
        received = "1, which says the same of each target"
        yield CHECK.finding(f"{targets} outputs for {targets} numbers", received, severity="error")
    elif targets == 1 and units > 1:
        received = f"{units}, all trained on the same target and averaged"
        yield CHECK.finding("1 output for one number", received, severity="note")


def _of_classes(output: Output) -> Iterator[CheckFinding]:
    units, classes = output.units, len(output.task.classes)
    if output.loss.target == "code":
        if units > classes:
            received = f"{units}: {units - classes} outputs stand for no class"
            expected = f"{classes} outputs for {classes} classes"
            yield CHECK.finding(expected, received, severity="note")
    elif output.encoding.numbers is None:
        if units == 1:
            received = "1, which says the same of each class"
            expected = f"{classes} outputs for {classes} classes"
            yield CHECK.finding(expected, received, severity="error")
    elif units > 1 and output.activation.sums_to_one:
        received = (
            f"{units} {output.activation.name} outputs for one number: their mean is 1/{units} in "
            "every row"
        )
        yield CHECK.finding("target_encoding: one_hot", received, severity="error")
    elif classes > 2:
        received = f"one number for the code of {classes} classes, as if they were amounts"
        expected = f"{classes} outputs and target_encoding: one_hot"
        yield CHECK.finding(expected, received, severity="error")
    elif units > 1:
        received = f"{units}, all trained on the same number and averaged"
        yield CHECK.finding("1 output for one number", received, severity="note")


CHECK = Check(
    code="LL111",
    name="output_units",
    title="The number of outputs does not fit the task",
    families=("output_activation",),
    severities=("error", "note"),
    keys=("train.output_units", "train.target_encoding"),
    about="The number of outputs against the number of targets, classes or labels and the numbers "
    "that are written for them. Keras broadcasts where the two differ, so a wrong number trains "
    "without a word: one output says the same of each class, and several say one thing.",
    source="Keras' broadcasting of targets and outputs in its losses.",
    remedy="Set train.output_units: auto and train.target_encoding: auto.",
    find=mismatched_units,
)
