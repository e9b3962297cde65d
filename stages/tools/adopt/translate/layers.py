"""Which layers a chain may have, and what of a layer has no counterpart."""

from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.lib.vocabulary.layers import LAYERS, layer_roles
from stages.tools.adopt.translate.keras_object import (
    KerasObject,
    as_list,
    brief,
    class_and_config,
    number,
)


def check_layer(layer: KerasObject, unsupported: list[str]) -> None:
    """Refuse what is none of the layers of the vocabulary, or one that does not train in float32.

    Args:
        layer: of the model.
        unsupported: gets a line for what has no counterpart.

    Raises:
        UserError: naming the layer.
    """
    if not layer.is_keras or layer.config.get("registered_name"):
        raise UserError(layer.label, "Keras' own layers", "a custom one")
    allowed = [name for name, role in layer_roles().items() if role != "preprocessing"]
    if layer.name not in allowed:
        raise UserError(
            layer.label,
            f"a chain of dense layers ({', '.join(allowed)})",
            f"{printable(layer.name)[:60]}",
        )
    if layer.config.get("trainable", True) is not True:
        raise UserError(layer.label, "trainable=True", "a frozen layer")
    policy = layer.config.get("dtype")
    if isinstance(policy, dict):
        policy = class_and_config(policy)[1].get("name")
    if policy not in (None, "float32"):
        unsupported.append(f"dtype {policy!r:.40}: the network computes in float32")


def check_dense(layer: KerasObject) -> None:
    """Refuse a Dense layer without a number of units, or with what changes what is trained."""
    units = layer.config.get("units")
    if isinstance(units, bool) or not isinstance(units, int) or units < 1:
        raise UserError(layer.label, "a number of units", f"{units!r:.60}")
    for name, off in LAYERS["Dense"].fixed.items():
        value = layer.config.get(name, off)
        if value != off:
            raise UserError(
                f"{layer.label}: {name}",
                "none: it has no counterpart, and changes what is trained",
                brief(value),
            )


def check_normalization(layer: KerasObject, unsupported: list[str]) -> None:
    """Refuse a normalization over another axis or without scale or center; tell what is replaced
    by Keras' default."""
    config = layer.config
    for name in ("center", "scale"):
        if config.get(name, True) is not True:
            raise UserError(layer.label, f"{name}=True", f"{config[name]!r:.40}")
    if axis_of_rows(config.get("axis", -1)) != -1:
        raise UserError(layer.label, "axis=-1", f"{config['axis']!r:.40}")
    for name, default in LAYERS[layer.name].fixed.items():
        value = config.get(name, default)
        if value == default:
            continue
        if isinstance(default, float):
            unsupported.append(f"{layer.label}: {name} {value!r:.40}: taken as {default}")
        elif class_and_config(value)[0] != default:
            unsupported.append(f"{layer.label}: {name} {brief(value)}: taken as {default}")


def noise_amount(layer: KerasObject, unsupported: list[str]) -> float:
    """The share of units that a dropout drops, or the deviation of Gaussian noise. Raises UserError
    for a mask of another shape."""
    shape = layer.config.get("noise_shape")
    if shape is not None and any(size is not None for size in as_list(shape)):
        raise UserError(layer.label, "noise_shape=None")
    if layer.config.get("seed") is not None:
        unsupported.append(f"{layer.label}: seed: random numbers come from train.seed")
    amount = LAYERS[layer.name].amount
    return float(number(layer.config.get(amount), f"{layer.label}: {amount}"))


def axis_of_rows(axis: Any) -> Any:
    """-1 for every way to name the columns of [rows, columns], else the axis as it is."""
    return -1 if as_list(axis) in ([-1], [1]) else axis
