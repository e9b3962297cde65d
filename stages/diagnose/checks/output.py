"""Loss, output layer and target encoding of the program, with what the vocabulary knows of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
        constants: of the loss, by their keys of params.yaml.
    """

    task: Task
    loss: Loss
    activation: Activation
    encoding: Encoding
    units: int
    from_logits: bool
    constants: Mapping[str, float]

    @property
    def source_of_logits(self) -> Literal["inputs", "outputs", ""]:
        """What of the output activation the loss takes for logits (Loss.source_of_logits)."""
        return self.loss.source_of_logits(self.from_logits, self.activation.takes_logits)

    @property
    def finds_probabilities(self) -> bool:
        """Of labels, the loss is least at the probabilities."""
        least = self.loss.finds_from
        reached = all(self.constants[key] >= number for key, number in least.items())
        return self.loss.finds_probabilities and reached

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
        {key: subject.sections["train"][key] for key in contract.loss_row.constants},
    )
