"""What the trained network says of each row, in the data's own terms."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.mlp import link
from stages.mlp.contract import Contract
from stages.mlp.fit import Score
from stages.mlp.network import predict
from stages.mlp.program import Program
from stages.transforms import frame


def predictions(
    outputs: np.ndarray, target: np.ndarray, contract: Contract, state: dict
) -> pd.DataFrame:
    """The target beside the prediction, one row a row, for outputs float64 [rows, units].

    Classification: `target` (class code) and probability_0, probability_1, ... Regression:
    `target` and `prediction`, in target units.
    """
    if contract.task == "regression":
        return pd.DataFrame(
            {
                "target": frame.invert_target(state, target)[:, 0],
                "prediction": frame.invert_target(state, link.values(outputs)),
            }
        )
    shares = link.probabilities(contract, outputs)
    columns = {f"probability_{k}": shares[:, k] for k in range(contract.classes)}
    return pd.DataFrame({"target": target[:, 0], **columns})


def predicted(
    program: Program,
    arrays: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    state: dict,
) -> Iterator[pd.DataFrame]:
    """The predictions of one split by the network with these arrays, some rows at a time."""
    for rows, outputs in predict(program.network, arrays, x):
        yield predictions(outputs, y[rows], program.contract, state)


def proper_loss(targets: dict[str, np.ndarray], contract: Contract, state: dict) -> Score:
    """The task's proper loss of outputs on some rows of a split, summed, whatever loss was trained.

    Classification: log loss in nats. Regression: squared error in squared target units.
    """
    if contract.task == "regression":

        def score(outputs: np.ndarray, split: str, rows: slice) -> float:
            predicted = frame.invert_target(state, link.values(outputs.astype("float64")))
            true = frame.invert_target(state, targets[split][rows])[:, 0]
            return float(link.squared_errors(predicted, true).sum())
    else:

        def score(outputs: np.ndarray, split: str, rows: slice) -> float:
            shares = link.probabilities(contract, outputs.astype("float64"))
            return float(link.log_losses(shares, targets[split][rows]).sum())

    return score
