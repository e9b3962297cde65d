"""A live Keras model as the chain of its layers: their configurations and their weights.

Sequential, functional and subclassed models are read in the same way: `call` is traced on a
symbolic input, and its operations are followed back from the output.
"""

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.layers import layer_roles
from stages.tools.adopt.capture.arrays import Rows
from stages.tools.adopt.capture.handover import CaptureError

# Rows that a preprocessing layer takes at once.
BLOCK = 8192
# What Keras itself puts before a functional model's layers.
CONVERSIONS = ("ConvertToTensor", "Cast")
# Roles of the layers that may stand before the first Dense.
_BEFORE = ("shape", "preprocessing")


def trace_chain(
    model: Any, train: Rows, held_out: Rows | None
) -> tuple[list[dict[str, Any]], list[str], dict[str, np.ndarray], tuple[Rows, Rows | None]]:
    """The layers of a model whose layers form a chain.

    Layers before the first Dense that change the rows and learn nothing in training are the
    script's own preprocessing, and are applied to the rows.

    Args:
        model: of Keras.
        train, held_out: the training and the validation rows.

    Returns:
        The layers from input to output, the names of those that were applied to the rows, the
        weights, float32 by 'POSITION.NAME', and the rows, [rows, inputs].

    Raises:
        CaptureError: for what is no chain.
    """
    parts: tuple[Rows, Rows | None] = (train, held_out)
    if train.x.ndim == 1:  # Keras does the same
        parts = _with_x(parts, lambda x: x[:, None])
    operations = _operations(model, parts[0].x.shape[1:])
    applied = []
    roles = layer_roles()
    while (
        operations
        and _of_keras(operations[0])
        and roles.get(type(operations[0]).__name__) in _BEFORE
    ):
        layer = operations.pop(0)
        if type(layer).__name__ == "InputLayer":
            continue
        parts = _with_x(parts, partial(_apply, layer))
        applied.append(f"{type(layer).__name__} ({layer.name})")
    if parts[0].x.ndim != 2:
        raise CaptureError(
            f"x: expected rows of numbers, [rows, columns], or a Flatten layer first. "
            f"Received: shape {parts[0].x.shape}"
        )
    # The columns of a DataFrame keep their names unless a layer has made other ones of them.
    if train.columns is not None and parts[0].x.shape[1] != len(train.columns):
        parts = (replace(parts[0], columns=None), parts[1])
    weights = {}
    for position, layer in enumerate(operations):
        for variable in getattr(layer, "weights", ()):
            array = np.asarray(variable, dtype="float32")
            weights[f"{position}.{variable.path.rsplit('/', 1)[-1]}"] = array
    return [_describe(layer) for layer in operations], applied, weights, parts


def _with_x(
    parts: tuple[Rows, Rows | None], change: Callable[[np.ndarray], np.ndarray]
) -> tuple[Rows, Rows | None]:
    train, held_out = parts
    changed = None if held_out is None else replace(held_out, x=change(held_out.x))
    return replace(train, x=change(train.x)), changed


def _operations(model: Any, shape: tuple[int, ...]) -> list[Any]:
    """The layers and operations of `call`, in their order."""
    import keras

    declared = getattr(model, "inputs", None)
    if declared is not None and len(declared) > 1:
        raise CaptureError(
            f"model {model.name!r:.60}: expected one input. Received: {len(declared)}"
        )
    start = keras.Input(shape=shape)
    return _trace(model, start)


def _trace(model: Any, start: Any) -> list[Any]:
    options = {}
    if "training" in inspect.signature(model.call).parameters:
        options["training"] = True  # or a Dropout behind `if training:` would not be seen
    try:
        output = model.call(start, **options)
    except CaptureError:
        raise
    except Exception as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CaptureError(
            f"model {model.name!r:.60}: expected a chain of layers. Received: a call that cannot "
            f"be traced: {type(error).__name__}: {line}"
        ) from None
    if isinstance(output, list | tuple | dict):
        if len(output) != 1:
            raise CaptureError(
                f"model {model.name!r:.60}: expected one output. Received: {len(output)}"
            )
        [output] = output.values() if isinstance(output, dict) else output
    found: list[Any] = []
    while output is not start:
        operation, node, _ = output._keras_history
        before = operation._inbound_nodes[node].input_tensors
        if len(before) != 1:
            what = "a constant" if not before else f"{len(before)} inputs: a branch ends there"
            raise CaptureError(
                f"layer {operation.name!r:.60} ({type(operation).__name__}): expected a chain of "
                f"layers. Received: {what}"
            )
        if any(operation is other for other in found):
            raise CaptureError(
                f"layer {operation.name!r:.60}: expected a layer in one place of the chain. "
                "Received: one that is used twice"
            )
        if type(operation).__name__ not in CONVERSIONS or not _of_keras(operation, "ops"):
            found.insert(0, operation)
        output = before[0]
    return [layer for operation in found for layer in _open_nested(operation)]


def _open_nested(operation: Any) -> list[Any]:
    """The layers of a model that is used as a layer, or the layer itself."""
    import keras

    if not isinstance(operation, keras.Model):
        return [operation]
    shape = operation._inbound_nodes[-1].input_tensors[0].shape[1:]
    return _trace(operation, keras.Input(shape=shape))


def _apply(layer: Any, x: np.ndarray) -> np.ndarray:
    """float64 of what the layer gives, which is float32."""
    blocks = [np.asarray(layer(x[at : at + BLOCK])) for at in range(0, len(x), BLOCK)]
    return np.concatenate(blocks).astype("float64")


def _of_keras(operation: Any, package: str = "") -> bool:
    return type(operation).__module__.startswith(f"keras.src.{package}")


def _describe(operation: Any) -> dict[str, Any]:
    operations = {row.operation: row for row in ACTIVATIONS.values() if row.operation}
    name = type(operation).__name__
    if _of_keras(operation, "ops") and name in operations:
        row, config = operations[name], {"name": operation.name}
        config |= {key: float(getattr(operation, key)) for key in row.arguments}
        if not row.arguments:
            config["activation"] = row.name
        keras_class = row.layer if row.arguments else "Activation"
        return {"class": keras_class, "module": "keras.layers", "config": config}
    found = serialize(operation)
    # What a layer keeps as a function need not have a configuration.
    activation = getattr(operation, "activation", None)
    if inspect.isfunction(activation) or callable(activation):
        found["config"]["activation"] = _activation(activation)
    found["config"].setdefault("name", getattr(operation, "name", ""))
    found["config"]["trainable"] = bool(getattr(operation, "trainable", True))
    return found


def _activation(function: Any) -> str:
    """Its name, if it is Keras' or TensorFlow's; else its module and name, which no table has."""
    module = getattr(function, "__module__", "") or ""
    name = getattr(function, "__name__", type(function).__name__)
    if module.startswith("keras.src.activations"):
        return name
    # TensorFlow's softmax and sigmoid do not hand their logits to the loss, as Keras' do.
    row = ACTIVATIONS.get(name.removesuffix("_v2"))
    if module.startswith("tensorflow.") and not (row and row.takes_logits):
        return str(name)
    return f"{module}.{name}"


def serialize(layer: Any) -> dict[str, Any]:
    """Class, module and configuration, as far as it is plain values."""
    import keras

    module = type(layer).__module__
    content: dict[str, Any] = {"class": type(layer).__name__, "module": module, "config": {}}
    if not module.startswith("keras."):
        return content
    try:
        written = keras.saving.serialize_keras_object(layer)
    except Exception:
        return content
    return (
        content | {"config": written.get("config") or {}} if isinstance(written, dict) else content
    )
