"""Loss, output layer and target encoding of the program, with what the vocabulary knows of them."""

from dataclasses import dataclass

import numpy as np

from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.activations import ACTIVATIONS, Activation
from stages.lib.vocabulary.encodings import ENCODINGS, Encoding
from stages.lib.vocabulary.losses import Loss
from stages.lib.vocabulary.tasks import Task


@dataclass(frozen=True)
class Output:
    """What the program puts out, and what it is trained against.

    Attributes:
        units: of the output layer.
        from_logits: as `train.from_logits` says.
    """

    task: Task
    loss: Loss
    activation: Activation
    encoding: Encoding
    units: int
    from_logits: bool

    @property
    def loss_takes_logits(self) -> bool:
        """The loss is computed from the inputs of the output activation."""
        return self.loss.has_logits and (self.from_logits or self.activation.takes_logits)

    @property
    def exceeds_probabilities(self) -> bool:
        """It reaches numbers that a cross-entropy cannot take for probabilities."""
        too_high = self.activation.high > 1 and not self.loss.divides_by_sum
        return self.activation.low < 0 or too_high

    @property
    def least_at_ones(self) -> bool:
        """The loss takes shares of one, but is least where every output is 1: it neither divides
        the outputs by their sum nor has a form for logits, which would."""
        loss = self.loss
        return loss.target == "one_hot" and not loss.divides_by_sum and not loss.has_logits

    @property
    def matched_activation(self) -> str:
        """The output activation that this task's cross-entropy asks for."""
        return "sigmoid" if self.units == 1 or self.task.has_labels else "softmax"

    @property
    def range(self) -> str:
        """The lowest and the highest output."""
        return f"from {self.activation.low:g} to {self.activation.high:g}"

    @property
    def labels(self) -> np.ndarray:
        """The numbers that the encoding writes for the classes, or for a label that a row lacks
        and one that it has, float64."""
        if self.encoding.numbers is None:
            return np.array([0.0, 1.0])
        low, high = self.encoding.numbers
        if self.task.has_labels:
            return np.array([low, high])
        return low + (high - low) * np.arange(len(self.task.classes), dtype="float64")


def output_of(subject: Subject) -> Output:
    """The output of the program under diagnosis."""
    contract = subject.network.contract
    return Output(
        subject.task,
        contract.loss_row,
        ACTIVATIONS[contract.activation],
        ENCODINGS[contract.encoding],
        contract.units,
        contract.from_logits,
    )
