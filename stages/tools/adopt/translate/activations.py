"""Activations, as arguments of a layer and as layers of their own."""

import math
from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.vocabulary.activations import ACTIVATIONS, Activation
from stages.tools.adopt.translate.keras_object import KerasObject, brief, class_and_config
from stages.tools.adopt.translate.layers import axis_of_rows


def activation(layer: KerasObject) -> str:
    """The name in params.yaml of the activation that a layer has for an argument. Raises
    UserError."""
    value = layer.config.get("activation")
    name = value
    if isinstance(value, dict):
        is_function = value.get("class_name") == "function"
        name = value.get("config") if is_function else class_and_config(value)[0]
    row = ACTIVATIONS.get("linear" if name is None else name) if _is_name(name) else None
    if row is None:
        known = [row.name for row in ACTIVATIONS.values() if not row.alias_of]
        raise UserError(f"{layer.label}: activation", f"one of {', '.join(known)}", brief(value))
    return row.alias_of or row.name


def layer_activation(layer: KerasObject) -> str:
    """The name in params.yaml of the activation that a layer of its own is. Raises UserError."""
    rows = [row for row in ACTIVATIONS.values() if row.layer == layer.name]
    if not rows:
        return activation(layer)
    matching = rows
    for argument in rows[0].layer_arguments:
        wanted = {row.name: row.layer_arguments[argument] for row in matching}
        matching = [row for row in matching if _matches(row, argument, layer.config)]
        if not matching:
            values = " or ".join(dict.fromkeys(map(str, wanted.values())))
            raise UserError(
                f"{layer.label}: {argument}",
                f"{values}, as in {' or '.join(wanted)}",
                f"{_argument(rows[0], argument, layer.config)!r:.40}",
            )
    return matching[0].name


def _is_name(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _matches(row: Activation, argument: str, config: dict[str, Any]) -> bool:
    """Whether an argument of the layer has the value that this activation needs."""
    value, wanted = _argument(row, argument, config), row.layer_arguments[argument]
    if argument == "axis":
        value = axis_of_rows(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or wanted is None:
        return bool(value == wanted)
    # Keras keeps some arguments as float32.
    return math.isclose(value, wanted, rel_tol=1e-6)


def _argument(row: Activation, argument: str, config: dict[str, Any]) -> Any:
    """An argument of the layer, under its name of today or an older one; Keras' default where the
    configuration has none."""
    names = [argument, *(old for old, new in row.older_arguments.items() if new == argument)]
    values = [config[name] for name in names if config.get(name) is not None]
    if values:
        return values[0]
    return row.layer_defaults.get(argument, row.layer_arguments[argument])
