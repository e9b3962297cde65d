"""From what the network puts out to what it says: class probabilities or target values.

The outputs are taken as `model.predict` would give them, whatever loss trained them, so that every
program is judged by the same proper loss. numpy alone.
"""

import numpy as np

from stages.mlp.contract import SCALAR_ENCODINGS, Contract
from stages.mlp.losses import LOGIT_ACTIVATIONS

# Keras' own bound: a certain and wrong prediction costs -ln 1e-7 = 16.1 nats, not infinity.
EPSILON = 1e-7


def probabilities(contract: Contract, outputs: np.ndarray) -> np.ndarray:
    """Class probabilities float64 [rows, classes] from outputs [rows, units]; NaN stays NaN.

    One unit a class: outputs clipped to [1e-7, 1] and divided by their sum. Otherwise the outputs
    estimate the number that the encoding writes for a class, and the probability is divided
    between the two classes next to that number: with integers 0 and 1 the output is the
    probability of class 1.
    """
    outputs = _linked(contract, outputs.astype("float64"))
    if contract.encoding == "one_hot" or contract.loss == "sparse_categorical_crossentropy":
        if contract.units == 1:  # one unit for several classes says the same of each
            outputs = np.repeat(outputs, contract.classes, axis=1)
        clipped = np.clip(outputs, EPSILON, 1.0)
        return clipped[:, : contract.classes] / clipped.sum(axis=1, keepdims=True)
    low, high = SCALAR_ENCODINGS[contract.encoding]
    if "hinge" in contract.loss and contract.encoding == "integer" and contract.classes == 2:
        low, high = SCALAR_ENCODINGS["plus_minus_one"]  # as Keras' hinge recodes them
    code = (outputs.mean(axis=1, keepdims=True) - low) / (high - low)
    distance = np.abs(np.clip(code, 0, contract.classes - 1) - np.arange(contract.classes))
    shares = np.clip(1 - distance, EPSILON, 1 - EPSILON)
    return shares / shares.sum(axis=1, keepdims=True)


def _linked(contract: Contract, outputs: np.ndarray) -> np.ndarray:
    """Logits as probabilities, where the program declares its outputs to be logits."""
    logits = contract.from_logits and contract.activation not in LOGIT_ACTIVATIONS
    if not logits or not contract.loss_takes_logits:
        return outputs
    if contract.loss == "binary_crossentropy":
        return np.exp(-np.logaddexp(0, -outputs))
    return np.exp(outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True))


def values(outputs: np.ndarray) -> np.ndarray:
    """The predicted (scaled) target float64 [rows] of a regression: the mean over its units."""
    return outputs.astype("float64").mean(axis=1)


def log_loss(probability: np.ndarray, code: np.ndarray) -> float:
    """Mean -ln of the probability of the true class, nats; NaN if any prediction is."""
    return float(-np.log(np.take_along_axis(probability, code, axis=1)).mean())


def squared_error(predicted: np.ndarray, target: np.ndarray) -> float:
    """Mean squared difference of two [rows] arrays, squared target units."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(((predicted - target) ** 2).mean())
