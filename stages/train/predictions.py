"""What the trained network says of each row, in the data's own terms."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from stages.lib.mlp import ensemble, link
from stages.lib.mlp.batches import Part
from stages.lib.mlp.fit import Score
from stages.lib.mlp.network import predict_each
from stages.lib.mlp.program import Program
from stages.lib.params.contract import Contract
from stages.lib.transforms import frame
from stages.lib.transforms.state import NormalizationState


def predictions(
    outputs: Sequence[np.ndarray],
    target: np.ndarray,
    contract: Contract,
    state: NormalizationState,
) -> pd.DataFrame:
    """The targets beside the predictions, one row a row, for the outputs float64 [rows, units] of
    each network.

    Classes: `target` (class code) and probability_0, probability_1, ... Labels: target_0,
    target_1, ... (1 where a row has the label, else 0) and probability_0, probability_1, ...
    Regression: `target` and `prediction`, or target_0, target_1, ... and prediction_0,
    prediction_1, ... of several targets, in target units.
    """
    predicted = ensemble.predictions(contract, state, outputs)
    if contract.kind.is_regression:
        true = _named("target", frame.invert_target(state, target))
        return pd.DataFrame(true | _named("prediction", predicted))
    columns = {f"probability_{k}": predicted[:, k] for k in range(contract.classes)}
    return pd.DataFrame(_named("target", target) | columns)


def _named(name: str, columns: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of an array by name, numbered if there are several."""
    if columns.shape[1] == 1:
        return {name: columns[:, 0]}
    return {f"{name}_{k}": column for k, column in enumerate(columns.T)}


def predicted(
    program: Program,
    arrays: Sequence[dict[str, np.ndarray]],
    part: Part,
    state: NormalizationState,
) -> Iterator[pd.DataFrame]:
    """The predictions of one split by the networks with these arrays, some rows at a time; beside
    them `weight`, if the rows have any."""
    for rows, outputs in predict_each(program.network, arrays, part.x):
        table = predictions(outputs, part.y[rows], program.contract, state)
        yield table if part.weights is None else table.assign(weight=part.weights[rows])


def proper_loss(parts: dict[str, Part], contract: Contract, state: NormalizationState) -> Score:
    """The task's proper loss of outputs on some rows of a split, summed, whatever loss was trained.

    Classification: log loss in nats, the mean over the labels. Regression: squared error in
    squared target units, the mean over the targets. Each row counts by its weight, in shares of the
    mean weight of its split, and never by its class's.
    """
    # Of each row its share of the split's mean weight, float64 [rows].
    relative = {
        name: part.weights / part.weights.mean()
        for name, part in parts.items()
        if part.weights is not None and len(part.weights)
    }

    def summed(losses: np.ndarray, split: str, rows: slice) -> float:
        """The rows' mean losses over their targets, summed; losses [rows, targets]."""
        with np.errstate(over="ignore"):
            of_rows = losses.mean(axis=1)
            if split in relative:
                of_rows = of_rows * relative[split][rows]
            return float(of_rows.sum())

    if contract.kind.is_regression:

        def score(outputs: np.ndarray, split: str, rows: slice) -> float:
            predicted = frame.invert_target(state, link.values(contract, outputs.astype("float64")))
            true = frame.invert_target(state, parts[split].y[rows])
            return summed(link.squared_errors(predicted, true), split, rows)
    else:

        def score(outputs: np.ndarray, split: str, rows: slice) -> float:
            shares = link.probabilities(contract, outputs.astype("float64"))
            losses = link.log_losses(contract.kind, shares, parts[split].y[rows])
            return summed(losses, split, rows)

    return score
