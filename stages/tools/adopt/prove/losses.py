"""The task's proper loss of what a run was measured to put out, whatever loss it trained."""

import numpy as np

from stages.lib.mlp.link import log_losses, probabilities, squared_errors, values
from stages.lib.params.contract import Contract
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.tools.adopt.prove.runs import Rows


def proper_loss(contract: Contract, rows: Rows, only: np.ndarray | None = None) -> float:
    """The mean over rows and targets: nats, or squared target units; infinite where an output is
    not finite.

    Args:
        contract: of the program that was run.
        rows: what was measured.
        only: which rows count, bool [rows]; None for all.
    """
    y, outputs, weights = rows.y, rows.outputs, rows.weights
    if only is not None:
        y, outputs = y[only], outputs[only]
        weights = None if weights is None else weights[only]
    if not np.isfinite(outputs).all():
        return float("inf")
    if contract.kind.is_regression:
        losses = squared_errors(values(contract, outputs), y)
    else:
        losses = log_losses(contract.kind, probabilities(contract, outputs), codes(contract, y))
    return float(np.average(losses.mean(axis=1), weights=weights))


def codes(contract: Contract, y: np.ndarray) -> np.ndarray:
    """Class codes or labels int [rows, targets] of targets as fit was given them."""
    encoding = ENCODINGS[contract.encoding]
    if encoding.is_one_hot:
        return y.argmax(axis=1)[:, None]
    assert encoding.numbers is not None
    low, high = encoding.numbers
    return np.asarray(np.round((y - low) / (high - low)), dtype="int64")


def plain_target(contract: Contract, y: np.ndarray) -> np.ndarray:
    """Targets float64 [rows, targets], whatever they are encoded as: classes as numbers from 0."""
    return y if contract.kind.is_regression else codes(contract, y).astype("float64")
