"""The contract between the data and the network: loss, output layer and target encoding.

`settle` fills in what params.yaml leaves to `auto`, matched to the task, and refuses only what
Keras cannot run either: every mismatch that trains is allowed, since it is what we diagnose.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.params.reading import FILE
from stages.lib.params.train import Train
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.encodings import ENCODINGS, encodings
from stages.lib.vocabulary.losses import LOSSES, Loss
from stages.lib.vocabulary.tasks import KINDS, Task, TaskKind

# Weights of one network; 2^31 float32 are 8 GiB.
MAX_PARAMETERS = 2**31


@dataclass(frozen=True)
class Contract:
    """What the network is fed and asked for.

    Attributes:
        task: the name of a row of KINDS.
        classes: how many there are; of a multilabel task the number of labels, of a regression 0.
        targets: the columns of the table that are predicted, one but for labels and several
            numbers.
        loss: the name of a row of LOSSES.
        from_logits: the program declares its outputs to be logits.
        activation: of the output layer, the name of a row of ACTIVATIONS.
        units: of the output layer.
        encoding: the name of a row of ENCODINGS; 'value' for a regression.
        label_smoothing: share of the target that is spread evenly.
    """

    task: str
    classes: int
    targets: int
    loss: str
    from_logits: bool
    activation: str
    units: int
    encoding: str
    label_smoothing: float = 0.0

    @property
    def kind(self) -> TaskKind:
        """The task's row."""
        return KINDS[self.task]

    @property
    def loss_row(self) -> Loss:
        """The facts of the loss."""
        return LOSSES[self.loss]

    @property
    def width(self) -> int:
        """The number of target columns that the network is fed."""
        return self.classes if ENCODINGS[self.encoding].is_one_hot else self.targets

    @property
    def source_of_logits(self) -> Literal["inputs", "outputs", ""]:
        """What of the output activation the loss takes for logits (Loss.source_of_logits)."""
        hands_over = ACTIVATIONS[self.activation].takes_logits
        return self.loss_row.source_of_logits(self.from_logits, hands_over)

    def encode(self, target: np.ndarray) -> np.ndarray:
        """The targets as the loss takes them.

        Args:
            target: class codes int [rows, 1], labels int [rows, labels] or scaled targets [rows,
                targets].

        Returns:
            float32 [rows, width].
        """
        encoding = ENCODINGS[self.encoding]
        if encoding.is_one_hot:
            return self._smooth((target == np.arange(self.classes)).astype("float32"))
        if encoding.numbers is None:
            return target.astype("float32")
        low, high = encoding.numbers
        return self._smooth((low + target * (high - low)).astype("float32"))

    def _smooth(self, target: np.ndarray) -> np.ndarray:
        """The target's share `label_smoothing` spread evenly, as Keras' loss does it: over the
        classes, or over yes and no where each label is for itself."""
        if not self.label_smoothing:
            return target
        even = 1.0 / target.shape[1] if self.loss_row.of_one_class else 0.5
        share = np.float32(self.label_smoothing)
        return target * (1 - share) + share * np.float32(even)


def settle(params: Train, task: Task) -> Contract:
    """The contract of a program.

    Args:
        params: the section train.
        task: what is predicted.

    Raises:
        UserError: naming the key, for what cannot run.
    """
    kind, classes, targets = task.kind, len(task.classes), len(task.targets)
    loss = kind.loss if params.loss == "auto" else params.loss
    encoding = _encoding(params, loss, kind, classes)
    width = classes if ENCODINGS[encoding].is_one_hot else targets
    units = params.output_units
    if units == "auto":
        units = classes if LOSSES[loss].target == "code" and classes else width
    activation = params.output_activation
    if activation == "auto":
        activation = _matched_activation(params, kind, units)
    contract = Contract(
        kind.name,
        classes,
        targets,
        loss,
        params.from_logits,
        activation,
        units,
        encoding,
        params.label_smoothing,
    )
    _check_runs(contract)
    return contract


def check_size(params: Train, contract: Contract, inputs: int = 1) -> None:
    """Raise UserError for layers of more than MAX_PARAMETERS kernel weights, from so many inputs
    on: at least one, where their number is not known yet."""
    widths = [inputs, *(layer["units"] for layer in params.hidden), contract.units]
    weights = sum(before * units for before, units in pairwise(widths))
    if weights > MAX_PARAMETERS:
        raise UserError(
            f"{FILE}: train.layers", f"at most {MAX_PARAMETERS} weights in all", f"{weights}"
        )


def _encoding(params: Train, loss: str, kind: TaskKind, classes: int) -> str:
    encoding = params.target_encoding
    if kind.is_regression:
        if encoding != "auto":
            raise UserError(f"{FILE}: train.target_encoding", "auto for a regression", encoding)
        return "value"
    known = ("auto", *encodings(kind))
    if encoding not in known:
        raise UserError(
            f"{FILE}: train.target_encoding",
            f"one of {', '.join(known)} for a {kind.name} task",
            encoding,
        )
    if encoding == "auto":
        return _matched_encoding(params, loss, kind, classes)
    if ENCODINGS[encoding].at_most_two_classes and kind.has_classes and classes > 2:
        raise UserError(
            f"{FILE}: train.target_encoding", f"two classes for {encoding}", f"{classes} classes"
        )
    return encoding


def _matched_encoding(params: Train, loss: str, kind: TaskKind, classes: int) -> str:
    if kind.has_labels:
        return "multi_hot"
    if LOSSES[loss].target == "code":
        return "integer"
    if LOSSES[loss].target == "one_hot" or params.output_units == classes:
        return "one_hot"
    return "one_hot" if params.output_units == "auto" and classes > 2 else "integer"


def _matched_activation(params: Train, kind: TaskKind, units: int) -> str:
    if kind.is_regression or params.from_logits:
        return "linear"
    return "sigmoid" if units == 1 or kind.has_labels else "softmax"


def _check_runs(contract: Contract) -> None:
    """Refuse the combinations for which Keras raises an error of shapes or labels."""
    loss, units, width = contract.loss_row, contract.units, contract.width
    if contract.label_smoothing and not (loss.smooths_labels and contract.classes):
        smoothing = [row.name for row in LOSSES.values() if row.smooths_labels]
        raise UserError(
            f"{FILE}: train.label_smoothing",
            f"0 but for {', '.join(smoothing)} of classes",
            f"{contract.label_smoothing} with {loss.name}",
        )
    if loss.target == "code":
        _check_codes(contract)
        return
    broadcast = loss.target == "any" and 1 in (units, width)
    if units != width and not broadcast:
        raise UserError(
            f"{FILE}: train.output_units",
            f"{width} for {loss.name} with target_encoding {contract.encoding}",
            f"{units}",
        )


def _check_codes(contract: Contract) -> None:
    """Refuse what is no integer class below the number of units."""
    if not contract.kind.has_classes:
        wanted = "numbers" if contract.kind.is_regression else "several labels a row"
        raise UserError(
            f"{FILE}: train.loss", f"a loss for {wanted}", f"{contract.loss}, which takes classes"
        )
    low, high = ENCODINGS[contract.encoding].numbers or (-1.0, 0.0)
    last = low + (contract.classes - 1) * (high - low)
    if contract.width != 1 or low < 0 or last >= contract.units:
        raise UserError(
            f"{FILE}: train.loss",
            f"target codes from 0 to output_units - 1 for {contract.loss}",
            f"target_encoding {contract.encoding}, {contract.classes} classes, "
            f"output_units {contract.units}",
        )
