"""Whether there is anything to learn: does any reference model beat a shuffle of the target?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.diagnose.floor.permutation import permutation_p_values, row_orders
from stages.diagnose.floor.predictors import Predictor, row_losses
from stages.diagnose.floor.references import CONSTANT
from stages.diagnose.floor.rows import EncodedRows
from stages.lib.trials.statistics import mean

MAX_PERMUTED_ROWS = 3_000
PERMUTATIONS = 9_999
# Below the usual 5 %: to call noise a signal sends its reader after a loss that no edit removes,
# and a signal worth an edit has a p-value far below either. After Bonferroni for three references
# the smallest attainable p-value is 0.0003, so 1 % is within reach.
ALPHA = 0.01


@dataclass(frozen=True)
class Signal:
    """The test of "the inputs say something of the target". p_value: after Bonferroni over the
    references. reference: the one with the smallest p-value (of several, the smallest loss)."""

    p_value: float
    permutations: int
    reference: str
    found: bool


def find_signal(
    predictors: dict[str, list[Predictor]], held_out: EncodedRows, rng: np.random.Generator
) -> Signal:
    """Whether any reference predicts the held-out rows (validation and test) better than it
    predicts a shuffle of them. Rows beyond 3,000 are left out at random.

    predictors: the fitted references by name, one for each target.
    """
    held_out = held_out.sample(MAX_PERMUTED_ROWS, rng)
    if held_out.groups is not None:
        held_out = _of_like_sizes(held_out, held_out.groups, rng)
    predictions = {
        name: [predict(held_out.x) for predict in own]
        for name, own in predictors.items()
        if name != CONSTANT
    }
    p_values = permutation_p_values(
        predictions, held_out.target, PERMUTATIONS, row_orders(held_out, rng), held_out.weights
    )
    losses = {
        name: np.mean(
            [
                mean(row_losses(*pair), held_out.weights)
                for pair in zip(own, held_out.per_target(), strict=True)
            ]
        )
        for name, own in predictions.items()
    }
    best = min(p_values, key=lambda name: (p_values[name], losses[name]))
    p_value = min(1.0, len(p_values) * p_values[best])
    return Signal(p_value, PERMUTATIONS, best, p_value < ALPHA)


def _of_like_sizes(rows: EncodedRows, codes: np.ndarray, rng: np.random.Generator) -> EncodedRows:
    """Of each group (codes [rows]) as many rows, drawn at random, as the largest power of two that
    it has, so that many groups are of one size and can be told from each other by a shuffle."""
    drawn = rng.permutation(len(rows.target))
    groups = pd.Series(codes[drawn])
    sizes = groups.groupby(groups).transform("size")
    keep = groups.groupby(groups).cumcount() < 2 ** np.floor(np.log2(sizes))
    return rows.take(np.sort(drawn[keep.to_numpy()]))
