"""A trained network from its files' contents: network.json and weights.npz."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any, get_type_hints

from stages.lib.core.errors import UserError
from stages.lib.mlp.network import Layer, Network
from stages.lib.params.contract import Contract
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.encodings import ENCODINGS, encodings
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.tasks import KINDS

# Weights of one network; 2^31 float32 are 8 GiB.
MAX_PARAMETERS = 2**31

_NAMES: dict[str, Collection[str]] = {
    "activation": ACTIVATIONS,
    "batch_normalization": ("none", "before_activation", "after_activation"),
    "encoding": ENCODINGS,
    "loss": LOSSES,
    "task": KINDS,
}


def rebuilt(described: Any) -> tuple[Network, Contract]:
    """The network and contract that `Program.described` wrote.

    Every key, type and name is checked against the tables. Raises UserError for a file that is
    not ours.
    """
    where = "network.json"
    if not isinstance(described, dict) or described.get("schema") != 1:
        raise UserError(where, "schema 1")
    layers = described.get("layers")
    if not isinstance(layers, list) or not layers:
        raise UserError(f"{where}: layers", "a list")
    network = Network(tuple(_parse(Layer, one, f"{where}: layers") for one in layers))
    contract = _parse(Contract, described.get("contract"), f"{where}: contract")
    if contract.encoding not in encodings(contract.kind):
        raise UserError(
            f"{where}: contract", f"an encoding of a {contract.task} task", f"{contract.encoding}"
        )
    chained = all(
        before.units == after.inputs
        for before, after in zip(network.layers[:-1], network.layers[1:], strict=True)
    )
    if not chained or network.layers[-1].units != contract.units:
        raise UserError(f"{where}: layers", "the units of each to be the inputs of the next")
    if sum(network.sizes) > MAX_PARAMETERS:
        raise UserError(where, f"at most {MAX_PARAMETERS} weights")
    return network, contract


def _parse(kind: type, given: Any, where: str) -> Any:
    """A dataclass from a mapping of exactly its fields, each of exactly its type."""
    names = {field.name for field in fields(kind)}
    if not isinstance(given, dict) or set(given) != names:
        raise UserError(where, f"the keys {', '.join(sorted(names))}")
    for name, hint in get_type_hints(kind).items():
        value = given[name]
        counts = hint is int and isinstance(value, int) and 0 <= value <= MAX_PARAMETERS
        if type(value) is not hint or (hint is int and not counts):
            raise UserError(f"{where}: {name}", f"{hint.__name__}", f"{value!r:.80}")
        if name in _NAMES and value not in _NAMES[name]:
            raise UserError(
                f"{where}: {name}", f"one of {', '.join(_NAMES[name])}", f"{value!r:.80}"
            )
    return kind(**given)
