"""From what the network puts out to what it says: probabilities or target values.

The outputs are taken as `model.predict` would give them, whatever loss trained them, so that every
program is judged by the same proper loss. The formulas need only functions that numpy and
keras.ops share, so the exported model computes the very same ones (`ops`).
"""

from types import ModuleType
from typing import Any

import numpy as np

from stages.lib.params.contract import Contract
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.lib.vocabulary.tasks import TaskKind

# Keras' own bound: a certain and wrong prediction costs -ln 1e-7 = 16.1 nats, not infinity.
EPSILON = 1e-7


def probabilities(contract: Contract, outputs: Any, ops: ModuleType = np) -> Any:
    """Probabilities of the classes, which sum to 1, or of the labels, each by itself, [rows,
    classes], from outputs float64 [rows, units]; NaN stays NaN.

    One unit a class: outputs clipped to [1e-7, 1] and divided by their sum. Otherwise the outputs
    estimate the number that the encoding writes for a class, and the probability is divided
    between the two classes next to that number: with integers 0 and 1 the output is the
    probability of class 1.
    """
    outputs = _apply_link(contract, outputs, ops)
    if contract.kind.has_labels:
        return _labels(contract, outputs, ops)
    encoding = ENCODINGS[contract.encoding]
    if encoding.is_one_hot or contract.loss_row.target == "code":
        if contract.units == 1:  # one unit for several classes says the same of each
            outputs = ops.repeat(outputs, contract.classes, axis=1)
        clipped = ops.clip(outputs, EPSILON, 1.0)
        # Codes counted from 1 train the units from 1 on; units beyond the classes keep their share.
        first = int(encoding.numbers[0]) if encoding.numbers else 0
        of_classes = clipped[:, first : first + contract.classes]
        return of_classes / ops.sum(clipped, axis=1, keepdims=True)
    low, high = _numbers(contract)
    code = (ops.mean(outputs, axis=1, keepdims=True) - low) / (high - low)
    codes = np.arange(contract.classes, dtype="float64")
    distance = ops.abs(ops.clip(code, 0.0, contract.classes - 1.0) - codes)
    shares = ops.clip(1.0 - distance, EPSILON, 1 - EPSILON)
    return shares / ops.sum(shares, axis=1, keepdims=True)


def _labels(contract: Contract, outputs: Any, ops: ModuleType) -> Any:
    """The output of a label's unit estimates the number that the encoding writes for it, and lies
    as far between those without and with the label as the label is probable."""
    if contract.units == 1:  # one unit for several labels says the same of each
        outputs = ops.repeat(outputs, contract.classes, axis=1)
    low, high = _numbers(contract)
    return ops.clip((outputs - low) / (high - low), EPSILON, 1 - EPSILON)


def _numbers(contract: Contract) -> tuple[float, float]:
    """What the loss takes for class 0 and class 1, or for a label that a row lacks and one that it
    has."""
    numbers = ENCODINGS[contract.encoding].numbers
    assert numbers is not None, contract.encoding
    # Keras' hinge losses take 0 and 1 for -1 and 1, unless a third class stands beside them.
    two = contract.kind.has_labels or contract.classes == 2
    recoded = contract.loss_row.reads == "margin" and numbers == (0.0, 1.0) and two
    return (-1.0, 1.0) if recoded else numbers


def _apply_link(contract: Contract, outputs: Any, ops: ModuleType) -> Any:
    """Logits as probabilities, where the program declares its outputs to be logits."""
    if contract.source_of_logits != "outputs":
        return outputs
    if not contract.loss_row.of_one_class:
        # Beyond 700 the exponential overflows; the probability is 0 or 1 long before.
        return 1.0 / (1.0 + ops.exp(-ops.clip(outputs, -700.0, 700.0)))
    shares = ops.exp(outputs - ops.max(outputs, axis=1, keepdims=True))
    return shares / ops.sum(shares, axis=1, keepdims=True)


def values(contract: Contract, outputs: Any, ops: ModuleType = np) -> Any:
    """The predicted (scaled) targets [rows, targets] of a regression: of one target the mean over
    the units, of several a unit each, or one unit for all."""
    if contract.targets == 1:
        return ops.mean(outputs, axis=1, keepdims=True)
    return ops.repeat(outputs, contract.targets, axis=1) if contract.units == 1 else outputs


def log_losses(kind: TaskKind, probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """-ln of the probability of what is true, nats, float64 [rows, targets]; NaN where a
    prediction is. target: class codes int [rows, 1], or labels int [rows, labels]."""
    if kind.has_labels:
        of_truth = np.where(target == 1, probability, 1 - probability)
    else:
        of_truth = np.take_along_axis(probability, target, axis=1)
    return np.asarray(-np.log(of_truth))


def squared_errors(predicted: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Squared differences of two [rows, targets] arrays, squared target units."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((predicted - target) ** 2)
