"""A Keras model's configuration, checked as a stranger's data and written anew.

Keras builds what a configuration names, by module and class, so nothing of a file reaches Keras but
classes of `layers.MODULES`, each under the module that stands there, and plain values.
"""

from collections.abc import Iterator
from typing import Any

from stages.lib.core.errors import UserError, shown
from stages.lib.keras_fit.layers import LOOKUPS, MODELS, MODULES, NAMED, OPERATIONS
from stages.lib.params.section import FLOAT32_MAX

Config = dict[str, Any]

# Of mappings and lists in each other: a model in a model is some ten deeper.
MAX_DEPTH = 60
MAX_LAYERS = 1000
# Of a size, a count or an axis; a seed may be larger, and is dropped.
MAX_NUMBER = 2**24
MAX_TEXT, MAX_ENTRIES = 1000, 100_000
# What a message lists.
MOST_LISTED = 10
# Classes of a tensor that a layer is called with.
TENSOR = "__keras_tensor__"
# And of what stands in the brackets of h[:, 0].
_SLICES = {"__slice__": {"start", "stop", "step"}, "__ellipsis__": set[str]()}
# What becomes of a layer with a vocabulary.
BEFORE_FIT = "apply layers with a vocabulary to x before fit, and give the model their numbers"
# What stands beside a class and its configuration, and says nothing that Keras needs.
_KEPT = ("class_name", "config", "name", "inbound_nodes")
# Modules that built-in classes are told from: Keras', and where older releases had them.
_OF_KERAS = ("keras", "tensorflow.python.keras", "tensorflow.keras", "tf_keras", "builtins")


def checked_configuration(content: Any, where: str) -> Config:
    """A model's configuration with built-in classes only, without seeds.

    Args:
        content: as strict JSON gives it: class_name, config, and what else Keras writes.
        where: of the message.

    Raises:
        UserError: for what is no model's configuration, a class that is not one of Keras' own
            layers (all of them in one line), and sizes beyond any table's.
    """
    if not isinstance(content, dict) or content.get("class_name") not in MODELS:
        raise UserError(
            where,
            f"the configuration of a Keras model ({', '.join(MODELS)})",
            shown(content.get("class_name") if isinstance(content, dict) else content),
        )
    refused = list(dict.fromkeys(_refused(content, "", 0)))
    if refused:
        more = f"; and {len(refused) - MOST_LISTED} more" if len(refused) > MOST_LISTED else ""
        raise UserError(
            where,
            "Keras' own layers, as stages/lib/keras_fit/layers.py lists them",
            "; ".join(refused[:MOST_LISTED]) + more,
            BEFORE_FIT
            if any(name in line for line in refused for name in LOOKUPS)
            else "write them with built-in layers, or leave them out",
        )
    written: Config = _written(content)
    return written


def _refused(node: Any, layer: str, depth: int) -> Iterator[str]:
    """What a node cannot have, a few words each. layer: the name of the one that it is in."""
    of_layer = f"layer {shown(layer, 60)}: " if layer else ""
    if depth > MAX_DEPTH:
        yield f"{of_layer}more than {MAX_DEPTH} levels"
    elif isinstance(node, dict):
        if "class_name" in node:
            name = _name_of(node)
            layer = layer if name is None else name
            yield from _refused_class(node, layer)
        if len(node) > MAX_ENTRIES:
            yield f"{of_layer}a mapping of {len(node)} entries"
            return
        for key, value in node.items():
            if key == "seed" or (key == "compile_config" and not layer):
                continue
            if key == "vocabulary" and value is not None:
                yield f"{of_layer}a vocabulary"
            known = NAMED.get(key.rpartition("_")[2])
            if known is not None and isinstance(value, str) and value not in known:
                yield f"{of_layer}the {key} {shown(value, 60)}, which Keras has not"
            yield from _refused(value, layer, depth + 1)
    elif isinstance(node, list):
        if len(node) > MAX_ENTRIES:
            yield f"{of_layer}a list of {len(node)} entries"
            return
        for value in node:
            yield from _refused(value, layer, depth + 1)
    elif isinstance(node, str) and len(node) > MAX_TEXT:
        yield f"{of_layer}a text of {len(node)} characters"
    elif isinstance(node, int) and abs(node) > MAX_NUMBER:
        yield f"{of_layer}a number of {node:.3g}, above {MAX_NUMBER}"
    elif isinstance(node, float) and not abs(node) <= FLOAT32_MAX:
        yield f"{of_layer}a number that float32 does not hold"


def _name_of(node: Config) -> str | None:
    config = node.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) and node.get("class_name") != "DTypePolicy" else None


def _refused_class(node: Config, layer: str) -> Iterator[str]:
    kind, module = node["class_name"], node.get("module")
    of_layer = f"layer {shown(layer, 60)}: " if layer else ""
    if not isinstance(kind, str) or not isinstance(node.get("config"), dict):
        yield f"{of_layer}a class without a name or a configuration"
        return
    registered = node.get("registered_name")
    if registered not in (None, "", kind) or not _is_of_keras(module):
        place = f"of module {shown(module, 60)}" if registered in (None, "", kind) else "registered"
        yield f"{of_layer}{kind:.60}, a class of your own ({place})"
    elif kind == TENSOR:
        if not _is_end(node["config"].get("keras_history")):
            yield f"{of_layer}a tensor of no layer"
    elif kind in _SLICES:
        config = node["config"]
        if set(config) != _SLICES[kind] or not all(map(_is_place, config.values())):
            yield f"{of_layer}a slice of no places"
    elif _is_operation(module):
        if OPERATIONS.get(kind) != module:
            yield f"{of_layer}the operation {kind:.60}"
    elif kind not in MODULES:
        yield f"{of_layer}{kind:.60}"
    elif kind in MODELS and not _is_graph(node["config"]):
        yield f"{of_layer}{kind:.60} without a list of layers and the ends that it needs"


def _is_graph(config: Config) -> bool:
    """Whether it has what `graph.py` takes for granted of a model: layers, each a class with a
    configuration and a name, and the names of inputs and outputs as Keras writes them."""
    layers = config.get("layers")
    if not isinstance(layers, list) or not 1 <= len(layers) <= MAX_LAYERS:
        return False
    named = all(
        isinstance(layer, dict)
        and isinstance(layer.get("class_name"), str)
        and isinstance(layer.get("config"), dict)
        and isinstance(layer["config"].get("name", ""), str)
        for layer in layers
    )
    return named and all(
        _is_end(config[key]) for key in ("input_layers", "output_layers") if key in config
    )


def _is_end(node: Any) -> bool:
    """One [layer, node, tensor], or a list or a mapping of some."""
    if isinstance(node, dict):
        node = list(node.values())
    if not isinstance(node, list) or not node:
        return False
    entries = [node] if isinstance(node[0], str) else node
    return all(isinstance(end, list) and end and isinstance(end[0], str) for end in entries)


def _is_of_keras(module: Any) -> bool:
    if module is None:
        return True
    return isinstance(module, str) and any(
        module == one or module.startswith(f"{one}.") for one in _OF_KERAS
    )


def _is_place(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _is_operation(module: Any) -> bool:
    return isinstance(module, str) and module.startswith("keras.src.ops.")


def _written(node: Any) -> Any:
    """The node with nothing but what Keras needs, its classes where Keras has them, and no seed:
    each fit has one of its own."""
    if isinstance(node, list):
        return [_written(value) for value in node]
    if not isinstance(node, dict):
        return node
    if "class_name" not in node:
        return {key: None if key == "seed" else _written(value) for key, value in node.items()}
    kind = node["class_name"]
    if kind == TENSOR or kind in _SLICES:
        return {"class_name": kind, "config": _written(node["config"])}
    kept = {key: _written(node[key]) for key in _KEPT if key in node}
    operation = _is_operation(node.get("module"))
    module = OPERATIONS[kind] if operation else MODULES[kind]
    registered = kind if operation or kind == "Functional" else None
    if kind in ("Functional", "Model"):
        kept["class_name"], registered = "Functional", "Functional"
        module = "keras.src.models.functional"
    return kept | {"module": module, "registered_name": registered}
