"""What a training leaves, whoever trained: what the stage writes and says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.params.train import Train
from stages.lib.transforms.state import NormalizationState


@dataclass(frozen=True)
class Given:
    """What a training starts from.

    Attributes:
        params: the section train, and `sections` the same as plain values.
        state: from columns to inputs.
        x: float32 [rows, inputs] by split; y: [rows, targets]; w: weights of the rows.
    """

    params: Train
    sections: dict[str, Any]
    state: NormalizationState
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    w: dict[str, np.ndarray]

    @property
    def arrays(self) -> list[np.ndarray]:
        """All of them."""
        return [*self.x.values(), *self.y.values(), *self.w.values()]


@dataclass(frozen=True)
class Result:
    """What a training leaves.

    Attributes:
        network: the content of network.json.
        arrays: the kept weights by name.
        predictions: the tables of each split, some rows at a time.
        history: a row per epoch.
        probes: a row per layer and probed epoch; none where nothing looks into layers.
        remarks: for the terminal, a line each.
    """

    network: dict[str, Any]
    arrays: dict[str, np.ndarray]
    predictions: dict[str, Iterator[pd.DataFrame]]
    history: list[dict[str, float]]
    probes: pd.DataFrame
    remarks: list[str]
