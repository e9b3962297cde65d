"""data/model/network.json of a Keras model: the model as data, and how it was trained."""

from dataclasses import asdict, dataclass
from typing import Any

from stages.lib.artifacts.network import Training
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.keras_fit.model import ModelFile, parse_model
from stages.lib.mlp.saved import TrainedNetwork, parse_contract, parse_network
from stages.lib.params.contract import Contract

_MODEL = "model"


@dataclass(frozen=True)
class TrainedModel:
    """What network.json holds where Keras' fit trained.

    Attributes:
        file: the model as it was trained, edits made, and its inputs.
        contract: loss, output layer and target encoding.
        training: how the training went.
    """

    file: ModelFile
    contract: Contract
    training: Training

    def plain(self) -> dict[str, Any]:
        """As the file has it."""
        training = self.training.plain()
        return {
            "schema": training.pop("schema"),
            "contract": asdict(self.contract),
            _MODEL: self.file.plain(),
            **training,
        }


Trained = TrainedNetwork | TrainedModel


def read_trained(path: str) -> Trained:
    """The network or model of a file. Raises UserError naming it."""
    content = read_json(path)
    if not isinstance(content, dict) or _MODEL not in content:
        return parse_network(content, path)
    if content.get("schema") != 1:
        raise UserError(path, "schema 1")
    return TrainedModel(
        parse_model(content[_MODEL], path),
        parse_contract(content.get("contract"), f"{path}: contract"),
        validate(Training, content, path, "what `dvc repro` writes"),
    )
