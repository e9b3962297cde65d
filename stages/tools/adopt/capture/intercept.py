"""keras.Model.fit, replaced by a function that looks at its first call and ends the script.

It runs beside a stranger's script, with Keras and TensorFlow loaded. What it hands over are Keras'
own configurations, and arrays; what they mean is settled elsewhere, without TensorFlow.
"""

import inspect
import os
import warnings
from typing import Any

import numpy as np

from stages.lib.params.section import FLOAT32_MAX
from stages.tools.adopt.capture.arrays import Rows, rows
from stages.tools.adopt.capture.handover import Handover, Refused
from stages.tools.adopt.capture.model import chain, plain

# Arguments of fit that have no counterpart, and their defaults: what differs is told.
OTHERS = {
    "initial_epoch": 0, "validation_steps": None, "validation_freq": 1,
}  # fmt: skip


def install(handover: Handover) -> None:
    """Replace fit. Raises Refused for another backend than TensorFlow."""
    _check_backend()
    import keras

    _check_backend(keras.config.backend())
    heard: list[str] = []
    _listen(heard)
    original = inspect.signature(keras.Model.fit)

    def fit(*arguments: Any, **named: Any) -> None:
        bound = original.bind(*arguments, **named)  # a TypeError as Keras raises it
        if not handover.first():  # another thread, or the process that this one is a fork of
            handover.wait()
            os._exit(0)
        try:
            _check_backend()
            bound.apply_defaults()
            given = dict(bound.arguments)
            content, arrays = taken(given.pop("self"), given)
        except Refused as refused:
            handover.fail(str(refused))
        except BaseException as error:
            handover.fail(f"could not be read: {type(error).__name__}: {error}")
        content["heard"] = heard
        handover.give(content, arrays)

    fit.__signature__ = original
    keras.Model.fit = fit


def _check_backend(name: str | None = None) -> None:
    name = name or os.environ.get("KERAS_BACKEND") or "tensorflow"
    if name != "tensorflow":
        raise Refused(f"backend: expected tensorflow. Received: {name!r:.40}")


def _listen(heard: list[str]) -> None:
    """Keep what Keras warns it will ignore: an old spelling that raises no error."""
    show = warnings.showwarning

    def showwarning(message, category, filename, lineno, file=None, line=None):
        text = " ".join(str(message).split())
        if "no longer supported" in text and len(heard) < 20:
            heard.append(text[:200])
        show(message, category, filename, lineno, file, line)

    warnings.showwarning = showwarning


def taken(model: Any, given: dict[str, Any]) -> tuple[dict, dict[str, np.ndarray]]:
    """The content of taken.json, and the arrays beside it. Raises Refused."""
    if not getattr(model, "compiled", False):
        raise Refused("fit was called before compile: there is no loss to train")
    train = rows(given["x"], given["y"], given["steps_per_epoch"], given["sample_weight"])
    held_out = _held_out(train, given)
    layers, applied, weights, (train, held_out) = chain(model, train, held_out)
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
        "optimizer": plain(model.optimizer),
        "fit": _fit(train, given) | {"sample_weight": weighted},
        "columns": train.columns,
        "targets": train.targets,
        "remarks": [*train.remarks, *_remarks(model, given, train)],
        "weights": sorted(weights),
    }
    return content, arrays | {f"weight.{name}": array for name, array in weights.items()}


def _held_out(train: Rows, given: dict[str, Any]) -> Rows | None:
    """The validation rows; with validation_split the last ones, which `train` then loses."""
    if given["validation_data"] is not None:
        data = given["validation_data"]
        if isinstance(data, tuple | list):
            if not 2 <= len(data) <= 3:
                raise Refused(f"validation_data: expected (x, y). Received: {len(data)} of them")
            found = rows(*data[:2], weights=data[2] if len(data) == 3 else None)
        else:
            found = rows(data, None)
        for name in ("x", "y"):
            ours, theirs = getattr(train, name), getattr(found, name)
            if ours.shape[1:] != theirs.shape[1:] and {ours.ndim, theirs.ndim} != {1, 2}:
                raise Refused(
                    f"validation_data: expected {name} of shape {('rows', *ours.shape[1:])}. "
                    f"Received: {theirs.shape}"
                )
        return found
    share = given["validation_split"]
    if not share:
        return None
    if train.batch is not None:
        raise Refused("validation_split: expected arrays, as Keras does. Received: batches")
    at = int(np.floor(len(train.x) * (1.0 - share)))
    if not 0 < at < len(train.x):
        raise Refused(
            f"validation_split: expected rows on both sides. Received: {share!r:.20} of "
            f"{len(train.x)} rows"
        )
    held_out = Rows(train.x[at:], train.y[at:])
    train.x, train.y = train.x[:at], train.y[:at]
    if train.weights is not None:
        held_out.weights, train.weights = train.weights[at:], train.weights[:at]
    return held_out


def _loss(model: Any) -> dict:
    """The compiled loss as class, module and configuration."""
    import keras

    loss = model.loss
    for kind, many in ((dict, "values"), (list, "__iter__"), (tuple, "__iter__")):
        if isinstance(loss, kind):
            found = list(getattr(loss, many)())
            if len(found) != 1:
                raise Refused(f"compile(loss=...): expected one loss. Received: {len(found)}")
            loss = found[0]
    if loss is None:
        raise Refused("compile(loss=...): expected a loss. Received: None")
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        found = plain(loss)
        # Huber's configuration leaves its delta out.
        return found | {"config": getattr(loss, "_fn_kwargs", {}) | found["config"]}
    if inspect.isfunction(loss):
        return {"class": loss.__name__, "module": loss.__module__, "config": {}}
    return {"class": type(loss).__name__, "module": type(loss).__module__, "config": {}}


def _fit(train: Rows, given: dict[str, Any]) -> dict:
    size, steps = given["batch_size"], given["steps_per_epoch"]
    if train.batch is not None:
        size = train.batch
    elif not size:
        # As Keras' ArrayDataAdapter does.
        size = int(np.ceil(len(train.x) / steps)) if steps else 32
    return {
        "batch_size": int(size),
        "shuffle": bool(given["shuffle"]) if train.batch is None else not train.steady,
        "epochs": int(given["epochs"]),
        "callbacks": [_callback(one) for one in _listed(given["callbacks"])],
        "class_weight": _class_weight(given["class_weight"], train),
        "validated": given["validation_data"] is not None or bool(given["validation_split"]),
    }


def _class_weight(given: Any, train: Rows) -> dict[str, float] | None:
    """Weights by the numbers of the classes, as text, which JSON has for keys."""
    if given is None:
        return None
    if train.weights is not None:
        raise Refused("class_weight: expected none beside sample_weight, as Keras does")
    try:
        found = {str(int(key)): float(weight) for key, weight in given.items()}
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise Refused(
            f"class_weight: expected numbers by class, as {{0: 1.0, 1: 2.0}}. "
            f"Received: {given!r:.60}"
        ) from None
    for key, weight in found.items():
        if not 0 <= weight <= FLOAT32_MAX:
            raise Refused(
                f"class_weight: class {key:.20}: expected a finite number >= 0. "
                f"Received: {weight:g}"
            )
    return found


def _listed(callbacks: Any) -> list:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def _callback(one: Any) -> dict:
    """Its class, module and plain attributes."""
    config = {
        name: value
        for name, value in vars(one).items()
        if not name.startswith("_") and isinstance(value, int | float | str | bool | None)
    }
    return {"class": type(one).__name__, "module": type(one).__module__, "config": config}


def _remarks(model: Any, given: dict[str, Any], train: Rows) -> list[str]:
    """Arguments that nothing here stands for."""
    found = [
        f"fit({name}={given[name]!r:.40})"
        for name, default in OTHERS.items()
        if given.get(name) != default
    ]
    steps = given["steps_per_epoch"]
    if steps and train.batch is None:
        found.append(f"fit(steps_per_epoch={steps!r:.20}): an epoch is all rows")
    if getattr(model, "loss_weights", None) is not None:
        found.append("compile(loss_weights=...)")
    metrics = getattr(model, "_compile_metrics", None)
    if getattr(metrics, "_user_weighted_metrics", None):
        found.append("compile(weighted_metrics=...): every score of the pipeline is weighted")
    if type(model).train_step is not _own_train_step():
        raise Refused(
            f"model {model.name!r:.60}: expected Keras' own train_step. "
            f"Received: one of {type(model).__name__}"
        )
    return found


def _own_train_step():
    import keras

    return keras.Model.train_step
