"""LL112: the numbers written for the classes are none that the loss is made for."""

from collections.abc import Iterator

from stages.diagnose.checks.common import span
from stages.diagnose.checks.output import Output, output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def mismatched_labels(subject: Subject) -> Iterator[CheckFinding]:
    """The numbers written for classes or labels against those that the loss is made for."""
    output = output_of(subject)
    if output.task.is_regression or output.loss.target == "code":
        return
    expected = expected_labels(output)
    if expected:
        yield CHECK.finding(
            f"{expected} for {output.loss.name}",
            f"target_encoding {output.encoding.name}, which writes {span(output.labels)}",
        )


def expected_labels(output: Output) -> str:
    """The labels that the loss is made for, where the encoding writes others; otherwise ''."""
    low, high = output.labels.min(), output.labels.max()
    if output.loss.reads == "probabilities":
        return "labels from 0 to 1" if low < 0 or high > 1 else ""
    if output.loss.reads == "margin":
        return "labels -1 and 1, or 0 and 1," if low not in (-1, 0) or high != 1 else ""
    return "labels of 0 and above" if output.loss.nonnegative and low < 0 else ""


CHECK = Check(
    code="LL112",
    name="labels_of_loss",
    title="The loss is made for other labels than the encoding writes",
    families=("loss",),
    severities=("error",),
    keys=("train.target_encoding", "train.loss", "train.output_activation"),
    about="The numbers that the target encoding writes for classes or labels against those that "
    "the loss is defined for. A cross-entropy of labels 1 and 2, or -1 and 1, has no minimum at "
    "any probability; it may fall below 0 and goes on falling.",
    source="The definition of each loss: shares of 0 to 1 for a cross-entropy, -1 and 1 for a "
    "hinge loss (Keras takes 0 and 1 for these), 0 and above for poisson.",
    remedy="Set train.target_encoding: auto.",
    find=mismatched_labels,
)
