"""Activations, as arguments of a layer and as layers of their own."""

import math
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.vocabulary.activations import ACTIVATIONS, Activation
from stages.tools.adopt.translate.keras_object import KerasObject, brief, class_and_config, number
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
    if row is None or row.trained:
        rows = ACTIVATIONS.values()
        known = [row.name for row in rows if not row.alias_of and not row.trained]
        raise UserError(f"{layer.label}: activation", f"one of {', '.join(known)}", brief(value))
    return row.alias_of or row.name


def layer_activation(layer: KerasObject) -> str | dict[str, Any]:
    """The activation that a layer of its own is, as params.yaml has it: its name, or a mapping of
    its name and arguments. Raises UserError."""
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
                brief(_argument(rows[0], argument, layer.config)),
            )
    row = matching[0]
    return _with_arguments(row, layer)


def _with_arguments(row: Activation, layer: KerasObject) -> str | dict[str, Any]:
    arguments = {}
    for key in row.arguments:
        where = f"{layer.label}: {key}"
        # Keras keeps some arguments as float32, and hands on 0.30000001192092896 for 0.3.
        value = float(str(np.float32(number(_argument(row, key, layer.config), where))))
        if key in row.above and not value > row.above[key]:
            raise UserError(where, f"a number > {row.above[key]:g}", f"{value:g}")
        arguments[key] = value
    return row.name if arguments == row.arguments else {"name": row.name, **arguments}


def _is_name(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _matches(row: Activation, argument: str, config: dict[str, Any]) -> bool:
    """Whether an argument of the layer has the value that this activation needs."""
    value, wanted = _argument(row, argument, config), row.layer_arguments[argument]
    if argument == "axis":
        value = axis_of_rows(value)
    if isinstance(wanted, str):
        return class_and_config(value)[0] == wanted
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
    return row.layer_defaults.get(argument, {**row.arguments, **row.layer_arguments}.get(argument))
