"""The trained network with the normalization of its inputs and targets, as both were written."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.lib.core.array_files import read_arrays
from stages.lib.core.errors import UserError
from stages.lib.keras_fit import deployed
from stages.lib.keras_fit.build import weight_shapes
from stages.lib.keras_fit.saved import Trained, read_trained
from stages.lib.mlp import ensemble
from stages.lib.mlp.keras_model import keras_model
from stages.lib.mlp.network import predict_each
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.params.contract import Contract
from stages.lib.transforms.state import NormalizationState
from stages.lib.transforms.stored import FILE, read_state

NETWORK = "data/model/network.json"


@dataclass(frozen=True)
class Model:
    """What predicts.

    Attributes:
        state: from rows of a table to the network's inputs, and from its outputs to targets.
        trained: of network.json, a chain of layers or a Keras model.
        arrays: the weights by name, float32, of all networks whose predictions are averaged.
    """

    state: NormalizationState
    trained: Trained
    arrays: dict[str, np.ndarray]

    @property
    def contract(self) -> Contract:
        """Loss, output layer and target encoding."""
        return self.trained.contract

    def predictions(self, x: np.ndarray) -> np.ndarray:
        """Of rows x, float32 [rows, inputs]: probabilities of the classes or labels, float64 [rows,
        classes], or values in target units, float64 [rows, targets]."""
        if isinstance(self.trained, TrainedNetwork):
            blocks = [
                ensemble.predictions(self.contract, self.state, outputs)
                for _, outputs in predict_each(self.trained.network, self._each(self.trained), x)
            ]
            return np.concatenate(blocks)
        outputs = deployed.outputs(self.trained, self.arrays, self.state, x)
        return ensemble.predictions(self.contract, self.state, [outputs])

    def keras(self) -> Any:
        """A Keras model from raw rows to predictions."""
        if isinstance(self.trained, TrainedNetwork):
            each = self._each(self.trained)
            return keras_model(self.trained.network, self.contract, each, self.state)
        return deployed.with_raw_inputs(self.trained, self.arrays, self.state)

    def _each(self, trained: TrainedNetwork) -> list[dict[str, np.ndarray]]:
        """The weights of each of the networks."""
        return ensemble.parted(self.arrays, trained.network.every_array, trained.members)


def read_model() -> Model:
    """The model of data/model/ and data/normalized/.

    Raises:
        UserError: a file is missing or not ours, or the two are not of one run.
    """
    state, trained = read_state(), read_trained(NETWORK)
    contract = trained.contract
    of_state = {
        "inputs": len(state.inputs),
        "task": state.task.kind.name,
        "classes": len(state.classes),
        "targets": len(state.targets),
    }
    of_network = {
        "inputs": _inputs(trained),
        "task": contract.task,
        "classes": contract.classes,
        "targets": contract.targets,
    }
    for key, value in of_network.items():
        if of_state[key] != value:
            raise UserError(
                f"{FILE}: {key}",
                f"{value}, as {NETWORK} has it",
                of_state[key],
                "run `dvc repro`, so that both are of one run",
            )
    return Model(state, trained, read_arrays("data/model/weights.npz", _shapes(trained)))


def _inputs(trained: Trained) -> int:
    """How many it takes."""
    if isinstance(trained, TrainedNetwork):
        return trained.network.layers[0].inputs
    return len(trained.file.columns)


def _shapes(trained: Trained) -> dict[str, tuple[int, ...]]:
    """Of the weights by name."""
    if isinstance(trained, TrainedNetwork):
        return trained.shapes
    return weight_shapes(trained.file.model)
