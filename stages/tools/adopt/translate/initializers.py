"""Initializers and the penalties of a Dense layer's kernel."""

from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.vocabulary.initializers import INITIALIZERS, Initializer
from stages.lib.vocabulary.regularizers import PENALTIES, REGULARIZERS
from stages.tools.adopt.translate.keras_object import (
    KerasObject,
    brief,
    class_and_config,
    number,
)


def initializer(
    layer: KerasObject, argument: str, default: str, unsupported: list[str]
) -> str | dict[str, Any]:
    """An initializer as params.yaml has it: its name, or a mapping of its name and arguments.

    Args:
        layer: a Dense layer.
        argument: kernel_initializer or bias_initializer.
        default: the name of Keras' default for it.
        unsupported: gets a line for what has no counterpart.

    Raises:
        UserError: for none of the vocabulary.
    """
    value = layer.config.get(argument, INITIALIZERS[default].keras_class)
    name, config = class_and_config(value)
    row = _row(name)
    if row is None:
        raise UserError(
            f"{layer.label}: {argument}",
            f"one of Keras' initializers ({', '.join(INITIALIZERS)})",
            brief(value),
        )
    if config.get("seed") is not None:
        unsupported.append(f"{layer.label}: {argument} seed: weights come from train.seed")
    arguments = {
        key: _argument(config[key], f"{layer.label}: {argument}: {key}")
        for key in row.arguments
        if key in config
    }
    return {"name": row.name, **arguments} if arguments else row.name


def _row(keras_class: str | None) -> Initializer | None:
    rows = INITIALIZERS.values()
    return next((row for row in rows if keras_class in (row.keras_class, *row.older_classes)), None)


def _argument(value: Any, where: str) -> float | str:
    return value if isinstance(value, str) else number(value, where)


def penalties(layer: KerasObject) -> dict[str, float]:
    """The factors of a Dense layer's penalties, by their keys of params.yaml. Raises UserError for
    another regularizer than those of the vocabulary."""
    value = layer.config.get("kernel_regularizer")
    factors = dict.fromkeys(PENALTIES, 0.0)
    if value is None:
        return factors
    name, config = class_and_config(value)
    row = REGULARIZERS.get(name or "")
    if row is None:
        known = ", ".join(REGULARIZERS)
        raise UserError(f"{layer.label}: kernel_regularizer", f"one of {known}", brief(value))
    for key, default in row.arguments.items():
        where = f"{layer.label}: kernel_regularizer: {key}"
        # Keras keeps it as float32, and hands on 0.009999999776482582 for 0.01.
        factors[key] = float(str(np.float32(number(config.get(key, default), where))))
    return factors
