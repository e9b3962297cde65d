"""The layers of a configuration, what each is called with, and which of them end the model."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from stages.lib.keras_fit.configuration import TENSOR, Config
from stages.lib.keras_fit.layers import LAYERS, MIXES, MODELS, MODULES, PASSES


def layers_of(model: Config) -> Iterator[Config]:
    """Every layer with its class and configuration, also those in a model that is a layer and those
    that a layer wraps, in their order; operations too."""
    for layer in model["config"].get("layers", []):
        if layer["class_name"] in MODELS:
            yield from layers_of(layer)
            continue
        yield layer
        yield from wrapped(layer)


def wrapped(layer: Config) -> Iterator[Config]:
    """The layers that this one wraps."""
    row = row_of(layer)
    for key in row.wraps if row else ():
        inner = layer["config"].get(key)
        if isinstance(inner, dict) and "class_name" in inner:
            yield inner
            yield from wrapped(inner)


def row_of(layer: Config) -> Any:
    """The row of LAYERS, or None for an operation."""
    if layer.get("module", MODULES["Dense"]) != MODULES["Dense"]:
        return None
    return LAYERS.get(layer["class_name"])


def heads(model: Config) -> list[Config]:
    """The layers with a width that nothing but layers without one follows: they make the outputs.
    Their units are not to be changed."""
    return list(_ends(model, lambda layer: _has_width(layer)))


def output_activations(model: Config) -> list[Config]:
    """The layers whose activation is that of an output; none for an output that has none, such as a
    sum."""
    last = list(_ends(model, lambda layer: not passes(layer)))
    return [layer for layer in last if _has_activation(layer)]


def makers(model: Config) -> tuple[list[Config], bool]:
    """The layers and operations that make the numbers of the outputs, behind those that pass or mix
    them, and whether any mixes them."""
    mixed: list[Config] = []

    def stops(layer: Config) -> bool:
        if layer["class_name"] in MIXES:
            mixed.append(layer)
            return False
        return not passes(layer)

    return list(_ends(model, stops)), bool(mixed)


def passes(layer: Config) -> bool:
    """Whether it gives on the numbers of its input as they are."""
    if layer["class_name"] == "Activation":
        return layer["config"].get("activation") in (None, "linear")
    return layer["class_name"] in PASSES


def outputs(model: Config) -> int:
    """How many outputs it has."""
    return len(_references(model, "output_layers"))


def input_names(model: Config) -> list[str]:
    """The names of its inputs, in the order in which the model takes them."""
    if model["class_name"] == "Sequential":
        first = model["config"]["layers"][0]
        return [str(first["config"].get("name", ""))]
    return [name for name, *_ in _references(model, "input_layers")]


def looked_up(model: Config) -> list[str]:
    """The inputs whose numbers are names of something: a layer looks them up, with at most layers
    without weights between."""
    followers = _followers(model)
    return [name for name in input_names(model) if _is_looked_up(name, followers, set())]


def _is_looked_up(name: str, followers: dict[str, list[Config]], seen: set[str]) -> bool:
    for layer in followers.get(name, []):
        row, its_name = row_of(layer), layer["config"].get("name", "")
        if row is not None and row.looks_up:
            return True
        passes = row is None or not (_has_width(layer) or row.wraps)
        if passes and its_name not in seen and len(_called_with(layer)) < 2:
            seen.add(its_name)
            if _is_looked_up(its_name, followers, seen):
                return True
    return False


def _followers(model: Config) -> dict[str, list[Config]]:
    """By a layer's name, the layers that are called with what it gives."""
    found: dict[str, list[Config]] = {}
    layers = model["config"].get("layers", [])
    if model["class_name"] == "Sequential":
        for before, after in pairwise(layers):
            found.setdefault(str(before["config"].get("name", "")), []).append(after)
        return found
    for layer in layers:
        for name in _called_with(layer):
            found.setdefault(name, []).append(layer)
    return found


def _ends(model: Config, stops: Any) -> Iterator[Config]:
    """Going back from the outputs, the first layers on each way at which `stops` is true."""
    layers = model["config"].get("layers", [])
    if model["class_name"] == "Sequential":
        for layer in reversed(layers):
            if layer["class_name"] in MODELS:
                yield from _ends(layer, stops)
                return
            if stops(layer):
                yield layer
                return
        return
    by_name = {layer["config"].get("name", layer.get("name")): layer for layer in layers}
    todo = [name for name, *_ in _references(model, "output_layers")]
    seen: set[str] = set()
    while todo:
        name = todo.pop(0)
        layer = by_name.get(name)
        if layer is None or name in seen:
            continue
        seen.add(name)
        if layer["class_name"] in MODELS:
            yield from _ends(layer, stops)
        elif stops(layer):
            yield layer
        else:
            todo += _called_with(layer)


def _has_width(layer: Config) -> bool:
    row = row_of(layer)
    if row is None:
        return False
    return bool(row.width) or any(_has_width(inner) for inner in wrapped(layer))


def _has_activation(layer: Config) -> bool:
    row = row_of(layer)
    return row is not None and (row.activation or row.is_activation)


def _references(model: Config, key: str) -> list[list[Any]]:
    """Of a functional model its inputs or outputs as [layer, node, tensor]; one is not always in a
    list, and several may stand by name."""
    entries = model["config"].get(key)
    if isinstance(entries, dict):
        entries = list(entries.values())
    if isinstance(entries, list) and entries and isinstance(entries[0], str):
        return [entries]
    return [entry for entry in entries or [] if isinstance(entry, list) and entry]


def _called_with(layer: Config) -> list[str]:
    """The names of the layers whose outputs it is called with."""
    return list(_names(layer.get("inbound_nodes", [])))


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("class_name") == TENSOR:
            yield str(node["config"].get("keras_history", [""])[0])
            return
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        # Keras 2 wrote ["dense", 0, 0, {}].
        if len(node) >= 3 and isinstance(node[0], str) and isinstance(node[1], int):
            yield node[0]
            return
        for value in node:
            yield from _names(value)
