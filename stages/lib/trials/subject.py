"""The run under diagnosis: the data, the program and what training left, as plain values."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import Card
from stages.lib.keras_fit.saved import Trained
from stages.lib.mlp.network import Network
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.params.edits import Sections
from stages.lib.transforms.state import NormalizationState
from stages.lib.trials.statistics import Design
from stages.lib.vocabulary.tasks import Task


@dataclass(frozen=True)
class Data:
    """What programs are trained on. card: as card.json. tables: the raw splits, features, targets,
    weights and groups."""

    card: Card
    tables: dict[str, pd.DataFrame]

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.card.task

    @property
    def targets(self) -> list[str]:
        """The names of the target columns."""
        return self.card.targets

    @property
    def groups(self) -> str | None:
        """The column of the tables with the codes of groups that stay together."""
        return self.card.groups

    @property
    def ordered(self) -> bool:
        """Whether the rows are in the order of time."""
        return self.card.time is not None

    def design(self, table: pd.DataFrame) -> Design:
        """The weights and groups of the rows of a raw table."""
        names = (getattr(self.card, key) for key in Design._fields)
        return Design(*(None if name is None else table[name].to_numpy() for name in names))

    def weights(self, tables: dict[str, pd.DataFrame]) -> dict[str, np.ndarray]:
        """How many rows each row of these tables stands for, float64 [rows], by split; empty
        without a column that says so."""
        if self.card.weights is None:
            return {}
        return {split: table[self.card.weights].to_numpy() for split, table in tables.items()}

    def counting(self, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """These tables without the rows that stand for none."""
        if self.card.weights is None:
            return tables
        return {split: table[table[self.card.weights] > 0] for split, table in tables.items()}


@dataclass(frozen=True)
class Subject(Data):
    """All that the diagnosis looks at. Tables and arrays are keyed by split.

    Attributes:
        sections: normalize and train of params.yaml, as plain values.
        x: float32 [rows, inputs].
        y: class codes or labels int32, or scaled numbers float64, [rows, targets].
        network: the trained one.
        history: one row per epoch.
        probes: one row per layer and probed epoch.
        predictions: as stages/train/predictions.py has them.
        bayes: what the best possible prediction costs on each row's own target, float64 [rows]
            by split, in the task's unit; empty where the law is not known.
    """

    sections: Sections
    state: NormalizationState
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    network: Trained
    history: pd.DataFrame
    probes: pd.DataFrame
    predictions: dict[str, pd.DataFrame]
    bayes: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def chain(self) -> Network:
        """The trained chain of layers. Only what is marked as looking inside asks for it, and that
        is not asked of a Keras model."""
        assert isinstance(self.network, TrainedNetwork)
        return self.network.network
