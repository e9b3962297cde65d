"""LL113: the numbers written for the classes are out of the outputs' reach."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import span
from stages.diagnose.checks.labels_of_loss import expected_labels
from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def unreachable_labels(subject: Subject) -> Iterator[CheckFinding]:
    """The numbers written for classes or labels against the range of the output activation."""
    output = output_of(subject)
    loss, activation = output.loss, output.activation
    if output.task.is_regression or loss.target == "code" or loss.reads == "probabilities":
        return
    labels = output.labels
    if loss.reads == "margin":
        if expected_labels(output):  # which labels_of_loss finds
            return
        # Keras takes a batch of labels 0 and 1 for -1 and 1.
        labels = np.array([-1.0, 1.0])
    if labels.min() < activation.low or labels.max() > activation.high:
        yield CHECK.finding(
            f"outputs that reach {span(labels)}", f"{activation.name}, {output.range}"
        )


CHECK = Check(
    code="LL113",
    name="labels_beyond_outputs",
    title="The outputs cannot reach the labels",
    families=("loss",),
    severities=("error",),
    keys=("train.target_encoding", "train.loss", "train.output_activation"),
    about="The numbers that the target encoding writes for classes or labels against the range of "
    "the output activation, under a loss of numbers or margins. A label that is out of reach "
    "pulls the output to its bound for good, whatever the inputs say.",
    source="The range of each activation's formula.",
    remedy="Set train.target_encoding: auto with train.loss: auto, or use an output activation "
    "that reaches the labels: tanh for -1 and 1, sigmoid for 0 and 1.",
    find=unreachable_labels,
)
