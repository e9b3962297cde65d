"""LL107: classes that exclude each other, trained as if they did not."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def independent_outputs(subject: Subject) -> Iterator[CheckFinding]:
    """Several outputs for exclusive classes ask for softmax under a categorical cross-entropy."""
    output = output_of(subject)
    loss, activation, units = output.loss, output.activation, output.units
    if not output.task.has_classes or units < 2 or loss.reads != "probabilities":
        return
    expected = "softmax with categorical_crossentropy: the classes exclude each other"
    if not loss.of_one_class:
        if activation.sums_to_one:
            received = (
                f"{units} {activation.name} outputs that {loss.name} trains as {units} sigmoids"
            )
        else:
            received = f"{units} outputs trained each by itself; their sum need not be 1"
        yield CHECK.finding(expected, received, family="loss")
    elif (
        (activation.low, activation.high) == (0, 1)
        and not activation.sums_to_one
        and not output.least_at_ones  # which loss_of_task finds
    ):
        trained = ", which the loss trains as softmax" * bool(output.source_of_logits)
        received = f"{units} {activation.name} outputs{trained}; their sum need not be 1"
        yield CHECK.finding(expected, received, family="output_activation")


CHECK = Check(
    code="LL107",
    name="exclusive_classes",
    title="Classes that exclude each other are trained each by itself",
    families=("loss", "output_activation"),
    severities=("warning",),
    keys=("train.output_activation", "train.loss"),
    about="Whether several outputs for classes, of which each row has exactly one, are made to "
    "sum to one. Where they are not, the predicted probabilities need not be a distribution, and "
    "the loss that is trained is another than the one that is judged.",
    source="The likelihood of one class of several: Bishop, Pattern Recognition and Machine "
    "Learning, 2006, section 4.3.4.",
    remedy="Set train.loss: auto and train.output_activation: auto, which are softmax with "
    "categorical_crossentropy.",
    find=independent_outputs,
)
