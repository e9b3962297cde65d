"""keras.Model.fit, replaced by a function that looks at its first call and ends the script.

It runs beside a stranger's script, with Keras and TensorFlow loaded. What it hands over are Keras'
own configurations, and arrays; what they mean is settled elsewhere, without TensorFlow.
"""

import inspect
import os
import warnings
from typing import Any, TextIO

import numpy as np

from stages.lib.params.section import FLOAT32_MAX
from stages.tools.adopt.capture.arrays import Rows, read_rows
from stages.tools.adopt.capture.handover import CaptureError, Handover
from stages.tools.adopt.capture.model import serialize, trace_chain

# Arguments of fit that have no counterpart, and their defaults: what differs is named.
UNSUPPORTED = {
    "initial_epoch": 0, "validation_steps": None, "validation_freq": 1,
}  # fmt: skip


def install(handover: Handover) -> None:
    """Replace fit. Raises CaptureError for another backend than TensorFlow."""
    _check_backend()
    import keras

    _check_backend(keras.config.backend())
    keras_warnings: list[str] = []
    _record_warnings(keras_warnings)
    original = inspect.signature(keras.Model.fit)

    def fit(*arguments: Any, **named: Any) -> None:
        bound = original.bind(*arguments, **named)  # a TypeError as Keras raises it
        if not handover.claim():  # another thread, or the process that this one is a fork of
            handover.wait_for_writer()
            os._exit(0)
        try:
            _check_backend()
            bound.apply_defaults()
            values = dict(bound.arguments)
            content, arrays = capture_fit(values.pop("self"), values)
        except CaptureError as error:
            handover.fail(str(error))
        except BaseException as error:
            handover.fail(f"could not be read: {type(error).__name__}: {error}")
        content["keras_warnings"] = keras_warnings
        handover.finish(content, arrays)

    fit.__signature__ = original  # type: ignore[attr-defined] # read by inspect.signature
    keras.Model.fit = fit


def _check_backend(name: str | None = None) -> None:
    name = name or os.environ.get("KERAS_BACKEND") or "tensorflow"
    if name != "tensorflow":
        raise CaptureError(f"backend: expected tensorflow. Received: {name!r:.40}")


def _record_warnings(keras_warnings: list[str]) -> None:
    """Keep what Keras warns it will ignore: an old spelling that raises no error."""
    show = warnings.showwarning

    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = " ".join(str(message).split())
        if "no longer supported" in text and len(keras_warnings) < 20:
            keras_warnings.append(text[:200])
        show(message, category, filename, lineno, file, line)

    warnings.showwarning = showwarning


def capture_fit(
    model: Any, arguments: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a call of fit is given.

    Args:
        model: of Keras.
        arguments: of fit by their names, defaults included.

    Returns:
        The content of captured.json, and the arrays beside it.

    Raises:
        CaptureError: for what cannot be adopted.
    """
    if not getattr(model, "compiled", False):
        raise CaptureError("fit was called before compile: there is no loss to train")
    train = read_rows(
        arguments["x"], arguments["y"], arguments["steps_per_epoch"], arguments["sample_weight"]
    )
    held_out = _held_out(train, arguments)
    layers, applied, weights, (train, held_out) = trace_chain(model, train, held_out)
    arrays = {"x": train.x, "y": train.y}
    if held_out is not None:
        arrays |= {"x_validation": held_out.x, "y_validation": held_out.y}
    parts = {"w": train} | ({} if held_out is None else {"w_validation": held_out})
    weighted = any(part.weights is not None for part in parts.values())
    if weighted:  # Keras takes those of the others for 1
        for name, part in parts.items():
            arrays[name] = np.ones(len(part.x)) if part.weights is None else part.weights
    content = {
        "layers": layers,
        "applied": applied,
        "loss": _loss(model),
        "optimizer": serialize(model.optimizer),
        "fit": _fit(train, arguments) | {"sample_weight": weighted},
        "columns": train.columns,
        "targets": train.targets,
        "remarks": [*train.remarks, *_remarks(model, arguments, train)],
        "weights": sorted(weights),
    }
    return content, arrays | {f"weight.{name}": array for name, array in weights.items()}


def _held_out(train: Rows, arguments: dict[str, Any]) -> Rows | None:
    """The validation rows; with validation_split the last ones, which `train` then loses."""
    if arguments["validation_data"] is not None:
        data = arguments["validation_data"]
        if isinstance(data, tuple | list):
            if not 2 <= len(data) <= 3:
                raise CaptureError(
                    f"validation_data: expected (x, y). Received: {len(data)} of them"
                )
            x, y, weights = (*data, None)[:3]
            validation = read_rows(x, y, weights=weights)
        else:
            validation = read_rows(data, None)
        for name in ("x", "y"):
            ours, theirs = getattr(train, name), getattr(validation, name)
            if ours.shape[1:] != theirs.shape[1:] and {ours.ndim, theirs.ndim} != {1, 2}:
                raise CaptureError(
                    f"validation_data: expected {name} of shape {('rows', *ours.shape[1:])}. "
                    f"Received: {theirs.shape}"
                )
        return validation
    share = arguments["validation_split"]
    if not share:
        return None
    if train.batch is not None:
        raise CaptureError("validation_split: expected arrays, as Keras does. Received: batches")
    at = int(np.floor(len(train.x) * (1.0 - share)))
    if not 0 < at < len(train.x):
        raise CaptureError(
            f"validation_split: expected rows on both sides. Received: {share!r:.20} of "
            f"{len(train.x)} rows"
        )
    held_out = Rows(train.x[at:], train.y[at:])
    train.x, train.y = train.x[:at], train.y[:at]
    if train.weights is not None:
        held_out.weights, train.weights = train.weights[at:], train.weights[:at]
    return held_out


def _loss(model: Any) -> dict[str, Any]:
    """The compiled loss as class, module and configuration."""
    import keras

    loss = model.loss
    if isinstance(loss, dict | list | tuple):
        losses = list(loss.values()) if isinstance(loss, dict) else list(loss)
        if len(losses) != 1:
            raise CaptureError(f"compile(loss=...): expected one loss. Received: {len(losses)}")
        [loss] = losses
    if loss is None:
        raise CaptureError("compile(loss=...): expected a loss. Received: None")
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        content = serialize(loss)
        # Huber's configuration leaves its delta out.
        return content | {"config": getattr(loss, "_fn_kwargs", {}) | content["config"]}
    if inspect.isfunction(loss):
        return {"class": loss.__name__, "module": loss.__module__, "config": {}}
    return {"class": type(loss).__name__, "module": type(loss).__module__, "config": {}}


def _fit(train: Rows, arguments: dict[str, Any]) -> dict[str, Any]:
    size, steps = arguments["batch_size"], arguments["steps_per_epoch"]
    if train.batch is not None:
        size = train.batch
    elif not size:
        # As Keras' ArrayDataAdapter does.
        size = int(np.ceil(len(train.x) / steps)) if steps else 32
    return {
        "batch_size": int(size),
        "shuffle": bool(arguments["shuffle"]) if train.batch is None else not train.steady,
        "epochs": int(arguments["epochs"]),
        "callbacks": [_callback(callback) for callback in _listed(arguments["callbacks"])],
        "class_weight": _class_weight(arguments["class_weight"], train),
        "validated": arguments["validation_data"] is not None
        or bool(arguments["validation_split"]),
    }


def _class_weight(arguments: Any, train: Rows) -> dict[str, float] | None:
    """Weights by the numbers of the classes, as text, which JSON has for keys."""
    if arguments is None:
        return None
    if train.weights is not None:
        raise CaptureError("class_weight: expected none beside sample_weight, as Keras does")
    try:
        by_class = {str(int(key)): float(weight) for key, weight in arguments.items()}
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise CaptureError(
            f"class_weight: expected numbers by class, as {{0: 1.0, 1: 2.0}}. "
            f"Received: {arguments!r:.60}"
        ) from None
    for key, weight in by_class.items():
        if not 0 <= weight <= FLOAT32_MAX:
            raise CaptureError(
                f"class_weight: class {key:.20}: expected a finite number >= 0. "
                f"Received: {weight:g}"
            )
    return by_class


def _listed(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def _callback(callback: Any) -> dict[str, Any]:
    """Its class, module and plain attributes."""
    config = {
        name: value
        for name, value in vars(callback).items()
        if not name.startswith("_") and isinstance(value, int | float | str | bool | None)
    }
    return {"class": type(callback).__name__, "module": type(callback).__module__, "config": config}


def _remarks(model: Any, arguments: dict[str, Any], train: Rows) -> list[str]:
    """Arguments that nothing here stands for."""
    remarks = [
        f"fit({name}={arguments[name]!r:.40})"
        for name, default in UNSUPPORTED.items()
        if arguments.get(name) != default
    ]
    steps = arguments["steps_per_epoch"]
    if steps and train.batch is None:
        remarks.append(f"fit(steps_per_epoch={steps!r:.20}): an epoch is all rows")
    if getattr(model, "loss_weights", None) is not None:
        remarks.append("compile(loss_weights=...)")
    metrics = getattr(model, "_compile_metrics", None)
    if getattr(metrics, "_user_weighted_metrics", None):
        remarks.append("compile(weighted_metrics=...): every score of the pipeline is weighted")
    if type(model).train_step is not _own_train_step():
        raise CaptureError(
            f"model {model.name!r:.60}: expected Keras' own train_step. "
            f"Received: one of {type(model).__name__}"
        )
    return remarks


def _own_train_step() -> Any:
    import keras

    return keras.Model.train_step
