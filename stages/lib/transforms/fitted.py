"""The recipe: a normalization fitted on the training split, and applied to every split."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import Card
from stages.lib.params.normalize import Normalize
from stages.lib.transforms import frame
from stages.lib.transforms.state import NormalizationState


@dataclass(frozen=True)
class Normalized:
    """Normalized splits.

    Attributes:
        state: what was fitted on the training split.
        x: the inputs of each split, float32 [rows, inputs].
        y: the targets of each split: class codes int32 [rows, 1], labels int32 [rows, labels], or
            scaled numbers float64 [rows, targets].
    """

    state: NormalizationState
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]


def normalize_splits(
    tables: Mapping[str, pd.DataFrame], card: Card, params: Normalize
) -> Normalized:
    """Fit on the raw training split and apply to every split, all of them in memory.

    (The stage normalize does the same block by block, for tables that do not fit.)

    Raises:
        UserError: params name a column that the data lack, or one of text.
    """
    state = frame.fit(tables["train"], card, params)
    return Normalized(
        state,
        {
            split: frame.apply(state, table, 0 if split == "train" else None)
            for split, table in tables.items()
        },
        {split: frame.apply_target(state, table) for split, table in tables.items()},
    )
