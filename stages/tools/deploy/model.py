"""The trained network with the normalization of its inputs and targets, as both were written."""

from dataclasses import dataclass

import numpy as np

from stages.lib.core.array_files import read_arrays
from stages.lib.core.errors import UserError
from stages.lib.mlp.network import Network
from stages.lib.mlp.saved import read_network
from stages.lib.params.contract import Contract
from stages.lib.transforms.state import NormalizationState
from stages.lib.transforms.stored import FILE, read_state

NETWORK = "data/model/network.json"


@dataclass(frozen=True)
class Model:
    """What predicts.

    Attributes:
        state: from rows of a table to the network's inputs, and from its outputs to targets.
        network, contract: of network.json.
        arrays: the weights by name, float32.
    """

    state: NormalizationState
    network: Network
    contract: Contract
    arrays: dict[str, np.ndarray]


def read_model() -> Model:
    """The model of data/model/ and data/normalized/.

    Raises:
        UserError: a file is missing or not ours, or the two are not of one run.
    """
    state, trained = read_state(), read_network(NETWORK)
    network, contract = trained.network, trained.contract
    of_state = {
        "inputs": len(state.inputs),
        "task": state.task.kind.name,
        "classes": len(state.classes),
        "targets": len(state.targets),
    }
    of_network = {
        "inputs": network.layers[0].inputs,
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
    arrays = read_arrays("data/model/weights.npz", network.arrays | network.moving_arrays)
    return Model(state, network, contract, arrays)
