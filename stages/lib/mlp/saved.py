"""data/model/network.json: the trained network, rebuilt."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_origin, get_type_hints

from stages.lib.artifacts.network import Training
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import validate
from stages.lib.mlp import ensemble
from stages.lib.mlp.network import Layer, Network
from stages.lib.params.contract import MAX_PARAMETERS, Contract
from stages.lib.params.layer import PLACES
from stages.lib.params.messages import Mistake
from stages.lib.params.named import check_number
from stages.lib.params.train import MAX_MEMBERS
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.encodings import ENCODINGS, encodings
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.tasks import KINDS

_ARGUMENTS = "activation_arguments"
_MEMBERS = "members"
_NAMES: dict[str, Collection[str]] = {
    "activation": ACTIVATIONS,
    "batch_normalization": PLACES,
    "layer_normalization": PLACES,
    "encoding": ENCODINGS,
    "loss": LOSSES,
    "task": KINDS,
}


@dataclass(frozen=True)
class TrainedNetwork:
    """What network.json holds: a network, what it is fed and asked for, and how it was trained.

    Attributes:
        network: its layers.
        contract: loss, output layer and target encoding.
        training: how the training went.
        members: so many such networks were trained, whose predictions are averaged.
    """

    network: Network
    contract: Contract
    training: Training
    members: int = 1

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From the inputs to the output."""
        return self.network.layers

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the arrays of weights.npz, by name."""
        of_one = self.network.every_array
        if self.members == 1:
            return of_one
        return {
            ensemble.member_name(member, name): shape
            for member in range(self.members)
            for name, shape in of_one.items()
        }

    def plain(self) -> dict[str, Any]:
        """As the file has it."""
        training = self.training.plain()
        return {
            "schema": training.pop("schema"),
            **({_MEMBERS: self.members} if self.members > 1 else {}),
            "contract": asdict(self.contract),
            "layers": [
                asdict(layer) | {_ARGUMENTS: dict(layer.activation_arguments)}
                for layer in self.layers
            ],
            **training,
        }


def parse_network(content: Any, where: str) -> TrainedNetwork:
    """The network of the content of network.json.

    Every key, type and name is checked against the tables. Raises UserError, with this name, for a
    content that is not ours.
    """
    if not isinstance(content, dict) or content.get("schema") != 1:
        raise UserError(where, "schema 1")
    training = validate(Training, content, where, "what `dvc repro` writes")
    layers = content.get("layers")
    if not isinstance(layers, list) or not layers:
        raise UserError(f"{where}: layers", "a list")
    network = Network(tuple(_layer(layer, f"{where}: layers") for layer in layers))
    contract = parse_contract(content.get("contract"), f"{where}: contract")
    chained = all(
        before.units == after.inputs
        for before, after in zip(network.layers[:-1], network.layers[1:], strict=True)
    )
    if not chained or network.layers[-1].units != contract.units:
        raise UserError(f"{where}: layers", "the units of each to be the inputs of the next")
    if sum(network.sizes) > MAX_PARAMETERS:
        raise UserError(where, f"at most {MAX_PARAMETERS} weights")
    members = content.get(_MEMBERS, 1)
    if type(members) is not int or not 1 <= members <= MAX_MEMBERS:
        expected = f"a whole number from 1 to {MAX_MEMBERS}"
        raise UserError(f"{where}: {_MEMBERS}", expected, f"{members!r:.80}")
    return TrainedNetwork(network, contract, training, members)


def parse_contract(content: Any, where: str) -> Contract:
    """A contract from its mapping. Raises UserError, with this name."""
    contract: Contract = _parse(Contract, content, where)
    if contract.encoding not in encodings(contract.kind):
        raise UserError(where, f"an encoding of a {contract.task} task", f"{contract.encoding}")
    return contract


def _layer(content: Any, where: str) -> Layer:
    """A layer from its mapping, in which the activation's arguments are one too."""
    arguments = content.get(_ARGUMENTS) if isinstance(content, dict) else None
    without = content | {_ARGUMENTS: ()} if isinstance(arguments, dict) else content
    layer: Layer = _parse(Layer, without, where)
    row = ACTIVATIONS[layer.activation]
    if not isinstance(arguments, dict) or set(arguments) != set(row.arguments):
        expected = ", ".join(row.arguments) or "none"
        raise UserError(f"{where}: {_ARGUMENTS}", f"those of {row.name}: {expected}")
    for key, value in arguments.items():
        try:
            check_number(key, value, above=row.above.get(key))
        except Mistake as mistake:
            raise UserError(f"{where}: {key}", *mistake.args) from None
    return replace(layer, activation_arguments=tuple((k, arguments[k]) for k in row.arguments))


def _parse(kind: type, content: Any, where: str) -> Any:
    """A dataclass from a mapping of exactly its fields, each of exactly its type."""
    names = {field.name for field in fields(kind)}
    if not isinstance(content, dict) or set(content) != names:
        raise UserError(where, f"the keys {', '.join(sorted(names))}")
    for name, hint in get_type_hints(kind).items():
        value = content[name]
        counts = hint is int and isinstance(value, int) and 0 <= value <= MAX_PARAMETERS
        if type(value) is not (get_origin(hint) or hint) or (hint is int and not counts):
            expected = "a mapping" if name == _ARGUMENTS else hint.__name__
            raise UserError(f"{where}: {name}", expected, f"{value!r:.80}")
        if name in _NAMES and value not in _NAMES[name]:
            raise UserError(
                f"{where}: {name}", f"one of {', '.join(_NAMES[name])}", f"{value!r:.80}"
            )
    return kind(**content)
