"""Initializers and the penalty of a Dense layer's kernel."""

from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.vocabulary.initializers import INITIALIZERS, Initializer
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


def l2_penalty(layer: KerasObject) -> float:
    """train.l2 of a Dense layer. Raises UserError for another regularizer than L2."""
    value = layer.config.get("kernel_regularizer")
    if value is None:
        return 0.0
    name, config = class_and_config(value)
    if name in ("L2", "L1L2") and not config.get("l1"):
        return float(number(config.get("l2", 0.01), f"{layer.label}: kernel_regularizer"))
    raise UserError(f"{layer.label}: kernel_regularizer", "L2, which train.l2 is", brief(value))
