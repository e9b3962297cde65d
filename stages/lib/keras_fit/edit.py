"""Edits of a model's configuration, by the keys of `train.model`: each is one of every layer that
has the setting, and null leaves all as the model has them."""

import copy
from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.keras_fit.configuration import Config
from stages.lib.keras_fit.graph import (
    heads,
    layers_of,
    makers,
    output_activations,
    row_of,
    wrapped,
)
from stages.lib.params.initializer import Initializer
from stages.lib.params.model import ModelEdits
from stages.lib.params.reading import FILE
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.initializers import INITIALIZERS

# What Keras calls the activation that changes nothing.
LINEAR = "linear"


def edited_model(model: Config, edits: ModelEdits, output_activation: str | None) -> Config:
    """A copy of the configuration with the edits made.

    Args:
        model: as `checked_configuration` gives it.
        edits: the section `train.model`.
        output_activation: of the outputs; None as the model has it.

    Raises:
        UserError: naming the key, where no layer of the model has the setting.
    """
    changed = copy.deepcopy(model)
    ends, last = heads(changed), output_activations(changed)
    hidden = [layer for layer in layers_of(changed) if not _among(layer, last)]
    count: dict[str, int] = {}

    def change(layer: Config, key: str, argument: str, value: Any) -> None:
        layer["config"][argument] = value
        count[key] = count.get(key, 0) + 1

    for layer in layers_of(changed):
        row = row_of(layer)
        if row is None:
            continue
        if edits.kernel_initializer is not None and row.kernel:
            initializer = _initializer(edits.kernel_initializer)
            change(layer, "kernel_initializer", "kernel_initializer", initializer)
        if edits.dropout is not None and row.rate:
            change(layer, "dropout", row.rate, edits.dropout)
        if edits.l2 is not None and row.kernel:
            change(layer, "l2", "kernel_regularizer", _penalty(edits.l2))
        if edits.width is not None and row.width and not _among(layer, ends):
            units = max(1, round(layer["config"][row.width] * edits.width))
            change(layer, "width", row.width, units)
    if edits.activation is not None:
        for layer in hidden:
            if hidden_activation(layer) is not None:
                _set_activation(layer, edits.activation)
                count["activation"] = count.get("activation", 0) + 1
    if output_activation is not None:
        for layer in last:
            _set_activation(layer, output_activation)
            count["output_activation"] = count.get("output_activation", 0) + 1
    for key, value in edits.made.items():
        if value is not None and not count.get(key):
            raise UserError(
                f"{FILE}: train.model.{key}", "null: no layer of the model has this setting"
            )
    return changed


def hidden_activation(layer: Config) -> str | None:
    """The name of the activation that an edit may change, or None; a linear one is not one."""
    row = row_of(layer)
    if row is None or not (row.activation or row.is_activation):
        return None
    name = activation_of(layer)
    return None if name == LINEAR else name


def activation_of(layer: Config) -> str:
    """The name of a layer's activation in the vocabulary, or what Keras calls it."""
    row = row_of(layer)
    if row.is_activation and layer["class_name"] != "Activation":
        return _of_class(layer["class_name"])
    found = layer["config"].get("activation") or LINEAR
    if isinstance(found, dict):
        config = found.get("config")
        found = config if isinstance(config, str) else _of_class(found["class_name"])
    return str(found)


def _of_class(name: str) -> str:
    """The vocabulary's name of a class of keras.layers that is an activation, or that class."""
    if name == "ReLU":  # two rows, by its arguments
        return "relu"
    rows = ACTIVATIONS.values()
    return next((row.name for row in rows if row.layer == name), name)


def output_function(model: Config) -> str:
    """The row of ACTIVATIONS that makes the numbers of all outputs, or ''; linear where they go
    beyond every bound: a sum of which one part is linear, say."""
    ends, mixed = makers(model)
    found = {_function_of(layer) for layer in ends}
    if mixed:
        return LINEAR if LINEAR in found else ""
    [name, *others] = found or {""}
    return name if not others else ""


def _function_of(layer: Config) -> str:
    row = row_of(layer)
    if row is None:
        by_operation = {one.operation: one.name for one in ACTIVATIONS.values() if one.operation}
        return by_operation.get(layer["class_name"], "")
    inside = list(wrapped(layer))
    if inside:
        return _function_of(inside[0])
    if row.activation or row.is_activation:
        name = activation_of(layer)
        return name if name in ACTIVATIONS else ""
    # A normalization scales and shifts by what it learns.
    return LINEAR if layer["class_name"].endswith("Normalization") else ""


def _set_activation(layer: Config, name: str) -> None:
    """As text in the layer, or as a layer of its own in its place."""
    config = layer["config"]
    if row_of(layer).is_activation:
        kept = {key: config[key] for key in ("name", "dtype") if key in config}
        layer["class_name"], layer["config"] = "Activation", kept
    layer["config"]["activation"] = name


def _initializer(initializer: Initializer) -> Config:
    return {
        "class_name": INITIALIZERS[initializer.name].keras_class,
        "config": dict(initializer.arguments),
        "module": "keras.initializers",
        "registered_name": None,
    }


def _penalty(l2: float) -> Config | None:
    if not l2:
        return None
    return {
        "class_name": "L2",
        "config": {"l2": l2},
        "module": "keras.regularizers",
        "registered_name": None,
    }


def _among(layer: Config, layers: list[Config]) -> bool:
    """Whether it is one of these, or wrapped by one."""
    inside = [inner for other in layers for inner in (other, *wrapped(other))]
    return any(layer is other for other in inside)
