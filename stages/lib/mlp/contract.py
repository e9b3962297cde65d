"""The contract between the data and the network: loss, output layer and target encoding.

`settle` fills in what params.yaml leaves to `auto`, matched to the task, and refuses only what
Keras cannot run either: every mismatch that trains is allowed, since it is what we diagnose.
"""

from dataclasses import dataclass

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.mlp.losses import LOGIT_ACTIVATIONS, LOSSES
from stages.lib.params import FILE
from stages.lib.params.train import Train

# The number that each encoding writes for class 0 and for class 1.
SCALAR_ENCODINGS = {
    "integer": (0.0, 1.0),
    "integer_from_one": (1.0, 2.0),
    "plus_minus_one": (-1.0, 1.0),
}
ENCODINGS = (*SCALAR_ENCODINGS, "one_hot", "multi_hot")
# Of a multilabel task, the number that each writes where a row lacks a label, and where it has it.
LABEL_ENCODINGS = {
    "multi_hot": (0.0, 1.0),
    "integer_from_one": SCALAR_ENCODINGS["integer_from_one"],
    "plus_minus_one": SCALAR_ENCODINGS["plus_minus_one"],
}

# The losses that smooth labels.
SMOOTHED = ("binary_crossentropy", "categorical_crossentropy")

MATCHED_LOSS = {
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
    "multilabel": "binary_crossentropy",
    "regression": "mean_squared_error",
}


@dataclass(frozen=True)
class Contract:
    """What the network is fed and asked for.

    classes: of a multilabel task the number of labels, of a regression 0. targets: the columns of
    the table that are predicted, one but for labels and several numbers. encoding: 'value' for a
    regression. `width` is the number of target columns that the network is fed.
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
    def width(self) -> int:
        return self.classes if self.encoding == "one_hot" else self.targets

    @property
    def loss_takes_logits(self) -> bool:
        """Whether the loss is computed from the inputs of the output activation."""
        loss = LOSSES[self.loss]
        return loss.logits and (self.from_logits or self.activation in LOGIT_ACTIVATIONS)

    def encode(self, target: np.ndarray) -> np.ndarray:
        """Class codes int [rows, 1], labels int [rows, labels] or scaled targets [rows, targets]
        as float32 [rows, width]."""
        if self.encoding == "value":
            return target.astype("float32")
        if self.encoding == "one_hot":
            return self._smoothed((target == np.arange(self.classes)).astype("float32"))
        low, high = (SCALAR_ENCODINGS | LABEL_ENCODINGS)[self.encoding]
        return self._smoothed((low + target * (high - low)).astype("float32"))

    def _smoothed(self, target: np.ndarray) -> np.ndarray:
        """The target's share `label_smoothing` spread evenly, as Keras' loss does it: over the
        classes, or for binary_crossentropy over yes and no."""
        if not self.label_smoothing:
            return target
        even = 0.5 if self.loss == "binary_crossentropy" else 1.0 / target.shape[1]
        share = np.float32(self.label_smoothing)
        return target * (1 - share) + share * np.float32(even)


def encodings(task: str) -> tuple[str, ...]:
    """What the targets of a task can be written as."""
    if task == "regression":
        return ("value",)
    return tuple(LABEL_ENCODINGS) if task == "multilabel" else (*SCALAR_ENCODINGS, "one_hot")


def settle(params: Train, task: str, classes: int, targets: int = 1) -> Contract:
    """The contract for this task of `targets` target columns (see Contract). Raises UserError for
    what cannot run, naming the key."""
    loss = MATCHED_LOSS[task] if params.loss == "auto" else params.loss
    encoding = _encoding(params, loss, task, classes)
    width = classes if encoding == "one_hot" else targets
    units = params.output_units
    if units == "auto":
        units = classes if LOSSES[loss].target == "code" and classes else width
    activation = params.output_activation
    if activation == "auto":
        activation = _matched_activation(params, task, units)
    contract = Contract(
        task,
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


def _encoding(params: Train, loss: str, task: str, classes: int) -> str:
    asked = params.target_encoding
    if task == "regression":
        if asked != "auto":
            raise UserError(
                f"{FILE}: train.target_encoding: expected auto for a regression. Received: {asked}"
            )
        return "value"
    known = ("auto", *encodings(task))
    if asked not in known:
        raise UserError(
            f"{FILE}: train.target_encoding: expected one of {', '.join(known)} for a {task} task. "
            f"Received: {asked}"
        )
    if task == "multilabel":
        return "multi_hot" if asked == "auto" else asked
    if asked == "plus_minus_one" and classes > 2:
        raise UserError(
            f"{FILE}: train.target_encoding: expected two classes for plus_minus_one. "
            f"Received: {classes} classes"
        )
    if asked != "auto":
        return asked
    if LOSSES[loss].target == "code":
        return "integer"
    if LOSSES[loss].target == "one_hot" or params.output_units == classes:
        return "one_hot"
    return "one_hot" if params.output_units == "auto" and classes > 2 else "integer"


def _matched_activation(params: Train, task: str, units: int) -> str:
    if task == "regression" or params.from_logits:
        return "linear"
    return "sigmoid" if units == 1 or task == "multilabel" else "softmax"


def _check_runs(contract: Contract) -> None:
    """Refuse the combinations for which Keras raises an error of shapes or labels."""
    kind, units, width = LOSSES[contract.loss].target, contract.units, contract.width
    if contract.label_smoothing and (contract.loss not in SMOOTHED or not contract.classes):
        raise UserError(
            f"{FILE}: train.label_smoothing: expected 0 but for {' and '.join(SMOOTHED)} of "
            f"classes. Received: {contract.label_smoothing} with {contract.loss}"
        )
    if kind == "code":
        if contract.task in ("regression", "multilabel"):
            wanted = "numbers" if contract.task == "regression" else "several labels a row"
            raise UserError(
                f"{FILE}: train.loss: expected a loss for {wanted}. "
                f"Received: {contract.loss}, which takes classes"
            )
        low, high = SCALAR_ENCODINGS.get(contract.encoding, (-1, 0))
        last = low + (contract.classes - 1) * (high - low)
        if width != 1 or low < 0 or last >= units:
            raise UserError(
                f"{FILE}: train.loss: expected target codes from 0 to output_units - 1 for "
                f"{contract.loss}. Received: target_encoding {contract.encoding}, "
                f"{contract.classes} classes, output_units {units}"
            )
        return
    broadcast = kind == "any" and 1 in (units, width)
    if units != width and not broadcast:
        raise UserError(
            f"{FILE}: train.output_units: expected {width} for {contract.loss} with "
            f"target_encoding {contract.encoding}. Received: {units}"
        )
