"""The run under diagnosis: the data, the program and what training left, as plain values."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Data:
    """What programs are trained on. card: as card.json. tables: the raw splits, features and
    target."""

    card: dict
    tables: dict[str, pd.DataFrame]

    @property
    def task(self) -> str:
        """binary, multiclass or regression."""
        return self.card["task"]


@dataclass(frozen=True)
class Subject(Data):
    """All that the diagnosis looks at. Tables and arrays are keyed by split.

    sections: the sections normalize and train of params.yaml, as plain values. state:
    normalization.json. x: float32 [rows, inputs]; y: int32 class codes or the float64 scaled
    target, [rows, 1]. network: network.json. history and probes: one row an epoch, and one a layer
    and probed epoch. predictions: target beside probability_0, probability_1, ... or prediction.
    """

    sections: dict[str, dict]
    state: dict
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    network: dict
    history: pd.DataFrame
    probes: pd.DataFrame
    predictions: dict[str, pd.DataFrame]
