"""What the trained network says of each row, in the data's own terms."""

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
    x: dict[str, np.ndarray],
    y: dict[str, np.ndarray],
    state: dict,
) -> dict[str, pd.DataFrame]:
    """The predictions of every split, by the network with these arrays."""
    return {
        name: predictions(
            predict(program.network, arrays, x[name]), y[name], program.contract, state
        )
        for name in x
    }


def proper_loss(targets: dict[str, np.ndarray], contract: Contract, state: dict) -> Score:
    """The task's proper loss of outputs on a split, whatever loss was trained.

    Classification: log loss in nats. Regression: mean squared error in squared target units.
    """
    if contract.task == "regression":
        true = {name: frame.invert_target(state, y)[:, 0] for name, y in targets.items()}

        def score(outputs: np.ndarray, split: str) -> float:
            predicted = frame.invert_target(state, link.values(outputs.astype("float64")))
            return link.squared_error(predicted, true[split])
    else:

        def score(outputs: np.ndarray, split: str) -> float:
            shares = link.probabilities(contract, outputs.astype("float64"))
            return link.log_loss(shares, targets[split])

    return score
