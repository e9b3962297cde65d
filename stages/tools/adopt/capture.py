"""Capture a Keras program where it runs, into one bundle that Loss Ledger reads.

    python capture.py train.py [its arguments]

runs your script up to its fit, and writes train.ledger into the working directory. In a notebook,
or in a training loop of your own, one line does the same, and nothing ends:

    from capture import capture
    capture(model, x, y, batch_size=32, epochs=30)      # what fit would be given
    capture(model, x, y, batch_size=32, epochs=30, optimizer=optimizer, loss=loss)

Then, where Loss Ledger is: `python -m stages adopt train.ledger`.

This file is all that is needed beside your own environment: Python 3.9 or later, numpy, and Keras,
which is Keras 3 on any backend or tf.keras of TensorFlow 2.5 or later. Copy it where you like. The
bundle holds the rows that fit was given, the model's configuration and first weights, and what
compile and fit were given: a zip of JSON and .npy files, without code and without pickle. Nothing
is sent anywhere. Your script runs with your rights.

The sections, in the order in which they build on each other:

    errors and plain values
    Keras, whichever it is
    rows: arrays, frames, several inputs, streams
    the model: its graph, as a chain of layers or as a Functional's configuration
    the loss, and probes of a loss of your own
    what fit was given
    the bundle
    capture(): the one line
    loops: what the source of a script says
    the session: a script that runs under this one
    the command
"""

from __future__ import annotations

import argparse
import ast
import functools
import hashlib
import importlib
import importlib.abc
import inspect
import json
import linecache
import math
import os
import platform
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback
import types
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

# Of captured.json: another number is another form.
SCHEMA = 1
SUFFIX = ".ledger"
CONTENT = "captured.json"
# Numbers of one array: 2^27 float64 are a gigabyte.
MAX_VALUES = 2**27
# What no weight of a row or class may exceed: it is multiplied in float32.
FLOAT32_MAX = float(np.finfo("float32").max)

# Layers that a chain may have, which lib/vocabulary/layers.py and activations.py know by the same
# names: the first three groups change no learning, and may stand in front.
SHAPE_LAYERS = ("InputLayer", "Flatten")
PREPROCESSING_LAYERS = ("Rescaling", "Normalization")
CHAIN_LAYERS = (
    "Dense", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "BatchNormalization",
    "LayerNormalization", "GaussianNoise", "Dropout", "AlphaDropout",
)  # fmt: skip
# Activations that stand in a traced model as operations: Keras 3's class of each, with the name of
# the activation and the arguments that its layer has.
ACTIVATION_OPERATIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Relu": ("relu", "ReLU", ()),
    "LeakyRelu": ("leaky_relu", "LeakyReLU", ("negative_slope",)),
    "Relu6": ("relu6", "ReLU", ()),
    "Elu": ("elu", "ELU", ("alpha",)),
    "Selu": ("selu", "", ()),
    "Gelu": ("gelu", "", ()),
    "Silu": ("silu", "", ()),
    "Mish": ("mish", "", ()),
    "Softplus": ("softplus", "", ()),
    "Softsign": ("softsign", "", ()),
    "Tanh": ("tanh", "", ()),
    "Sigmoid": ("sigmoid", "", ()),
    "HardSigmoid": ("hard_sigmoid", "", ()),
    "Exp": ("exponential", "", ()),
    "Softmax": ("softmax", "Softmax", ()),
}
# The same of tf.keras 2, where a TensorFlow function stands in a layer of its own.
TENSORFLOW_OPERATIONS = {
    "nn.relu": "Relu", "nn.relu6": "Relu6", "nn.elu": "Elu", "nn.selu": "Selu", "nn.gelu": "Gelu",
    "nn.silu": "Silu", "nn.swish": "Silu", "nn.softplus": "Softplus", "math.softplus": "Softplus",
    "nn.softsign": "Softsign", "nn.tanh": "Tanh", "math.tanh": "Tanh", "nn.sigmoid": "Sigmoid",
    "math.sigmoid": "Sigmoid", "math.exp": "Exp", "nn.softmax": "Softmax",
    "nn.leaky_relu": "LeakyRelu", "__operators__.add": "Add", "math.add": "Add",
    "math.subtract": "Subtract", "math.multiply": "Multiply", "math.maximum": "Maximum",
    "math.minimum": "Minimum", "concat": "Concatenate", "cast": "Cast",
}  # fmt: skip
# Operations on several tensors that a built-in layer does as well.
MERGES = ("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Concatenate")
# What Keras itself puts between a model's input and its layers.
CONVERSIONS = ("ConvertToTensor", "Cast")
# Arguments of fit that have no counterpart, and their defaults: what differs is named.
UNSUPPORTED = {"validation_freq": 1}
# Changes of the rate that a LearningRateScheduler is written down with.
MAX_RATES = 1001
# Seconds that a script may go on after its first fit, while its calls are counted.
WAIT = 60.0


# -------------------------------------------------------------------- errors and plain values


class CaptureError(Exception):
    """What cannot be captured, and why, in one line.

    Args:
        where: the argument, layer or line; '' where it has no place.
        expected: what should stand there.
        received: what stands there, or ''.
        hint: what to do about it, or ''.
    """

    def __init__(self, where: str, expected: str, received: str = "", hint: str = "") -> None:
        super().__init__(where, expected, received, hint)
        self.where, self.expected, self.received, self.hint = where, expected, received, hint

    def __str__(self) -> str:
        line = f"{self.where}: " * bool(self.where) + f"expected {self.expected}"
        line += f". Received: {self.received}" * bool(self.received)
        line += f"; {self.hint}" * bool(self.hint)
        return "".join(c if c.isprintable() else " " for c in line)


def brief(value: object, most: int = 60) -> str:
    """A value as Python writes it, cut."""
    try:
        return repr(value)[:most]
    except Exception:
        return f"a {type(value).__name__}"


def kind_of(value: object) -> str:
    """Its class, with the package."""
    kind = type(value)
    package = kind.__module__.split(".")[0]
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


def plain(value: Any, depth: int = 0) -> Any:
    """The same as strict JSON can hold it; what it cannot, as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth < 50:
        if isinstance(value, dict):
            if value.get("class_name") in ("DTypePolicy", "Policy"):
                return str((value.get("config") or {}).get("name"))
            return {plain_text(key): plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple, set)):
            return [plain(item, depth + 1) for item in value]
        if hasattr(value, "as_list") and hasattr(value, "rank"):  # a TensorShape
            return plain(value.as_list(), depth + 1)
        if isinstance(value, np.ndarray) or hasattr(value, "numpy"):
            array = to_numpy(value)
            if array.dtype.kind in "biufU" and array.size <= 2**16:
                return plain(array.tolist(), depth + 1)
    return plain_text(value)[:200] if not isinstance(value, str) else plain_text(value)


def plain_text(value: object) -> str:
    """Text that UTF-8 holds."""
    return str(value).encode("utf-8", errors="replace").decode("utf-8")


def to_numpy(value: Any) -> np.ndarray:
    """A tensor, variable or array of any backend."""
    if hasattr(value, "detach"):  # torch
        value = value.detach().cpu()
    if hasattr(value, "numpy"):
        value = value.numpy()
    return np.asarray(value)


# -------------------------------------------------------------------- Keras, whichever it is

ROOTS = ("tensorflow.python.keras", "tf_keras", "keras")


def root_of(thing: Any) -> str:
    """The package of Keras that an object, class or function comes from, or ''."""
    is_named = isinstance(thing, type) or inspect.isfunction(thing)
    module = getattr(thing if is_named else type(thing), "__module__", "") or ""
    return next((root for root in ROOTS if f"{module}.".startswith(f"{root}.")), "")


def module_of(thing: Any) -> str:
    """Its module; that of any Keras begins with 'keras'."""
    is_named = isinstance(thing, type) or inspect.isfunction(thing)
    module = getattr(thing if is_named else type(thing), "__module__", "") or ""
    root = root_of(thing)
    return f"keras{module[len(root) :]}" if root else str(module)


class Keras:
    """The Keras that a model is of.

    Attributes:
        Model: its class of that name.
        root: its package.
        version: as '2.15.0'.
        backend: 'tensorflow', 'jax' or 'torch'.
    """

    def __init__(self, model: Any) -> None:
        """Raises CaptureError for what is no model of Keras."""
        found = [kind for kind in type(model).__mro__ if kind.__name__ == "Model" and root_of(kind)]
        if not found:
            raise CaptureError("model", "a keras.Model", kind_of(model))
        self.Model = found[-1]
        self.root = root_of(self.Model)
        api = importlib.import_module(self.root)
        version = getattr(api, "__version__", "")
        if self.root.startswith("tensorflow"):
            version = importlib.import_module("tensorflow.keras").__version__
        self.version = str(version)
        self.is_3 = self.version.split(".")[0] == "3"
        self.backend = str(api.backend.backend()) if self.is_3 else "tensorflow"

    def find(self, *places: str) -> Any:
        """What stands at the first of these dotted places below the package that there is."""
        for place in places:
            *modules, name = place.split(".")
            try:
                module = importlib.import_module(".".join([self.root, *modules]))
            except ImportError:
                module = importlib.import_module(self.root)
                for part in modules:
                    module = getattr(module, part, None)  # type: ignore[assignment] # looked up
            if hasattr(module, name):
                return getattr(module, name)
        raise CaptureError("keras", f"one with {places[0]}", f"{self.root} {self.version}")

    def versions(self) -> dict[str, str]:
        """Of all that has a part in the program."""
        package = sys.modules.get(self.backend)
        return {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "keras": self.version,
            "package": self.root,
            "backend": self.backend,
            "backend_version": str(getattr(package, "__version__", "")),
        }


def serialize(thing: Any, keras: Keras) -> dict[str, Any]:
    """Class, module and configuration of an object of Keras, as far as it is plain values."""
    content = {"class": type(thing).__name__, "module": module_of(thing), "config": {}}
    if not root_of(thing):
        return content
    try:
        written = keras.find("saving.serialize_keras_object")(thing)["config"] if keras.is_3 else (
            thing.get_config()
        )  # fmt: skip
        config = plain(written or {})
    except Exception:  # a configuration that its author's class has not written
        return content
    if config.get("reduction") == "auto":  # of tf.keras 2: its default, under a name of its own
        del config["reduction"]
    return {**content, "config": config}


# -------------------------------------------------------------------- rows


@dataclass
class Part:
    """One array of x or y.

    Attributes:
        name: the key that it had in a dict, or None.
        array: [rows, ...], numbers, truth values or text.
        columns: their names, from a frame, or None.
        dtype: what it was; 'mixed' for a frame of several.
        container: what held it, as 'pandas.DataFrame'.
    """

    name: str | None
    array: np.ndarray
    columns: list[str] | None = None
    dtype: str = ""
    container: str = ""

    def at(self, rows: slice) -> Part:
        """The same of some of the rows."""
        return Part(self.name, self.array[rows], self.columns, self.dtype, self.container)


@dataclass
class Rows:
    """The rows of a call of fit.

    Attributes:
        x, y: the arrays of each.
        structure: of x: 'one', 'list' or 'dict'.
        batch: rows of the first batch, if they came in batches.
        steady: whether a second pass began with the same batch.
        weights: of the rows, float64 [rows], or None.
        remarks: what a reader has to know.
    """

    x: list[Part]
    y: list[Part]
    structure: str = "one"
    batch: int | None = None
    steady: bool = True
    weights: np.ndarray | None = None
    remarks: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.x[0].array)

    def split(self, at: int) -> tuple[Rows, Rows]:
        """The rows before and from `at`."""
        halves = []
        for rows in (slice(None, at), slice(at, None)):
            weights = None if self.weights is None else self.weights[rows]
            x, y = ([part.at(rows) for part in parts] for parts in (self.x, self.y))
            halves.append(Rows(x, y, self.structure, weights=weights))
        halves[0].remarks = self.remarks
        return halves[0], halves[1]

    def fingerprint(self) -> np.ndarray:
        """A number for each row, sorted: the same rows in another order have the same."""
        columns = [
            np.nan_to_num(part.array.reshape(len(part.array), -1).astype("float64"))
            if part.array.dtype.kind in "biuf"
            else np.array([[hash(cell) % 2**32] for cell in part.array.ravel()], "float64").reshape(
                len(part.array), -1
            )
            for part in [*self.x, *self.y]
        ]
        joint = np.concatenate(columns, axis=1)
        return np.sort(joint @ np.random.default_rng(0).normal(size=joint.shape[1]))


def read_rows(x: Any, y: Any, steps: int | None = None, weights: Any = None) -> Rows:
    """x and y of a call of fit, or of its validation data.

    Args:
        x, y: as fit takes them.
        steps: the batches taken of a stream that may not end: `steps_per_epoch`.
        weights: `sample_weight`, which a stream brings along.

    Raises:
        CaptureError: for what are no rows of numbers.
    """
    kind = stream_kind(x)
    if kind:
        if weights is not None:
            raise CaptureError("sample_weight", "the third part of the data set's batches")
        return read_stream(x, kind, steps)
    if callable(x):
        raise CaptureError("x", "arrays or a finite tf.data.Dataset", kind_of(x))
    if y is None:
        raise CaptureError("y", "the targets", "None")
    structure, parts = read_parts(x, "x")
    rows = Rows(parts, read_parts(y, "y")[1], structure)
    check_lengths(rows)
    if weights is not None:
        rows.weights = read_weights(weights)
        if len(rows.weights) != len(rows):
            raise CaptureError(
                "sample_weight", f"a number for each of {len(rows)} rows", f"{len(rows.weights)}"
            )
    return rows


def check_lengths(rows: Rows) -> None:
    """Raise CaptureError unless all arrays have as many rows."""
    x, y = (sorted({len(part.array) for part in parts}) for parts in (rows.x, rows.y))
    if len({*x, *y}) > 1:
        counts = " and ".join(map(str, [*y[:3], *x[:3]]))
        hint = "np.array(x) makes one array of a list of rows" if rows.structure == "list" else ""
        raise CaptureError("y", "as many rows of y as of x", counts, hint)


def read_parts(value: Any, what: str) -> tuple[str, list[Part]]:
    """The arrays of x or y: 'one', 'list' or 'dict', and each of them."""
    if isinstance(value, dict):
        if not value:
            raise CaptureError(what, "arrays", "an empty dict")
        return "dict", [
            read_part(item, f"{what}[{brief(str(key))}]", str(key)) for key, item in value.items()
        ]
    several = isinstance(value, (tuple, list)) and any(
        hasattr(item, "shape") and np.ndim(item) > 0 for item in value
    )
    if not several:
        return "one", [read_part(value, what)]
    if len(value) == 1:
        return "one", [read_part(value[0], what)]
    if len(value) > 100:
        raise CaptureError(
            what, "one array, or a list of an array for each input",
            f"a list of {len(value)} arrays", f"np.array({what}) makes one of a list of rows",
        )  # fmt: skip
    return "list", [read_part(item, f"{what}[{i}]") for i, item in enumerate(value)]


def read_part(value: Any, what: str, name: str | None = None) -> Part:
    """One array, with the names that a frame or series gives its columns."""
    columns, dtype = None, ""
    frame_like = hasattr(value, "columns") and hasattr(value, "dtypes")
    if frame_like:
        check_cells(value, what)
        columns = frame_columns(value)
        found = {str(kind) for kind in list(value.dtypes)}
        dtype = found.pop() if len(found) == 1 else "mixed"
    elif isinstance(getattr(value, "name", None), str) and type(value).__name__ == "Series":
        columns = [value.name]
    array, own = as_array(value, what)
    return Part(name, array, columns, dtype or own, kind_of(value))


def frame_columns(frame: Any) -> list[str] | None:
    """A frame's column names, but not the default ones, 0, 1, 2, ..."""
    columns = list(frame.columns)
    is_default = columns == list(range(len(columns)))
    return None if is_default else [plain_text(name) for name in columns]


def check_cells(frame: Any, what: str) -> None:
    """Raise CaptureError naming the first column of a frame of pandas that holds no numbers."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(frame, pandas.DataFrame):
        return
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if getattr(column.dtype, "kind", "O") in "biuf":
            continue
        bad = pandas.to_numeric(column, errors="coerce").isna() & column.notna()
        if getattr(column.dtype, "kind", "O") in "mM" or bad.any():
            cell = column.iloc[int(np.flatnonzero(bad)[0])] if bad.any() else column.iloc[0]
            raise CaptureError(
                f"{what}: column {brief(str(name))}", "numbers", brief(str(cell))
            )  # fmt: skip


def as_array(value: Any, what: str) -> tuple[np.ndarray, str]:
    """Numbers, truth values or text, [rows, ...], and the dtype that the value had."""
    if hasattr(value, "toarray"):  # a sparse matrix of scipy
        check_size(value.shape, what)
        value = value.toarray()
    elif hasattr(value, "dense_shape") and hasattr(value, "values"):  # a sparse tensor
        check_size(tuple(value.dense_shape), what)
        value = importlib.import_module("tensorflow").sparse.to_dense(value)
    if hasattr(value, "row_splits"):
        raise CaptureError(what, "rows of one length", "a ragged tensor")
    check_size(getattr(value, "shape", ()), what)
    try:
        array = to_numpy(value) if not hasattr(value, "columns") else np.asarray(value)
        dtype = str(array.dtype)
        if array.dtype.kind in "OSUT":
            array = text_or_numbers(array)
        elif array.dtype.kind not in "biuf":
            if not dtype.startswith(("bfloat", "float8")):
                raise ValueError(f"{dtype}, as in {brief(array.ravel()[:1].tolist())}")
            array = array.astype("float32")
    except (TypeError, ValueError, OverflowError) as error:
        raise CaptureError(what, "numbers", f"{kind_of(value)}: {error}") from None
    if array.ndim == 0:
        raise CaptureError(what, "rows", kind_of(value))
    if not array.size:
        raise CaptureError(what, "rows", f"an empty array of shape {array.shape}")
    check_size(array.shape, what)
    if array.dtype == np.float16:
        array = array.astype("float32")
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))), dtype


def text_or_numbers(array: np.ndarray) -> np.ndarray:
    """An array of objects as float64, or as text where all of it is. Raises ValueError."""
    cells = array.ravel().tolist()
    if all(isinstance(cell, (str, bytes)) for cell in cells):
        words = [cell.decode("utf-8") if isinstance(cell, bytes) else cell for cell in cells]
        return np.array(words, dtype="U").reshape(array.shape)
    return array.astype("float64")


def check_size(shape: Any, what: str) -> None:
    """Raise CaptureError for an array of too many numbers."""
    size = math.prod(int(size or 1) for size in shape) if len(shape) else 0
    if size > MAX_VALUES:
        raise CaptureError(what, f"at most {MAX_VALUES} numbers", f"{size}")


def read_weights(value: Any) -> np.ndarray:
    """float64 [rows]. Raises CaptureError for what is not one number >= 0 a row."""
    if isinstance(value, (dict, list, tuple)) and any(np.ndim(item) for item in plain_list(value)):
        value = plain_list(value)
        if len(value) != 1:
            raise CaptureError("sample_weight", "one number per row", f"{len(value)} arrays")
        [value] = value
    weights, _ = as_array(value, "sample_weight")
    if weights.size != len(weights):
        raise CaptureError("sample_weight", "one number per row", f"an array of {weights.shape}")
    if weights.dtype.kind not in "biuf":
        raise CaptureError("sample_weight", "numbers", f"{weights.dtype}")
    weights = weights.ravel().astype("float64")
    good = (weights >= 0) & (weights <= FLOAT32_MAX)
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise CaptureError(
            "sample_weight", "finite numbers >= 0", f"{weights[row]:g} in row {row + 1}"
        )
    return weights


def plain_list(value: Any) -> list[Any]:
    """The items of a list, tuple or dict."""
    return list(value.values() if isinstance(value, dict) else value)


def stream_kind(x: Any) -> str:
    """'dataset' (of tf.data), 'sequence', 'loader' (of torch), 'iterator', or '' for no stream."""
    if hasattr(x, "element_spec") and hasattr(x, "cardinality"):
        return "dataset"
    for kind in type(x).__mro__:
        if kind.__name__ in ("Sequence", "PyDataset") and root_of(kind):
            return "sequence"
        if kind.__name__ == "DataLoader" and kind.__module__.startswith("torch.utils.data"):
            return "loader"
    return "iterator" if hasattr(x, "__next__") else ""


def read_stream(stream: Any, kind: str, steps: int | None) -> Rows:
    """The batches of a stream, one after the other, as rows."""
    batches: Iterator[Any]
    if kind == "dataset":
        if int(stream.cardinality()) == -1 and not steps:
            raise CaptureError("x", "a finite tf.data.Dataset", "one without an end")
        batches = iter(stream)
    elif kind == "sequence":
        batches = (stream[i] for i in range(len(stream)))
    else:
        batches = iter(stream)
    parts: list[Rows] = []
    size, ended, following = 0, True, None
    for batch in batches:
        if steps and len(parts) == steps:
            ended, following = False, batch
            break
        part = read_batch(batch)
        size += sum(one.array.size for one in [*part.x, *part.y])
        check_size((size,), "x")
        parts.append(part)
    if not parts:
        raise CaptureError("x", "rows", "a data set without batches")
    rows = joined(parts)
    if not ended:
        rows.remarks.append(
            f"steps_per_epoch={steps} of a longer stream: its first {len(rows)} rows are taken"
        )
    rows.steady = repeats(stream, kind, parts[0], following)
    return rows


def read_batch(batch: Any) -> Rows:
    """One batch of a stream. Raises CaptureError for one without y, or that is a single row."""
    if not isinstance(batch, (tuple, list)) or not 2 <= len(batch) <= 3:
        raise CaptureError("x", "a data set of pairs (x, y)", "one without y")
    x, y, weights = (*batch, None)[:3]
    if len(getattr(y, "shape", (1,))) == 0:  # of a single row y has no axis left
        raise CaptureError("x", "batches of rows", "a data set without .batch(n)")
    return read_rows(x, y, weights=weights)


def joined(parts: list[Rows]) -> Rows:
    """Batches as the rows that they hold."""
    shapes = {tuple(part.array.shape[1:] for part in [*one.x, *one.y]) for one in parts}
    if len(shapes) > 1:
        raise CaptureError("x", "batches of one shape", "several")
    counts = [len(one) for one in parts]
    if len({one.weights is None for one in parts}) > 1:
        raise CaptureError("sample_weight", "one in each batch, or in none", "one in some")

    def together(which: str) -> list[Part]:
        columns = zip(*(getattr(one, which) for one in parts))
        return [
            Part(same[0].name, np.concatenate([part.array for part in same]), same[0].columns,
                 same[0].dtype, same[0].container)
            for same in columns
        ]  # fmt: skip

    rows = Rows(together("x"), together("y"), parts[0].structure, batch=counts[0])
    if parts[0].weights is not None:
        rows.weights = np.concatenate([one.weights for one in parts if one.weights is not None])
    if len(set(counts[:-1])) > 1 or counts[-1] > counts[0]:
        rows.remarks.append(f"batches of {min(counts)} to {max(counts)} rows: taken as {counts[0]}")
    return rows


def repeats(stream: Any, kind: str, first: Rows, following: Any) -> bool:
    """Whether a second pass begins with the same batch: else the data set shuffles."""
    if kind == "iterator":  # what comes after an epoch is the next one's
        again = following
        if again is None:
            return True
    elif kind == "sequence":
        if hasattr(stream, "on_epoch_end"):
            stream.on_epoch_end()
        again = stream[0]
    else:
        again = next(iter(stream))
    second = read_batch(again)
    return all(
        np.array_equal(a.array, b.array, equal_nan=a.array.dtype.kind == "f")
        for a, b in zip(first.x, second.x)
    )


# -------------------------------------------------------------------- the model


@dataclass
class Step:
    """One call of a layer or operation in a traced model.

    Attributes:
        operation: the layer or operation.
        arguments, named: what it was called with; tensors among them.
        inputs: the tensors among those.
        node: which call of the operation this is, of all that were ever made.
    """

    operation: Any
    arguments: list[Any]
    named: dict[str, Any]
    inputs: list[Any]
    node: int = 0

    @property
    def name(self) -> str:
        return str(getattr(self.operation, "name", ""))

    @property
    def kind(self) -> str:
        """Of a layer its class; of an operation what Keras 3 calls it, else the function's name."""
        kind = type(self.operation).__name__
        if kind in ("TFOpLambda", "SlicingOpLambda"):
            function = str(self.operation.get_config().get("function"))
            return TENSORFLOW_OPERATIONS.get(function, function)
        return kind

    @property
    def is_operation(self) -> bool:
        """It is a function of tensors rather than a layer."""
        module = module_of(self.operation)
        in_2 = type(self.operation).__name__ in ("TFOpLambda", "SlicingOpLambda")
        own_function = ".ops." in module or ".activations." in module
        return in_2 or (own_function and ".layers." not in module)


class Graph:
    """A model's `call`, traced on symbolic inputs and followed back from its outputs.

    Sequential, functional and subclassed models are read in the same way; models that are used as
    layers are opened.

    Attributes:
        starts: the symbolic inputs.
        steps: the calls, each after those that it needs.
        outputs: the symbolic outputs, with the keys that `call` gave them, or None.
    """

    def __init__(self, keras: Keras, model: Any, starts: list[Any], given: Any) -> None:
        """
        Args:
            keras: the Keras of the model.
            model: whose call is traced.
            starts: the symbolic inputs.
            given: the same in the structure that `call` takes.

        Raises:
            CaptureError: for a call that cannot be traced.
        """
        self._keras, self.starts = keras, starts
        self._in_training = False
        self.steps: list[Step] = []
        self._origins: dict[int, tuple[int, int]] = {}  # of a tensor: step (-1 - i: start i), place
        self._found: dict[int, Any] = {}
        self._opened: dict[tuple[int, int], list[Any]] = {}
        self._alive: list[Any] = []  # what is looked up by id may not be freed
        named = _outputs(self._call(model, [given], {}))
        self.outputs = [tensor for _, tensor in named]
        self.names = [name for name, _ in named]
        for tensor in self.outputs:
            self._follow(tensor)
        for step in self.steps if self._in_training else ():
            step.named.pop("training", None)  # ours, not the script's

    def origin(self, tensor: Any) -> tuple[int, int]:
        """The step that gave a tensor (-1 - i: it is start i), and its place among the results."""
        return self._origins[id(tensor)]

    def _call(self, model: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        # A class of the user's own may have a Dropout behind `if training:`.
        own = not root_of(type(model))
        if own and "training" in inspect.signature(model.call).parameters:
            named, self._in_training = {**named, "training": True}, True
        try:
            return model.call(*arguments, **named)
        except CaptureError:
            raise
        except Exception as error:
            line = (str(error).strip().splitlines() or [""])[0]
            raise CaptureError(
                f"model {brief(model.name)}", "a model whose call can be traced",
                f"{type(error).__name__}: {line[:200]}",
            ) from None  # fmt: skip

    def _follow(self, tensor: Any) -> None:
        """Add the steps that lead to a tensor; with a stack, since models are deep."""
        calls: dict[tuple[int, int], int] = {}
        for i, step in enumerate(self.steps):
            calls[id(step.operation), step.node] = i
        todo = [tensor]
        while todo:
            current = todo[-1]
            if id(current) in self._origins:
                todo.pop()
                continue
            if id(current) not in self._found:
                self._alive.append(current)
                self._found[id(current)] = self._locate(current)
            found = self._found[id(current)]
            if isinstance(found, int):
                self._origins[id(current)] = (-1 - found, 0)
                continue
            step, place = found
            at = calls.get((id(step.operation), step.node))
            if at is None:
                missing = [one for one in step.inputs if id(one) not in self._origins]
                if missing:
                    todo.extend(missing)
                    continue
                at = len(self.steps)
                calls[id(step.operation), step.node] = at
                self.steps.append(step)
            self._origins[id(current)] = (at, place)

    def _locate(self, tensor: Any) -> int | tuple[Step, int]:
        """The start that a tensor is, or the call that gave it, nested models opened."""
        while True:
            for i, start in enumerate(self.starts):
                if tensor is start:
                    return i
            history = getattr(tensor, "_keras_history", None)
            if history is None or history[0] is None:
                raise CaptureError("model", "a graph of layers from its inputs", "another tensor")
            operation, index, place = history
            node = operation._inbound_nodes[index]
            if self._keras.is_3:
                arguments, named = list(node.arguments.args), dict(node.arguments.kwargs)
            else:
                arguments, named = list(node.call_args), dict(node.call_kwargs)
            named = _without_masks(arguments, named)
            inputs = [one for one in _flat([arguments, named]) if _is_tensor(one)]
            if isinstance(operation, self._keras.Model):
                key = (id(operation), index)
                if key not in self._opened:
                    given = {key: value for key, value in named.items() if key != "training"}
                    result = self._call(operation, arguments, given)
                    self._opened[key] = [one for _, one in _outputs(result)]
                    self._alive += self._opened[key]
                tensor = self._opened[key][place]
                continue
            step = Step(operation, arguments, named, inputs, index)
            if step.is_operation and step.kind in CONVERSIONS and len(inputs) == 1:
                tensor = inputs[0]
                continue
            if not inputs:
                raise CaptureError(
                    f"layer {brief(step.name)} ({step.kind})", "tensors of the model's inputs",
                    "a constant",
                )  # fmt: skip
            return step, place


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "_keras_history")


def _flat(value: Any) -> Iterator[Any]:
    """The leaves of lists, tuples and dicts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _outputs(result: Any) -> list[tuple[str | None, Any]]:
    """What a call returned, as Keras flattens it: dicts by their sorted keys."""
    if isinstance(result, dict):
        return [(str(key), result[key]) for key in sorted(result)]
    if isinstance(result, (list, tuple)):
        return [(None, item) for item in _flat(result)]
    return [(None, result)]


def _without_masks(arguments: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    """The named arguments without the masks that Keras passes on by itself: those of an operation,
    where an argument has one of its own."""
    masked = any(getattr(one, "_keras_mask", None) is not None for one in _flat(arguments))

    def passed_on(value: Any) -> bool:
        if not _is_tensor(value):
            return value is None
        operation = value._keras_history[0]
        return masked and operation is not None and ".layers." not in module_of(operation)

    return {
        key: value
        for key, value in named.items()
        if not (key.endswith("mask") and all(map(passed_on, _flat(value)))) and value is not None
    }


# As one chain of layers, which Loss Ledger's own engine trains.

# Rows that a preprocessing layer takes at once.
BLOCK = 8192
# The named argument that Keras 3 gives to a layer in a symbolic call.
OF_KERAS = ("training", False)


def is_chain(graph: Graph) -> bool:
    """Whether known layers lead in one line from one input to one output."""
    if len(graph.starts) != 1 or len(graph.outputs) != 1 or not graph.steps:
        return False
    if len({id(step.operation) for step in graph.steps}) < len(graph.steps):
        return False
    before, front = -1, True
    for at, step in enumerate(graph.steps):
        if [graph.origin(one) for one in step.inputs] != [(before, 0)]:
            return False
        own = {key: value for key, value in step.named.items() if (key, value) != OF_KERAS}
        if own and not step.is_operation:  # a Dropout that is always on, say
            return False
        before, shapes = at, step.kind in SHAPE_LAYERS
        preprocesses = front and step.kind in PREPROCESSING_LAYERS
        if step.is_operation:
            known = step.kind in ACTIVATION_OPERATIONS or step.kind in CHAIN_LAYERS
        else:
            known = bool(root_of(step.operation)) and (
                step.kind in CHAIN_LAYERS or shapes or preprocesses
            )
        if not known:
            return False
        front = front and (shapes or preprocesses)
    return graph.origin(graph.outputs[0]) == (before, 0)


@dataclass
class Chain:
    """The layers from input to output, those that were applied to the rows, the weights, float32 by
    'POSITION.NAME', and the names of the columns that came of it, or None."""

    layers: list[dict[str, Any]]
    applied: list[str]
    weights: dict[str, np.ndarray]
    columns: list[str] | None


def read_chain(graph: Graph, keras: Keras, rows: list[Rows]) -> Chain | None:
    """A chain; layers before the first Dense that change the rows and learn nothing are the
    script's own preprocessing, and are applied to x of the rows, which gets float64 [rows, inputs].

    Returns:
        None where x is more than columns of numbers after them; the rows are as they were then.
    """
    steps, applied = list(graph.steps), []
    xs = [one.x[0].array for one in rows]
    while steps and steps[0].kind in (*SHAPE_LAYERS, *PREPROCESSING_LAYERS):
        step = steps.pop(0)
        if step.kind != "InputLayer":
            xs = [_apply(step.operation, x) for x in xs]
            applied.append(f"{step.kind} ({step.name})")
    if xs[0].ndim != 2 or xs[0].dtype.kind not in "biuf":
        return None
    for one, x in zip(rows, xs):
        one.x[0].array = np.ascontiguousarray(x, dtype="float64")
    # The columns of a frame keep their names unless a layer has made other ones of them.
    columns = rows[0].x[0].columns
    columns = columns if columns is not None and len(columns) == xs[0].shape[1] else None
    weights = {}
    for position, step in enumerate(steps):
        for variable in getattr(step.operation, "weights", ()):
            name = _path(variable).rsplit("/", 1)[-1]
            weights[f"{position}.{name}"] = to_numpy(variable).astype("float32")
    return Chain([describe(step, keras) for step in steps], applied, weights, columns)


def _apply(layer: Any, x: np.ndarray) -> np.ndarray:
    """What the layer gives, which is float32, as float64."""
    blocks = [to_numpy(layer(x[at : at + BLOCK])) for at in range(0, len(x), BLOCK)]
    return np.concatenate(blocks).astype("float64")


def _path(variable: Any) -> str:
    return str(getattr(variable, "path", None) or variable.name).split(":")[0]


def describe(step: Step, keras: Keras) -> dict[str, Any]:
    """A layer, or an operation that is an activation, as class, module and configuration."""
    if step.is_operation and step.kind in ACTIVATION_OPERATIONS:
        name, layer, arguments = ACTIVATION_OPERATIONS[step.kind]
        config: dict[str, Any] = {"name": step.name}
        for argument in arguments:
            value = getattr(step.operation, argument, step.named.get("alpha"))
            if value is not None:
                config[argument] = float(value)
        if not arguments:
            config["activation"] = name
        layer = layer if arguments else "Activation"
        return {"class": layer, "module": "keras.layers", "config": config}
    found = serialize(step.operation, keras)
    config = found["config"]
    for argument in ("activation", "recurrent_activation"):
        # A function need not have a configuration, or has one that only its script can read.
        function = getattr(step.operation, argument, None)
        of_a_layer = root_of(function) and isinstance(config.get(argument), dict)
        if callable(function) and not (of_a_layer and hasattr(function, "get_config")):
            config[argument] = activation_name(function)
    config.setdefault("name", step.name)
    config["trainable"] = bool(getattr(step.operation, "trainable", True))
    return found


def activation_name(function: Any) -> str:
    """Its name, if it is Keras' or TensorFlow's; else its module and name, which no table has."""
    module = module_of(function)
    name = str(getattr(function, "__name__", type(function).__name__))
    if module.startswith("keras.") and ".activations" in module:
        return name
    if module.startswith("tensorflow."):
        return name[:-3] if name.endswith("_v2") else name
    return f"{module}.{name}"


def without_logits(step: Step, keras: Keras) -> str:
    """A line on TensorFlow's own softmax or sigmoid, which in Keras 3 do not hand their logits to
    the loss as Keras' do (Keras 2 finds them in the graph), or ''."""
    function = getattr(step.operation, "activation", None)
    if not (keras.is_3 and callable(function) and module_of(function).startswith("tensorflow.")):
        return ""
    name = activation_name(function)
    if name not in ("softmax", "sigmoid"):
        return ""
    return (
        f"layer {brief(step.name)}: tf.nn.{name} is taken as Keras' {name}, whose loss goes on to "
        "fall where TensorFlow's is cut off, at probabilities below 1e-7"
    )


# As a Functional, which Keras' own fit trains.


@dataclass
class Functional:
    """A model as keras.saving.serialize_keras_object writes it, and its weights, float32 by
    'LAYER/NAME'."""

    config: dict[str, Any]
    weights: dict[str, np.ndarray]


def read_functional(
    graph: Graph, keras: Keras, name: str, inputs: list[str], source: Source | None
) -> Functional:
    """A graph of built-in layers. Raises CaptureError that lists all the others.

    Args:
        graph: of the model.
        keras: the Keras of it.
        name: of the model.
        inputs: the names of the inputs, by the starts.
        source: of the script, for the lines of its layers, or None.
    """
    refused = [why for step in graph.steps for why in refusals(step, keras, source)]
    if refused:
        raise CaptureError(
            "model", "Keras' own layers only: a bundle holds no code",
            ", ".join(dict.fromkeys(refused)),
            "write them as built-in layers, or apply them to x before fit",
        )  # fmt: skip
    names: dict[int, str] = {}
    taken = set(inputs)
    ordinal: list[int] = []
    for step in graph.steps:
        ordinal.append(
            sum(other.operation is step.operation for other in graph.steps[: len(ordinal)])
        )
        if id(step.operation) not in names:
            names[id(step.operation)] = unused(step.name or step.kind.lower(), taken)
    places = {-1 - i: (name, 0) for i, name in enumerate(inputs)}
    for at, step in enumerate(graph.steps):
        places[at] = (names[id(step.operation)], ordinal[at])

    def refer(value: Any) -> Any:
        """An argument, its tensors as Keras writes them."""
        if _is_tensor(value):
            at, place = graph.origin(value)
            config = {"shape": plain(list(value.shape)), "dtype": dtype_name(value),
                      "keras_history": [*places[at], place]}  # fmt: skip
            return {"class_name": "__keras_tensor__", "config": config}
        if isinstance(value, dict):
            return {str(key): refer(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [refer(item) for item in value]
        if isinstance(value, slice):
            config = {"start": value.start, "stop": value.stop, "step": value.step}
            return {"class_name": "__slice__", "config": plain(config)}
        if value is Ellipsis:
            return {"class_name": "__ellipsis__", "config": {}}
        return plain(value)

    layers: dict[str, dict[str, Any]] = {}
    for start, own in zip(graph.starts, inputs):
        config = {"batch_shape": plain(list(start.shape)), "dtype": dtype_name(start),
                  "sparse": False, "name": own}  # fmt: skip
        layers[own] = {"module": "keras.layers", "class_name": "InputLayer", "config": config,
                       "registered_name": None, "name": own, "inbound_nodes": []}  # fmt: skip
    weights: dict[str, np.ndarray] = {}
    for step in graph.steps:
        own = names[id(step.operation)]
        if own not in layers:
            layers[own] = {**built_in(step, keras), "name": own, "inbound_nodes": []}
            layers[own]["config"]["name"] = own
            settled = settle_state(step, layers[own]["config"])
            for variable in () if settled else getattr(step.operation, "weights", ()):
                tail = _path(variable).split(f"{step.name}/", 1)[-1]
                weights[unused(f"{own}/{tail}", set(weights))] = to_numpy(variable).astype(
                    "float32"
                )
        arguments, named = step.arguments, step.named
        if is_layer_too(step):  # a merging layer takes one list
            arguments = [step.inputs] if step.kind in MERGES else step.inputs[:1]
            named = {}
        layers[own]["inbound_nodes"].append({"args": refer(arguments), "kwargs": refer(named)})
    ends = [graph.origin(one) for one in graph.outputs]
    config = {
        "name": name,
        "trainable": True,
        "layers": list(layers.values()),
        "input_layers": [[own, 0, 0] for own in inputs],
        "output_layers": [[*places[at], place] for at, place in ends],
    }
    content = {"module": "keras.src.models.functional", "class_name": "Functional",
               "config": config, "registered_name": "Functional"}  # fmt: skip
    return Functional(content, weights)


def unused(wanted: str, taken: set[str]) -> str:
    """The wanted name or one like it, which is then taken."""
    name, i = wanted, 0
    while name in taken:
        i += 1
        name = f"{wanted}_{i}"
    taken.add(name)
    return name


def dtype_name(tensor: Any) -> str:
    """As 'float32'."""
    dtype = tensor.dtype
    return str(getattr(dtype, "name", dtype))


def refusals(step: Step, keras: Keras, source: Source | None) -> list[str]:
    """What of a layer no configuration of built-in layers says, each with its place."""

    def place(name: str, kind: str) -> str:
        line = source.line_of_call(kind) if source else 0
        return f"layer {brief(name)} ({kind}{f', line {line}' if line else ''})"

    if step.is_operation:
        if is_layer_too(step) or ".ops." in module_of(step.operation):
            return []
        return [f"the operation {step.kind} ({brief(step.name)})"]
    try:
        inner = list(step.operation._flatten_layers())
    except (AttributeError, TypeError):
        inner = [step.operation]
    found = [
        place(str(layer.name), type(layer).__name__)
        for layer in inner
        if not root_of(layer) or type(layer).__name__ == "Lambda"
    ]
    return found or [
        f"{place(step.name, step.kind)}: {what}"
        for what in own_parts(describe(step, keras)["config"])
    ]


def own_parts(config: Any) -> Iterator[str]:
    """The classes and functions in a configuration that are not Keras' own."""
    if isinstance(config, dict):
        kind, module = config.get("class_name"), str(config.get("module") or "keras")
        if isinstance(kind, str) and "config" in config:
            own_module = not f"{module}.".startswith("keras.") and module != "builtins"
            if kind == "__lambda__":
                yield "a lambda"
                return
            registered = config.get("registered_name") not in (None, kind)
            if own_module or registered or (kind == "function" and module == "builtins"):
                yield str(config["config"] if kind == "function" else kind)
                return
        for key, item in config.items():
            named = key in ("activation", "recurrent_activation") and isinstance(item, str)
            if named and "." in item:
                yield f"{key} {item}"
            else:
                yield from own_parts(item)
    elif isinstance(config, list):
        for item in config:
            yield from own_parts(item)


def is_layer_too(step: Step) -> bool:
    """It is an operation that a built-in layer does as well."""
    several = len(step.inputs) > 1 and len({len(one.shape) for one in step.inputs}) == 1
    return step.is_operation and (
        step.kind in ACTIVATION_OPERATIONS or (several and step.kind in MERGES)
    )


def built_in(step: Step, keras: Keras) -> dict[str, Any]:
    """A step as a layer of a Functional's configuration, without its name and its calls: a built-in
    layer, or an operation of Keras 3."""
    own = step.is_operation and not is_layer_too(step)
    if not own and step.is_operation and step.kind in MERGES:
        config: dict[str, Any] = {}
        if step.kind == "Concatenate":
            axis = getattr(step.operation, "axis", step.named.get("axis", -1))
            config["axis"] = int(axis)
        found = {"class": step.kind, "config": config}
    elif own:
        found = serialize(step.operation, keras)
    else:
        found = describe(step, keras)
    return {
        "module": module_of(step.operation) if own else "keras.layers",
        "class_name": found["class"],
        "config": found["config"],
        "registered_name": found["class"] if own else None,
    }


def settle_state(step: Step, config: dict[str, Any]) -> bool:
    """Put into a preprocessing layer's configuration what its `adapt` has learnt; whether its
    weights say no more than that."""
    layer, kind = step.operation, step.kind
    if kind == "Normalization" and getattr(layer, "input_mean", None) is None:
        mean, variance = (getattr(layer, name, None) for name in ("mean", "variance"))
        if mean is not None and variance is not None:
            config["mean"], config["variance"] = (
                to_numpy(one).astype("float64").ravel().tolist() for one in (mean, variance)
            )
    elif kind in ("StringLookup", "IntegerLookup", "TextVectorization"):
        words = layer.get_vocabulary(include_special_tokens=False)
        config["vocabulary"] = plain(words if isinstance(words, list) else np.asarray(words))
    elif kind == "Discretization" and getattr(layer, "bin_boundaries", None) is not None:
        config["bin_boundaries"] = plain(list(layer.bin_boundaries))
    else:
        return kind == "Normalization"
    return True


def read_model(
    keras: Keras, model: Any, rows: list[Rows], source: Source | None
) -> tuple[Chain | Functional, list[str], Graph]:
    """A model with the rows that it is trained on, which get the rank that its inputs have.

    Args:
        keras: the Keras of the model.
        model: the live model.
        rows: the training rows, and the validation rows where there are some.
        source: of the script, or None.

    Returns:
        The model, the names of its inputs, and its graph.

    Raises:
        CaptureError: for a model that is not made of built-in layers.
    """
    declared = getattr(model, "inputs", None) or []
    names = [str(getattr(tensor, "name", "")).split(":")[0] for tensor in declared]
    names = [str(name) for name in getattr(model, "input_names", None) or names]
    for one in rows:
        order_inputs(one, model, names)
    check_alike(rows, "x")
    first = rows[0].x
    if declared and len(declared) != len(first):
        raise CaptureError(
            "x", f"an array for each of the model's {len(declared)} inputs", f"{len(first)} of them"
        )
    starts = []
    make_input = keras.find("Input", "engine.input_layer.Input")
    for i, part in enumerate(first):
        given = declared[i] if declared else None
        rank = None if given is None or given.shape is None else len(given.shape)
        for one in rows:
            one.x[i].array = of_rank(one.x[i].array, rank)
        dtype = dtype_name(given) if given is not None else "float32"
        if part.array.dtype.kind == "U" and dtype != "string":
            raise CaptureError(
                "x", "numbers", f"text, as {brief(str(part.array.ravel()[0]))}",
                "apply what reads it to x before fit, and give the model its numbers",
            )  # fmt: skip
        name = names[i] if declared else (part.name or "input")
        shape = part.array.shape[1:]
        if given is not None and rank == part.array.ndim:
            shape = tuple(given.shape)[1:]
        starts.append((name, make_input(shape=shape, dtype=dtype)))
    inputs: list[str] = []
    for name, _ in starts:
        inputs.append(unused(name, set(inputs)))
    tensors = [tensor for _, tensor in starts]
    given_to_call: Any = tensors[0] if len(tensors) == 1 else tensors
    if not declared and rows[0].structure == "dict":
        given_to_call = {str(part.name): tensor for part, tensor in zip(first, tensors)}
    graph = Graph(keras, model, tensors, given_to_call)
    if any(getattr(model, name, None) for name in ("_losses", "_callable_losses")):
        raise CaptureError(f"model {brief(model.name)}", "no add_loss: its loss is compile's")
    chain = read_chain(graph, keras, rows) if is_chain(graph) else None
    if chain is not None:
        return chain, inputs, graph
    return read_functional(graph, keras, str(model.name), inputs, source), inputs, graph


def of_rank(array: np.ndarray, rank: int | None) -> np.ndarray:
    """As Keras does: a column of its own for a single number a row, and back."""
    if array.ndim == 1 and rank in (None, 2):
        return array[:, None]
    if array.ndim == 2 and array.shape[1] == 1 and rank == 1:
        return array[:, 0]
    return array


def order_inputs(rows: Rows, model: Any, names: list[str]) -> None:
    """x given as a dict, in the order of the model's inputs."""
    if rows.structure != "dict" or not names:
        return
    by_name = {part.name: part for part in rows.x}
    keys = names
    structure = getattr(model, "_inputs_struct", None)
    if isinstance(structure, dict):  # of Keras 3: keys of its own, flattened by their order
        keys = sorted(map(str, structure))
    missing = [key for key in keys if key not in by_name]
    if missing:
        raise CaptureError(
            "x", f"an array for the input {brief(missing[0])}", ", ".join(map(repr, by_name))[:200]
        )
    rows.x = [by_name[key] for key in keys]


# -------------------------------------------------------------------- the loss

# Batches at which a loss of the script's own is evaluated, and the rows of each.
PROBES, PROBE_ROWS = 7, 8
# How far the predictions of the probes lie from the targets, in deviations of these; of
# probabilities, how far their logits spread.
NEAR_TO_FAR = (0.05, 0.3, 1.0, 1.0, 3.0, 5.0, 30.0)
# Of logits no further: beyond, a probability is below what losses guard their logarithms by.
FAR_LOGIT = 10.0


@dataclass
class LossProbes:
    """What a loss of the script's own gives at probes.

    Attributes:
        true, predicted: float64 [probes, rows, targets] and [probes, rows, units].
        value: float64 [probes].
        gradient: of the value by `predicted`, of its shape.
    """

    true: np.ndarray
    predicted: np.ndarray
    value: np.ndarray
    gradient: np.ndarray


def losses_of(loss: Any, names: list[str], keys: list[str | None]) -> list[Any]:
    """The loss of each output, as compile was given it.

    Args:
        loss: one, or one for each output in a list or dict.
        names: of the outputs.
        keys: of the outputs where `call` returns a dict, else None.

    Raises:
        CaptureError: where an output has none.
    """
    if isinstance(loss, dict):
        known = [
            next((k for k in (key, name) if k in loss), None) for key, name in zip(keys, names)
        ]
        if len(names) == 1 and len(loss) == 1:
            known = list(loss)
        for key, name in zip(known, names):
            if key is None:
                raise CaptureError(f"compile(loss=...): output {brief(name)}", "a loss", "none")
        losses = [loss[key] for key in known]
    elif isinstance(loss, (list, tuple)):
        losses = list(loss)
    else:
        losses = [loss] * len(names)
    if len(losses) != len(names):
        raise CaptureError("compile(loss=...)", f"{len(names)} of them", f"{len(losses)}")
    if any(one is None for one in losses):
        raise CaptureError("compile(loss=...)", "a loss", "None")
    return losses


def loss_weights_of(model: Any, names: list[str], keys: list[str | None]) -> list[float]:
    """What compile multiplies each output's loss by."""
    given = getattr(model, "loss_weights", None)
    if given is None:
        given = getattr(getattr(model, "_compile_loss", None), "_user_loss_weights", None)
    if given is None:
        given = getattr(getattr(model, "compiled_loss", None), "_user_loss_weights", None)
    if given is None:
        return [1.0] * len(names)
    if isinstance(given, dict):
        by_output = (given.get(key, given.get(name)) for key, name in zip(keys, names))
        return [1.0 if one is None else float(one) for one in by_output]
    return np.broadcast_to(np.asarray(given, "float64"), len(names)).tolist()


def describe_loss(loss: Any, keras: Keras) -> tuple[dict[str, Any], Any]:
    """A loss as class, module and configuration, and itself where it is the script's own."""
    get, base = keras.find("losses.get"), keras.find("losses.Loss")
    if isinstance(loss, str):
        try:
            loss = get(loss)
        except Exception:
            raise CaptureError("compile(loss=...)", "one of Keras' losses", brief(loss)) from None
    if root_of(loss) and isinstance(loss, base):
        content = serialize(loss, keras)
        inner = getattr(loss, "fn", None)
        if inner is not None and type(loss).__name__ == "LossFunctionWrapper":
            return describe_loss(inner, keras)
        # Huber's configuration leaves its delta out.
        kwargs = plain(getattr(loss, "_fn_kwargs", None) or {})
        return {**content, "config": {**kwargs, **content["config"]}, "own": False}, None
    if inspect.isfunction(loss) and root_of(loss):
        config: dict[str, Any] = {}
        return {
            "class": loss.__name__,
            "module": module_of(loss),
            "config": config,
            "own": False,
        }, None
    name = str(getattr(loss, "__name__", type(loss).__name__))
    return {"class": name, "module": str(module_of(loss)), "config": {}, "own": True}, loss


def probe_loss(
    loss: Any, y: np.ndarray, shape: tuple[int, ...], activation: str, keras: Keras, as_fit: bool
) -> LossProbes:
    """Values and gradients of a loss of the script's own, at predictions near and far.

    Args:
        loss: a function of y_true and y_pred, or a Loss.
        y: the script's own targets, from which those of the probes are drawn.
        shape: of an output, without the rows.
        activation: of the output layer: of sigmoid and softmax the predictions are probabilities.
        keras: whose backend differentiates.
        as_fit: targets come as fit hands them on, with a column for a single number a row; else
            as the script has them.

    Raises:
        CaptureError: for a loss that gives no number there, or has no gradient.
    """
    random = np.random.default_rng(0)
    rows = probe_rows(y, random)
    true = y[rows]
    if as_fit and true.ndim == 2 and len(shape) == 1:
        true = true[..., None]
    if not keras.is_3 and as_fit and y.dtype.kind in "iub":
        kept: Any = y.dtype
    else:
        kept = "float32"
    predicted = probe_predictions(true.astype("float64"), shape, activation, random)
    name = str(getattr(loss, "__name__", type(loss).__name__))
    value, gradient = np.zeros(PROBES), np.zeros(predicted.shape)
    for i in range(PROBES):
        try:
            value[i], gradient[i] = differentiate(
                loss, true[i].astype(kept), predicted[i].astype("float32"), keras
            )
        except Exception as error:
            line = (str(error).strip().splitlines() or [""])[0]
            raise CaptureError(
                f"compile(loss={name})", "a number and its gradient at rows of y",
                f"{type(error).__name__}: {line[:200]}",
            ) from None  # fmt: skip
    flat = (PROBES, PROBE_ROWS, -1)
    # As the loss had them.
    given = true.astype(kept).reshape(flat).astype("float64")
    return LossProbes(given, predicted.reshape(flat), value, gradient.reshape(flat))


def probe_rows(y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Positions of rows of y, int64 [probes, rows]: from its least target to its largest in equal
    steps of their order, so that a loss of a few targets alone is seen."""
    first = y.reshape(len(y), -1)[:, 0]
    steps = np.linspace(0, len(y) - 1, PROBES * PROBE_ROWS).round().astype("int64")
    return random.permutation(np.argsort(first, kind="stable")[steps]).reshape(PROBES, PROBE_ROWS)


def probe_predictions(
    true: np.ndarray, shape: tuple[int, ...], activation: str, random: np.random.Generator
) -> np.ndarray:
    """float32 values as float64 [probes, rows, *shape], in the range of the output."""
    spread = np.array(NEAR_TO_FAR).reshape((-1,) + (1,) * (1 + len(shape)))
    noise = random.normal(size=(PROBES, PROBE_ROWS, *shape)) * spread
    logits = np.clip(noise, -FAR_LOGIT, FAR_LOGIT)
    if activation in ("sigmoid", "hard_sigmoid"):
        predicted = 1 / (1 + np.exp(-logits))
    elif activation == "softmax":
        shares = np.exp(logits / 2)  # two of them differ by FAR_LOGIT at most
        predicted = shares / shares.sum(axis=-1, keepdims=True)
    elif activation == "tanh":
        predicted = np.tanh(noise)
    else:
        finite = true[np.isfinite(true)]
        scale = float(finite.std()) if finite.size else 1.0
        scale = scale if scale > 0 else 1.0
        targets = np.nan_to_num(true).reshape((PROBES, PROBE_ROWS, -1))
        center = np.zeros(noise.shape)
        if targets.shape[2] in (1, math.prod(shape)):
            own = (1,) * len(shape) if targets.shape[2] == 1 else shape
            center = center + targets.reshape((PROBES, PROBE_ROWS, *own))
        predicted = center + scale * noise
        predicted[3] = -predicted[3]  # the other sign
        if activation in ("relu", "softplus", "exponential"):
            predicted = np.abs(predicted)
    return predicted.astype("float32").astype("float64")


def differentiate(
    loss: Any, true: np.ndarray, predicted: np.ndarray, keras: Keras
) -> tuple[float, np.ndarray]:
    """The value of a loss, a mean where it gives several, and its gradient by the predictions,
    through the backend's own differentiation. Raises whatever the loss raises, and ValueError
    where there is no gradient."""
    if keras.backend == "tensorflow":
        tf = importlib.import_module("tensorflow")
        at = tf.constant(predicted)
        with tf.GradientTape() as tape:
            tape.watch(at)
            value = tf.reduce_mean(loss(tf.constant(true), at))
        gradient = tape.gradient(value, at)
    elif keras.backend == "jax":
        jax = importlib.import_module("jax")
        numbers = importlib.import_module("jax.numpy")
        value, gradient = jax.value_and_grad(
            lambda at: numbers.mean(loss(numbers.asarray(true), at))
        )(numbers.asarray(predicted))
    elif keras.backend == "torch":
        ops = keras.find("ops.convert_to_tensor")
        at = ops(predicted).detach().requires_grad_(True)
        value = loss(ops(true), at).mean()
        [gradient] = importlib.import_module("torch").autograd.grad(value, [at])
    else:
        raise CaptureError("backend", "tensorflow, jax or torch", keras.backend)
    if gradient is None:
        raise ValueError("no gradient: it does not depend on the predictions")
    return float(to_numpy(value)), to_numpy(gradient).astype("float64")


# -------------------------------------------------------------------- what fit was given


def read_fit(
    model: Any,
    arguments: dict[str, Any],
    source: Source | None = None,
    line: int = 0,
    as_fit: bool = True,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a call of fit is given.

    Args:
        model: of Keras.
        arguments: of fit by their names, defaults included; `optimizer` and `loss` too for a model
            that was not compiled.
        source: of the script, or None.
        line: of the call there, 0 where it has none.
        as_fit: targets reach the loss as fit hands them on; else as the script has them.

    Returns:
        The content of captured.json, and the arrays beside it.

    Raises:
        CaptureError: for what cannot be captured.
    """
    keras = Keras(model)
    optimizer, loss = compiled_parts(model, arguments)
    if isinstance(optimizer, str):
        optimizer = keras.find("optimizers.get")(optimizer)
    train = read_rows(
        arguments["x"], arguments.get("y"), arguments.get("steps_per_epoch"),
        arguments.get("sample_weight"),
    )  # fmt: skip
    train, held_out = divide(train, arguments)
    both = [train] if held_out is None else [train, held_out]
    for one in both:
        if any(part.array.dtype.kind == "U" for part in one.y):
            raise CaptureError("y", "numbers", "text")
    read, inputs, graph = read_model(keras, model, both, source)
    names, activations = outputs_of(graph)
    order_outputs(both, names, graph.names, model)
    check_alike(both, "y")
    if len(train.y) != len(names):
        raise CaptureError(
            "y", f"an array for each of the model's {len(names)} outputs", f"{len(train.y)}"
        )
    check_step(model, keras)
    losses = losses_of(loss, names, graph.names)
    described = [describe_loss(one, keras) for one in losses]
    weighted = any(one.weights is not None for one in both)
    columns = train.x[0].columns if len(train.x) == 1 else None
    if isinstance(read, Chain):
        columns = read.columns
    content: dict[str, Any] = {
        "loss": described[0][0],
        "optimizer": serialize(optimizer, keras),
        "fit": {**fit_arguments(train, arguments, optimizer), "sample_weight": weighted},
        "inputs": [
            {"name": name, "shape": plain(list(start.shape)[1:]), "dtype": part.dtype,
             "columns": part.columns, "container": part.container}
            for name, start, part in zip(inputs, graph.starts, train.x)
        ],
        "outputs": [
            {"name": name, "shape": plain(list(tensor.shape)[1:]), "dtype": part.dtype,
             "columns": part.columns, "container": part.container,
             "loss": None if one == described[0][0] else one, "loss_weight": weight}
            for name, tensor, part, (one, _), weight in zip(
                names, graph.outputs, train.y, described, loss_weights_of(model, names, graph.names)
            )
        ],
        "columns": columns,
        "targets": train.y[0].columns if len(train.y) == 1 else None,
        "remarks": [
            *train.remarks,
            *remarks_on(model, arguments, train),
            *filter(None, (without_logits(step, keras) for step in graph.steps)),
        ],
        "versions": keras.versions(),
        "script": None if source is None else source.described(line),
    }  # fmt: skip
    arrays: dict[str, np.ndarray] = {}
    for one, suffix in zip(both, ("", "_validation")):
        if isinstance(read, Chain):
            arrays[f"x{suffix}"] = one.x[0].array
            arrays[f"y{suffix}"] = one.y[0].array.astype("float64")
        else:
            arrays.update({f"x{suffix}.{i}": part.array for i, part in enumerate(one.x)})
            arrays.update({f"y{suffix}.{i}": part.array for i, part in enumerate(one.y)})
        if weighted:  # Keras takes those of the others for 1
            arrays[f"w{suffix}"] = np.ones(len(one)) if one.weights is None else one.weights
    if isinstance(read, Chain):
        content.update(layers=read.layers, applied=read.applied, model=None)
    else:
        content.update(layers=[], applied=[], model=read.config)
    content["weights"] = list(read.weights)
    arrays.update({f"weight.{i}": array for i, array in enumerate(read.weights.values())})
    for i, (_, own) in enumerate(described):
        if own is None:
            continue
        probes = probe_loss(
            own, train.y[i].array, tuple(int(size or 1) for size in graph.outputs[i].shape[1:]),
            activations[i], keras, as_fit,
        )  # fmt: skip
        arrays.update({f"loss_probe.{i}.{name}": array for name, array in vars(probes).items()})
    return content, arrays


def compiled_parts(model: Any, arguments: dict[str, Any]) -> tuple[Any, Any]:
    """The optimizer and the loss. Raises CaptureError for a model without them."""
    optimizer, loss = arguments.get("optimizer"), arguments.get("loss")
    if optimizer is not None and loss is not None:
        return optimizer, loss
    if not (getattr(model, "compiled", False) or getattr(model, "_is_compiled", False)):
        raise CaptureError(
            "fit", "a compiled model", "one before compile: there is no loss to train",
            "or give capture() optimizer= and loss=",
        )  # fmt: skip
    optimizer = model.optimizer if optimizer is None else optimizer
    loss = model.loss if loss is None else loss
    if loss is None:
        raise CaptureError("compile(loss=...)", "a loss", "None")
    return optimizer, loss


def divide(train: Rows, arguments: dict[str, Any]) -> tuple[Rows, Rows | None]:
    """The training and the validation rows; with validation_split these are the last ones."""
    data = arguments.get("validation_data")
    if data is not None:
        steps = arguments.get("validation_steps")
        if isinstance(data, (tuple, list)):
            if not 2 <= len(data) <= 3:
                raise CaptureError("validation_data", "(x, y)", f"{len(data)} of them")
            x, y, weights = (*data, None)[:3]
            held_out = read_rows(x, y, weights=weights)
        else:
            held_out = read_rows(data, None, steps)
        return train, held_out
    share = arguments.get("validation_split")
    if not share:
        return train, None
    if train.batch is not None:
        raise CaptureError("validation_split", "arrays, as Keras does", "batches")
    at = math.floor(len(train) * (1.0 - share))
    if not 0 < at < len(train):
        raise CaptureError(
            "validation_split", "rows on both sides", f"{share!r:.20} of {len(train)} rows"
        )
    return train.split(at)


def check_alike(rows: list[Rows], name: str) -> None:
    """Raise CaptureError unless the validation rows have the arrays of `name`, x or y, in the
    shapes of the training rows."""
    if len(rows) < 2:
        return
    ours, theirs = (getattr(one, name) for one in rows)
    if len(ours) != len(theirs):
        raise CaptureError("validation_data", f"{len(ours)} arrays of {name}", f"{len(theirs)}")
    for a, b in zip(ours, theirs):
        if a.array.shape[1:] != b.array.shape[1:] and {a.array.ndim, b.array.ndim} != {1, 2}:
            wanted = ("rows", *a.array.shape[1:])
            raise CaptureError(
                "validation_data", f"{name} of shape {wanted}", f"{b.array.shape}"
            )  # fmt: skip


def outputs_of(graph: Graph) -> tuple[list[str], list[str]]:
    """The names of the layers that give the outputs, and their activations."""
    names, activations = [], []
    for tensor in graph.outputs:
        at, _ = graph.origin(tensor)
        if at < 0:
            raise CaptureError("model", "layers between its inputs and outputs", "none")
        step = graph.steps[at]
        names.append(step.name)
        function = getattr(step.operation, "activation", None)
        activation = getattr(function, "__name__", "") if callable(function) else ""
        if step.kind in ACTIVATION_OPERATIONS:
            activation = ACTIVATION_OPERATIONS[step.kind][0]
        activations.append(str(activation))
    return names, activations


def order_outputs(rows: list[Rows], names: list[str], keys: list[str | None], model: Any) -> None:
    """y given as a dict, in the order of the model's outputs."""
    own = [str(name) for name in getattr(model, "output_names", None) or names]
    for one in rows:
        by_name = {part.name: part for part in one.y}
        if None in by_name or (len(one.y) == 1 and len(names) == 1):
            continue
        found = []
        for i, name in enumerate(names):
            known = [keys[i], name, own[i] if i < len(own) else None]
            part = next((by_name[key] for key in known if key in by_name), None)
            if part is None:
                raise CaptureError(
                    "y",
                    f"an array for the output {brief(name)}",
                    ", ".join(map(str, by_name))[:200],
                )
            found.append(part)
        one.y = found


def check_step(model: Any, keras: Keras) -> None:
    """Raise CaptureError for a model that trains in a way of its own."""
    if type(model).train_step is not getattr(keras.Model, "train_step", None):
        raise CaptureError(
            f"model {brief(model.name)}", "Keras' own train_step", f"one of {type(model).__name__}",
            "capture(model, x, y, optimizer=..., loss=...) takes the same model with a loss of "
            "y_true and y_pred",
        )  # fmt: skip


def batch_size_of(train: Rows, arguments: dict[str, Any]) -> int:
    """Rows of a step."""
    size, steps = arguments.get("batch_size"), arguments.get("steps_per_epoch")
    if train.batch is not None:
        return train.batch
    if not size:  # as Keras' ArrayDataAdapter does
        size = math.ceil(len(train) / steps) if steps else 32
    return int(size)


def fit_arguments(train: Rows, arguments: dict[str, Any], optimizer: Any) -> dict[str, Any]:
    """Batch size, epochs, order, callbacks and weights of classes."""
    first = int(arguments.get("initial_epoch") or 0)
    last = max(first, int(arguments.get("epochs", 1)))
    shuffle = arguments.get("shuffle", True)
    return {
        "batch_size": batch_size_of(train, arguments),
        "shuffle": bool(shuffle) if train.batch is None else not train.steady,
        "epochs": last - first,
        "callbacks": [
            described_callback(callback, optimizer, range(first, last))
            for callback in as_list(arguments.get("callbacks"))
        ],
        "class_weight": class_weights(arguments.get("class_weight"), train),
        "validated": arguments.get("validation_data") is not None
        or bool(arguments.get("validation_split")),
    }


def class_weights(given: Any, train: Rows) -> dict[str, float] | None:
    """Weights by the numbers of the classes, as text, which JSON has for keys."""
    if given is None:
        return None
    if train.weights is not None:
        raise CaptureError("class_weight", "none beside sample_weight, as Keras does")
    try:
        by_class = {str(int(key)): float(weight) for key, weight in given.items()}
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise CaptureError(
            "class_weight", "numbers by class, as {0: 1.0, 1: 2.0}", brief(given)
        ) from None
    for key, weight in by_class.items():
        if not 0 <= weight <= FLOAT32_MAX:
            raise CaptureError(
                f"class_weight: class {key:.20}", "a finite number >= 0", f"{weight:g}"
            )
    return by_class


def as_list(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    if hasattr(callbacks, "callbacks"):  # a CallbackList
        callbacks = callbacks.callbacks
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


def described_callback(callback: Any, optimizer: Any, epochs: range) -> dict[str, Any]:
    """Its class, module and plain attributes; of a LearningRateScheduler the rates of all epochs
    too."""
    config = {
        name: plain(value)
        for name, value in vars(callback).items()
        if not name.startswith("_") and (value is None or isinstance(value, (int, float, str)))
    }
    if type(callback).__name__ == "LearningRateScheduler" and root_of(callback):
        config["rates"] = scheduled_rates(callback, optimizer, epochs)
    return {"class": type(callback).__name__, "module": module_of(callback), "config": config}


def scheduled_rates(callback: Any, optimizer: Any, epochs: range) -> list[list[float]] | None:
    """What a LearningRateScheduler sets, as [epochs trained before, rate] for each change, the
    first MAX_RATES of them; None where its function does not give a number.

    Keras asks it before each epoch, of the epoch's number and the rate as the optimizer has it, in
    float32.
    """
    rates: list[list[float]] = []
    try:
        rate = float(to_numpy(optimizer.learning_rate))
        for epoch in epochs:
            try:
                rate = float(callback.schedule(epoch, float(np.float32(rate))))
            except TypeError:  # a function of the epoch only
                rate = float(callback.schedule(epoch))
            if not math.isfinite(rate):
                return None
            if not rates or rate != rates[-1][1]:
                rates.append([epoch - epochs.start, rate])
            if len(rates) == MAX_RATES:
                break
    except Exception:  # whatever the script's own function raises, fit would have raised too
        return None
    return rates


def remarks_on(model: Any, arguments: dict[str, Any], train: Rows) -> list[str]:
    """Arguments that nothing in a bundle stands for."""
    remarks = [
        f"fit({name}={arguments[name]!r:.40})"
        for name, default in UNSUPPORTED.items()
        if arguments.get(name, default) != default
    ]
    first = arguments.get("initial_epoch")
    if first:
        remarks.append(
            f"fit(initial_epoch={first!r:.20}): of {arguments.get('epochs')} epochs "
            f"{max(0, int(arguments.get('epochs', 1)) - int(first))} are trained"
        )
    steps = arguments.get("steps_per_epoch")
    if steps and train.batch is None and steps * batch_size_of(train, arguments) < len(train):
        remarks.append(f"fit(steps_per_epoch={steps!r:.20}): an epoch is all rows")
    metrics = getattr(model, "_compile_metrics", None) or getattr(model, "compiled_metrics", None)
    if getattr(metrics, "_user_weighted_metrics", None):
        remarks.append("compile(weighted_metrics=...): every score of the pipeline is weighted")
    return remarks


# -------------------------------------------------------------------- the bundle


def write_bundle(
    path: Path, content: dict[str, Any], arrays: dict[str, np.ndarray], warned: list[str]
) -> None:
    """One file: a zip of captured.json and of an .npy for each array. It is whole or not there.

    Raises:
        OSError: where it cannot be written.
    """
    content = {"schema": SCHEMA, **content, "keras_warnings": warned}
    text = json.dumps(plain(content), allow_nan=False, ensure_ascii=False)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(_entry(CONTENT), text.encode("utf-8"))
            for name, array in arrays.items():
                with archive.open(_entry(f"{name}.npy"), "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, array, allow_pickle=False)
        partial.replace(path)
    finally:
        if partial.exists():
            partial.unlink()


def _entry(name: str) -> zipfile.ZipInfo:
    """The same bytes at any time."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


# -------------------------------------------------------------------- capture(): the one line


def capture(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    batch_size: int | None = None,
    epochs: int = 1,
    shuffle: bool = True,
    validation_data: Any = None,
    validation_split: float = 0.0,
    sample_weight: Any = None,
    class_weight: Any = None,
    steps_per_epoch: int | None = None,
    callbacks: Any = None,
    optimizer: Any = None,
    loss: Any = None,
    file: str | os.PathLike[str] | None = None,
) -> str:
    """Write the bundle of a program that trains a model on these rows.

    Args:
        model: of Keras, compiled unless optimizer and loss are given.
        x, y: the rows, as fit takes them.
        batch_size, epochs, shuffle, validation_data, validation_split, sample_weight,
            class_weight, steps_per_epoch, callbacks: as fit takes them.
        optimizer: of a training loop of one's own.
        loss: of such a loop: a function of y_true and y_pred, which gets targets in the shape that
            y has here.
        file: where to; NAME.ledger for the script NAME.py in the working directory by default,
            notebook.ledger where there is no script.

    Returns:
        The bundle's path.

    Raises:
        CaptureError: for a program that cannot be captured, in one line.
    """
    given = dict(locals())
    given.pop("model"), given.pop("file")
    frame = sys._getframe(1)
    source, line = Source.of(frame.f_code.co_filename), frame.f_lineno
    own_loop = optimizer is not None or loss is not None
    content, arrays = read_fit(model, given, source, line, as_fit=not own_loop)
    if Session.current is not None:
        Session.current.take(content, arrays)
    path = Path(file or ("notebook" if source is None else Path(source.name).stem) + SUFFIX)
    write_bundle(path, content, arrays, [])
    print(summary(path, content))
    return str(path)


def summary(path: Path, content: dict[str, Any]) -> str:
    """What was captured, for a terminal."""
    script, fit = content["script"], content["fit"]
    where = f" at line {script['line']} of {script['name']}" if script else ""
    form = "a chain of layers" if content["layers"] else "a model of built-in layers"
    lines = [f"{path}: {form}{where}, {fit['epochs']} epochs in batches of {fit['batch_size']}"]
    lines += [f"  note: {remark}" for remark in content["remarks"]]
    return "\n".join(lines)


# -------------------------------------------------------------------- loops: what the source says

# Bytes of a script that is looked through.
MAX_SOURCE = 2**20
# Files of installed packages, of Python itself, and what tf.function makes of a function, say
# nothing to the author of a script.
ELSEWHERE = (
    "site-packages", "dist-packages", "<frozen", os.sep + "lib" + os.sep + "python",
    "__autograph_generated_file",
)  # fmt: skip


class Source:
    """The text of a script, looked through without running it.

    Attributes:
        name: of its file, without folders.
        sha256: of its bytes.
        tree: parsed, or None where it cannot be.
    """

    _known: ClassVar[dict[str, Source | None]] = {}

    def __init__(self, path: Path, data: bytes) -> None:
        self.name = path.name
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.text = data.decode("utf-8", errors="replace")
        self.tree: ast.Module | None = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError):
            pass

    @classmethod
    def of(cls, filename: str) -> Source | None:
        """Of a file of the user's own; None for another, and for what is no file (a notebook)."""
        if filename not in cls._known:
            found = None
            if is_own(filename):
                data = Path(filename).read_bytes()
                found = cls(Path(filename), data) if len(data) <= MAX_SOURCE else None
            cls._known[filename] = found
        return cls._known[filename]

    def described(self, line: int) -> dict[str, Any]:
        """As captured.json has it."""
        return {"name": plain_text(self.name)[:200], "line": line, "sha256": self.sha256}

    def nodes(self, *kinds: type) -> list[Any]:
        """All nodes of these kinds, by their lines."""
        found = (
            [] if self.tree is None else [n for n in ast.walk(self.tree) if isinstance(n, kinds)]
        )
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    def code(self, node: ast.AST) -> str:
        """As it is written, on one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())

    def line_of_call(self, name: str) -> int:
        """The line of the only call of this name; 0 where there is none or there are several."""
        lines = [node.lineno for node in self.nodes(ast.Call) if called(node) == name]
        return lines[0] if len(lines) == 1 else 0

    def loop_at(self, line: int, first: int) -> ast.AST | None:
        """The innermost loop around a line, of the function that begins at line `first`."""
        loops = [
            node
            for node in self.nodes(ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp)
            if first <= node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        return loops[-1] if loops else None

    def head(self, loop: ast.AST) -> str:
        """The first line of a loop, without its colon."""
        lines = self.text.splitlines()
        at = getattr(loop, "lineno", 0)
        text = lines[at - 1].strip() if 0 < at <= len(lines) else ""
        return text.rstrip(":")[:100]

    def is_of_notebook(self) -> bool:
        """Whether it calls get_ipython() as an exported notebook does: without looking whether
        there is one."""
        names = [node for node in self.nodes(ast.Name) if node.id == "get_ipython"]
        calls = [node.func for node in self.nodes(ast.Call)]
        guarded = [node for one in self.nodes(ast.Try) for node in ast.walk(one)]
        looks = any(node.value == "get_ipython" for node in self.nodes(ast.Constant))
        return (
            bool(names)
            and not looks
            and all(name in calls and name not in guarded for name in names)
        )

    def other_fits(self, line: int) -> list[int]:
        """The lines of other calls of fit on what the call at this line is on."""
        calls = [
            node
            for node in self.nodes(ast.Call)
            if isinstance(node.func, ast.Attribute) and node.func.attr == "fit"
        ]
        here = [n for n in calls if n.lineno <= line <= (n.end_lineno or n.lineno)]
        if not here:
            return []
        subject = self.code(here[-1].func.value)
        return [n.lineno for n in calls if n not in here and self.code(n.func.value) == subject]


# Magics of a notebook that run Python, and time or hide it.
PYTHON_MAGICS = ("capture", "time", "timeit")


class Shell:
    """What get_ipython() gives a script that was exported from a notebook and runs without one.

    A magic that runs Python runs it, once. All else has no effect: the notebook's looks, commands
    of the system, cells in other languages.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        """namespace: of the script, in which the Python of a magic runs."""
        self._namespace = namespace
        self._ignored: list[str] = []

    @functools.cached_property
    def remark(self) -> str:
        """What had no effect until this is first read, in a line; '' for nothing."""
        known = list(dict.fromkeys(self._ignored))
        more = f" and {len(known) - 5} more" if len(known) > 5 else ""
        return f"of a notebook, without effect here: {', '.join(known[:5])}{more}" if known else ""

    def run_line_magic(self, name: str, line: str = "", *_others: Any, **_named: Any) -> None:
        if name in PYTHON_MAGICS:
            self._run(name, re.sub(r"^(-\w ?\d*\s+)+", "", line))  # options, of timeit
        else:
            self._ignored.append(f"%{name} {line}".strip()[:60])

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in PYTHON_MAGICS:
            self._run(name, cell)
        else:
            self._ignored.append(f"%%{name} {line}".strip()[:60])

    def magic(self, text: str) -> None:
        """As older exports spell run_line_magic."""
        name, _, line = text.strip().lstrip("%").partition(" ")
        self.run_line_magic(name, line)

    def system(self, command: str) -> None:
        self._ignored.append(f"!{command}"[:60])

    def getoutput(self, command: str) -> list[str]:
        self.system(command)
        return []

    def _run(self, name: str, text: str) -> None:
        code = compile(text, f"<%{name}>", "exec")
        exec(code, self._namespace)  # noqa: S102 (the script's own text)


def add_shell(namespace: dict[str, Any], source: Source | None) -> Shell | None:
    """Give a script that was exported from a notebook its get_ipython; None for another script."""
    if source is None or not source.is_of_notebook():
        return None
    shell = Shell(namespace)
    namespace["get_ipython"] = lambda: shell
    return shell


def called(node: ast.Call) -> str:
    """The last word of what a call calls."""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def is_own(filename: str) -> bool:
    """It is a file that the user wrote: not of a package, and not this one."""
    if filename == __file__ or any(place in filename for place in ELSEWHERE):
        return False
    return Path(filename).is_file()


def own_frames() -> list[types.FrameType]:
    """The frames of the user's own files, the innermost first."""
    frame: types.FrameType | None = sys._getframe(1)
    found = []
    while frame is not None:
        if is_own(frame.f_code.co_filename):
            found.append(frame)
        frame = frame.f_back
    return found


# Callbacks that count epochs, each fit from its first.
BEGIN_ANEW = ("EarlyStopping", "LearningRateScheduler", "ReduceLROnPlateau")
# Packages that call fit for the user, many times.
CALLERS = ("sklearn", "keras_tuner", "kerastuner", "optuna", "hyperopt", "skopt", "ray")


def calling_package() -> str:
    """The package that called fit on the user's behalf, or ''."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).split(".")[0]
        if package in CALLERS and not str(frame.f_globals["__name__"]).startswith("sklearn.utils"):
            return package
        frame = frame.f_back
    return ""


class OwnLoop:
    """A training loop without fit, and the line that captures what it trains.

    Attributes:
        line: before which that line belongs, or 0.
        code: the line; a part that the source does not tell stands as `...`.
    """

    def __init__(self, source: Source | None, names: dict[str, str]) -> None:
        """names: what the script calls its model and optimizer, where it is known."""
        self.line = 0
        parts = {"model": "model", "x": "x", "y": "y", "batch_size": "...", "epochs": "...",
                 "optimizer": "optimizer", "loss": "..."}  # fmt: skip
        if source is not None and source.tree is not None:
            parts.update(self._read(source))
        parts.update(names)
        rows = f"{parts['x']}, {parts['y']}" if parts["y"] else parts["x"]
        self.code = (
            f"from capture import capture; capture({parts['model']}, {rows}, "
            f"batch_size={parts['batch_size']}, epochs={parts['epochs']}, "
            f"optimizer={parts['optimizer']}, loss={parts['loss']})"
        )

    def _read(self, source: Source) -> dict[str, str]:
        tapes = [
            node
            for node in source.nodes(ast.With)
            if any(
                isinstance(item.context_expr, ast.Call)
                and called(item.context_expr) == "GradientTape"
                for item in node.items
            )
        ]
        if not tapes:
            return {}
        tape, found = tapes[0], {}
        functions = [
            node
            for node in source.nodes(ast.FunctionDef)
            if node.lineno <= tape.lineno <= (node.end_lineno or 0)
        ]
        at, batch = tape.lineno, None
        if functions:  # train_step(a, b), called in a loop elsewhere
            calls = [n for n in source.nodes(ast.Call) if called(n) == functions[-1].name]
            at = calls[0].lineno if calls else tape.lineno
            batch = [argument.arg for argument in functions[-1].args.args if argument.arg != "self"]
        loops = [
            node for node in source.nodes(ast.For) if node.lineno <= at <= (node.end_lineno or 0)
        ]
        if loops:
            self.line = loops[0].lineno
            found.update(self._rows(source, loops[-1]))
            names = [n.id for n in ast.walk(loops[-1].target) if isinstance(n, ast.Name)]
            batch = batch or names[-2:]
            counts = [
                n for n in loops if isinstance(n.iter, ast.Call) and called(n.iter) == "range"
            ]
            if counts:
                arguments = counts[0].iter.args
                found["epochs"] = source.code(arguments[-1] if len(arguments) < 3 else arguments[1])
        found.update(self._loss(source, tape, batch or []))
        return found

    def _rows(self, source: Source, loop: ast.For) -> dict[str, str]:
        """x, y and batch_size of what a loop goes over."""
        target: ast.AST = loop.iter
        if isinstance(target, ast.Call) and called(target) == "enumerate" and target.args:
            target = target.args[0]
        whole = {"x": source.code(target), "y": "", "batch_size": "None"}
        assigned = [
            node.value
            for node in source.nodes(ast.Assign)
            if node.lineno < loop.lineno and source.code(node.targets[0]) == source.code(target)
        ]
        nodes = [n for one in [target, *assigned] for n in ast.walk(one) if isinstance(n, ast.Call)]
        slices = [n for n in nodes if called(n) == "from_tensor_slices" and n.args]
        sizes = [n for n in nodes if called(n) == "batch" and n.args]
        pair = slices[0].args[0] if slices else None
        if not (isinstance(pair, ast.Tuple) and len(pair.elts) == 2 and sizes):
            return {} if isinstance(target, ast.Call) and called(target) == "range" else whole
        x, y = (source.code(one) for one in pair.elts)
        return {"x": x, "y": y, "batch_size": source.code(sizes[0].args[0])}

    def _loss(self, source: Source, tape: ast.With, batch: list[str]) -> dict[str, str]:
        """The model, and the loss as a function of y_true and y_pred."""
        assigned = {
            node.targets[0].id: node.value
            for node in ast.walk(tape)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        gradients = [
            n for n in source.nodes(ast.Call) if called(n) == "gradient" and len(n.args) > 1
        ]
        if not gradients:
            return {}
        value, variables = gradients[0].args[:2]
        owner = variables.value if isinstance(variables, ast.Attribute) else None
        model = source.code(owner) if owner is not None else ""
        loss = assigned.get(source.code(value))
        if not model or loss is None or not batch:
            return {"model": model} if model else {}
        true = batch[-1]

        class Inline(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.AST:
                known = assigned.get(node.id) if node.id != source.code(value) else None
                return self.visit(known) if known is not None else node

            def visit_Call(self, node: ast.Call) -> ast.AST:
                if source.code(node.func) == model or (
                    isinstance(node.func, ast.Name) and node.func.id == model
                ):
                    return ast.Name("y_pred", ast.Load())
                return self.generic_visit(node)

        inlined = Inline().visit(ast.parse(ast.unparse(loss), mode="eval").body)
        text = ast.unparse(inlined)
        free = {node.id for node in ast.walk(inlined) if isinstance(node, ast.Name)}
        if "y_pred" not in free or true not in free:
            return {"model": model}
        if isinstance(inlined, ast.Call) and not inlined.keywords:
            arguments = [ast.unparse(argument) for argument in inlined.args]
            if arguments == [true, "y_pred"]:
                return {"model": model, "loss": ast.unparse(inlined.func)}
        return {"model": model, "loss": f"lambda {true}, y_pred: {text}"}


# -------------------------------------------------------------------- the session


class Outcome:
    """Where the process that runs a script leaves what it found, and ends.

    Of threads and forked children too, whoever comes first writes; the process then ends at once,
    by a way that no `except` of the script can stop.
    """

    def __init__(self, bundle: Path, report: Path | None) -> None:
        """bundle: the file to write. report: of a failure, as JSON; None: the terminal gets it."""
        self.bundle, self.report = bundle, report
        self._folder = Path(tempfile.mkdtemp(prefix="capture-"))
        self._lock = threading.Lock()

    def claim(self) -> bool:
        """Whether nobody else has begun to write; from then on nobody else does."""
        try:
            os.close(os.open(self._folder / "first", os.O_CREAT | os.O_EXCL))
        except OSError:
            return False
        return True

    @property
    def is_over(self) -> bool:
        """Whoever was first is done: the folder of claims is gone."""
        return not self._folder.exists()

    def wait_for_writer(self) -> None:
        """Until whoever was first is done, in a thread or a forked child."""
        while (self._folder / "first").exists():
            time.sleep(0.05)

    def done(self, *lines: str) -> None:
        """Say so, and end."""
        with self._lock:
            if self.report is None:
                print("\n".join(lines), file=sys.__stdout__)
            self._end(0)

    def fail(self, error: CaptureError, place: dict[str, Any]) -> None:
        """Tell why nothing was captured, and end."""
        with self._lock:
            if self.is_over:
                os._exit(1)
            content = {name: str(getattr(error, name))[:2000] for name in
                       ("where", "expected", "received", "hint")}  # fmt: skip
            if self.report is None:
                at = Path(str(place.get("file", ""))).name
                line = f"{at}, line {place['line']}: " if place.get("line") else ""
                print(f"error: {line}{error}", file=sys.__stderr__)
            else:
                text = json.dumps(plain({**content, **place}), allow_nan=False)
                partial = self.report.with_name(f".partial-{os.getpid()}")
                partial.write_text(text, encoding="utf-8")
                partial.replace(self.report)
            self._end(2)

    def _end(self, code: int) -> None:
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            try:
                stream.flush()  # type: ignore[union-attr] # a script may have closed or removed it
            except Exception:  # noqa: S112
                continue
        shutil.rmtree(self._folder, ignore_errors=True)
        os._exit(code)


class Deferred:
    """The History of a fit that has not been trained yet. Whoever asks it for anything makes the
    session train what is owed."""

    def __init__(self, session: Session) -> None:
        self.__dict__.update(_session=session, _history=None)

    def __getattr__(self, name: str) -> Any:
        if self.__dict__["_history"] is None:
            self.__dict__["_session"].settle(f"History.{name}")
        return getattr(self.__dict__["_history"], name)


@dataclass
class Call:
    """A call of fit.

    Attributes:
        model, arguments: what was given.
        state: what a further call must have in common to go on with the same training.
        rows: the fingerprint of the training rows, once it is needed.
    """

    model: Any
    arguments: dict[str, Any]
    state: dict[str, Any]
    rows: np.ndarray | None = None

    @classmethod
    def of(cls, model: Any, arguments: dict[str, Any]) -> Call:
        keras = Keras(model)
        layers = list(model._flatten_layers()) if hasattr(model, "_flatten_layers") else []
        given = {name: arguments.get(name) for name in ("batch_size", "steps_per_epoch", "shuffle")}
        return cls(model, arguments, {
            "compile": (id(getattr(model, "optimizer", None)), repr(getattr(model, "loss", None)),
                        serialize(getattr(model, "optimizer", None), keras)),
            "layers that are frozen": [bool(layer.trainable) for layer in layers],
            **given,
        })  # fmt: skip

    def same_rows(self, other: Call) -> bool:
        """Whether another call is given the same rows, in whatever order."""
        names = ("x", "y", "sample_weight")
        if all(self.arguments.get(name) is other.arguments.get(name) for name in names):
            return True
        if any(stream_kind(one.arguments["x"]) for one in (self, other)):
            return False
        for one in (self, other):
            if one.rows is None:
                one.rows = read_rows(one.arguments["x"], one.arguments.get("y")).fingerprint()
        ours, theirs = self.rows, other.rows
        assert ours is not None and theirs is not None
        scale = float(np.abs(ours).max()) or 1.0
        return ours.shape == theirs.shape and bool(
            np.allclose(ours, theirs, rtol=1e-9, atol=1e-9 * scale)
        )

    def difference(self, other: Call) -> str:
        """What another call has of its own, so that it is another training; '' for nothing."""
        if other.model is not self.model:
            return "another model" if self.same_rows(other) else "another model and other rows"
        for name, value in self.state.items():
            if other.state[name] != value:
                return f"another {name}"
        return "" if self.same_rows(other) else "other rows"


class Session:
    """A script that runs under this one, up to its fit.

    Outside of a loop the process ends at the first fit. In a loop a fit is not trained but owed,
    and the script goes on, so that the calls are counted: on the same model and the same rows they
    are the epochs of one training. The first call that is another training ends the process. A
    script that asks for what only training gives (a History, evaluate, predict, weights) gets the
    real thing: what is owed is trained then. `wait` seconds after the first fit the process ends
    at any rate.

    Attributes:
        current: the session of this process, or None.
        shell: of a script that was exported from a notebook, or None.
    """

    current: Session | None = None

    def __init__(self, outcome: Outcome, script: str, wait: float) -> None:
        self.outcome, self.script, self.wait = outcome, script, wait
        self.inside = 0  # how deep in calls that Keras makes of itself
        self.warned: list[str] = []
        self._first: Call | None = None
        self._content: dict[str, Any] = {}
        self._arrays: dict[str, np.ndarray] = {}
        self._loop = ""
        self._calls = 0
        self._epochs = 0
        self._owed: list[tuple[Callable[[], Any], Deferred]] = []
        self._batches: Batches | None = None
        self._deadline = math.inf
        self.shell: Shell | None = None

    # What the script calls

    def fit(self, model: Any, arguments: dict[str, Any], train: Callable[[], Any]) -> Any:
        """Instead of keras.Model.fit. train: calls the original."""
        if self._batches is not None:
            self.finish("fit follows: what train_on_batch was given before it is taken")
        if self._first is not None:
            return self._fit_again(Call.of(model, arguments), train)
        self._claim()
        frames = own_frames()
        line = frames[0].f_lineno if frames else 0
        source = Source.of(frames[0].f_code.co_filename) if frames else None
        try:
            self._content, self._arrays = read_fit(model, arguments, source, line)
        except CaptureError as error:
            self.outcome.fail(error, place_of(frames[:1]))
        except BaseException as error:
            self.outcome.fail(_unread(error), place_of(frames[:1]))
        package = calling_package()
        if package:
            self._remark(f"fit was called by {package}: its first call is taken")
        others = source.other_fits(line) if source else []
        if others:
            lines = ", ".join(map(str, others[:10]))
            self._remark(f"fit stands at line {lines} too: the call at line {line} is taken")
        self._write()
        loop = loop_of(frames)
        if not loop or package:
            self._finished()
        self._loop, self._first = loop, Call.of(model, arguments)
        self._calls, self._epochs = 1, self._content["fit"]["epochs"]
        self._watch()
        return self._defer(model, train)

    def _fit_again(self, call: Call, train: Callable[[], Any]) -> Any:
        assert self._first is not None
        try:
            difference = self._first.difference(call)
        except CaptureError:
            difference = "other rows"
        if difference:
            which = "first call is" if self._calls == 1 else f"first {self._calls} calls are"
            self.finish(f"{self._loop}: fit is called again with {difference}: the {which} taken")
        if time.monotonic() > self._deadline:
            self.finish(self._out_of_time("the calls of fit"))
        self._calls += 1
        epochs = int(call.arguments.get("epochs", 1)) - int(
            call.arguments.get("initial_epoch") or 0
        )
        self._epochs += max(0, epochs)
        return self._defer(call.model, train)

    def _defer(self, model: Any, train: Callable[[], Any]) -> Deferred:
        deferred = Deferred(self)
        self._owed.append((train, deferred))
        model.history = deferred
        return deferred

    def settle(self, wanted: str) -> None:
        """Train what is owed, since the script asks for what it gives.

        Args:
            wanted: what it asks for.
        """
        if self.inside or not self._owed:
            return
        assert self._first is not None
        if stream_kind(self._first.arguments["x"]) == "iterator":
            self.finish(f"{self._loop}: {wanted} is asked for, and a generator has no second pass")
        self.inside += 1
        try:
            while self._owed:
                train, deferred = self._owed[0]
                deferred.__dict__["_history"] = train()
                self._owed.pop(0)
                if time.monotonic() > self._deadline:
                    self.finish(self._out_of_time("the calls of fit"))
        finally:
            self.inside -= 1

    def train_on_batch(
        self, model: Any, arguments: dict[str, Any], train: Callable[[], Any]
    ) -> Any:
        """Instead of keras.Model.train_on_batch: the batch is kept, and trained on."""
        self.settle("train_on_batch")
        if self._first is not None:
            return train()
        frames = own_frames()
        if self._batches is None:
            self._claim()
            try:
                self._batches = Batches(model, arguments, frames)
            except CaptureError as error:
                self.outcome.fail(error, place_of(frames[:1]))
            except BaseException as error:
                self.outcome.fail(_unread(error), place_of(frames[:1]))
            self._watch()
        else:
            try:
                self._batches.add(model, arguments)
            except CaptureError as error:
                self.outcome.fail(error, place_of(frames[:1]))
        self.inside += 1
        try:
            result = train()
        finally:
            self.inside -= 1
        if time.monotonic() > self._deadline:
            self.finish(self._out_of_time("the calls of train_on_batch"))
        return result

    def apply(self, optimizer: Any) -> None:
        """Before an optimizer's update outside of fit: a training loop of the script's own."""
        if self.inside or self._first is not None or self._batches is not None:
            return
        self._claim()
        self.refuse_own_loop(own_frames(), optimizer)

    def refuse_own_loop(self, frames: list[types.FrameType], optimizer: Any = None) -> None:
        """End with the one line that the script needs."""
        names: dict[str, str] = {}
        for frame in reversed(frames):
            for name, value in {**frame.f_globals, **frame.f_locals}.items():
                if name.startswith("_"):
                    continue
                if optimizer is not None and value is optimizer:
                    names["optimizer"] = name
        source = Source.of(frames[0].f_code.co_filename) if frames else Source.of(self.script)
        loop = OwnLoop(source, names)
        before = f" before line {loop.line}" if loop.line else " before the loop"
        self.outcome.fail(
            CaptureError("", "a call of fit", "a training loop of your own",
                         f"add{before}: {loop.code}"),
            place_of(frames[:1]),
        )  # fmt: skip

    def take(self, content: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """What the script's own call of capture() found; ends the process."""
        if not self.outcome.claim() and self._first is None and self._batches is None:
            self.outcome.wait_for_writer()
            os._exit(0)
        self._content, self._arrays = content, arrays
        self._write()
        self._finished()

    # The end

    def ended(self, how: str = "", place: dict[str, Any] | None = None) -> None:
        """The script has ended.

        Args:
            how: in an error or by sys.exit, where it has.
            place: file, line and source of that.
        """
        if self._first is None and self._batches is None:
            self.outcome.wait_for_writer()
            if self.outcome.is_over:
                os._exit(0)
            if how:
                hint = of_notebook(str((place or {}).get("source", "")))
                self.outcome.fail(
                    CaptureError("", "a script that runs to its fit", how, hint), place or {}
                )
            return
        at = f" at line {place['line']}" if place and place.get("line") else ""
        self.finish(f"the script ended with {how}{at} after its first fit" if how else "")

    def finish(self, remark: str) -> None:
        """Write all that was counted, and end."""
        if self._batches is not None:
            try:
                self._content, self._arrays = self._batches.read()
            except CaptureError as error:
                self.outcome.fail(error, self._batches.place)
            except BaseException as error:
                self.outcome.fail(_unread(error), self._batches.place)
        elif self._calls > 1:
            self._content["fit"]["epochs"] = self._epochs
            self._remark(
                f"{self._loop}: {self._calls} calls of fit on the same rows are taken as "
                f"{self._epochs} epochs of one"
            )
            callbacks = self._content["fit"]["callbacks"]
            kept = [one for one in callbacks if one["class"] not in BEGIN_ANEW]
            for name in sorted({one["class"] for one in callbacks if one not in kept}):
                self._remark(f"{name} begins anew at each call of fit: left out")
            self._content["fit"]["callbacks"] = kept
        if remark:
            self._remark(remark)
        self._write()
        self._finished()

    def _finished(self) -> None:
        self.outcome.done(
            summary(self.outcome.bundle, self._content),
            f"next, where Loss Ledger is: python -m stages adopt {self.outcome.bundle.name}",
        )

    def _claim(self) -> None:
        if not self.outcome.claim():  # another thread, or the process that this one is a fork of
            self.outcome.wait_for_writer()
            os._exit(0)

    def _remark(self, text: str) -> None:
        if text not in self._content["remarks"]:
            self._content["remarks"].append(plain_text(text)[:1000])

    def _write(self) -> None:
        if self.shell is not None and self.shell.remark:
            self._remark(self.shell.remark)
        try:
            write_bundle(self.outcome.bundle, self._content, self._arrays, self.warned)
        except OSError as error:
            self.outcome.fail(
                CaptureError(str(self.outcome.bundle), "a file to write", str(error)), {}
            )

    def _out_of_time(self, what: str) -> str:
        return (
            f"{self._loop or 'the script'}: after {self.wait:g} seconds {what} were not counted "
            "further: set epochs yourself if there are more"
        )

    def _watch(self) -> None:
        """End some time after `wait` seconds, even where the script comes back to none of us."""
        self._deadline = time.monotonic() + self.wait
        timer = threading.Timer(self.wait + 5, lambda: self.finish(self._out_of_time("its calls")))
        timer.daemon = True
        timer.start()


def _unread(error: BaseException) -> CaptureError:
    return CaptureError("", "a fit that can be read", f"{type(error).__name__}: {error}")


def place_of(frames: list[types.FrameType]) -> dict[str, Any]:
    """File, line and text of the innermost of these frames."""
    if not frames:
        return {}
    file, line = frames[0].f_code.co_filename, frames[0].f_lineno
    return {"file": file, "line": line, "source": linecache.getline(file, line)}


def loop_of(frames: list[types.FrameType]) -> str:
    """The loop that a call stands in, in the user's own files, as 'line 11 (for epoch in ...)'."""
    for frame in frames:
        source = Source.of(frame.f_code.co_filename)
        if source is None:
            continue
        loop = source.loop_at(frame.f_lineno, frame.f_code.co_firstlineno)
        if loop is not None:
            return f"line {getattr(loop, 'lineno', 0)} ({source.head(loop)})"
    return ""


class Batches:
    """The batches that train_on_batch was given, one after the other.

    Args of the constructor:
        model: of Keras.
        arguments: of the first call.
        frames: of the user's own files.

    Raises:
        CaptureError: for a model or a batch that cannot be captured.
    """

    def __init__(
        self, model: Any, arguments: dict[str, Any], frames: list[types.FrameType]
    ) -> None:
        self.place = place_of(frames[:1])
        self._model, self._frames = model, frames
        self._source = Source.of(frames[0].f_code.co_filename) if frames else None
        self._line = frames[0].f_lineno if frames else 0
        self._others = False
        self._batches: list[Rows] = []
        self._rows: list[list[int]] = []
        self._size = 0
        # The weights before the first step.
        _, arrays = read_fit(model, arguments, self._source, self._line)
        self._weights = {
            name: array for name, array in arrays.items() if name.startswith("weight.")
        }
        self.add(model, arguments)

    def add(self, model: Any, arguments: dict[str, Any]) -> None:
        """A further call; those of another model are left out. Raises CaptureError."""
        if model is not self._model:
            self._others = True
            return
        batch = read_rows(arguments["x"], arguments["y"], weights=arguments.get("sample_weight"))
        for part in [*batch.x, *batch.y]:
            part.array = part.array.copy()  # the script may use its buffer again
        self._size += sum(part.array.size for part in [*batch.x, *batch.y])
        check_size((self._size,), "train_on_batch")
        self._batches.append(batch)
        parts = [part.array.reshape(len(batch), -1) for part in [*batch.x, *batch.y]]
        self._rows.append(
            [hash(b"".join(p[i].tobytes() for p in parts)) for i in range(len(batch))]
        )

    def epoch(self) -> tuple[int, int]:
        """How many batches are one pass over the rows, and how many passes there are.

        A pass is the least number of batches that holds every row and comes again as a whole to
        the end; where none does, the batches up to the last new row.
        """
        seen: set[int] = set()
        least = 1
        for i, rows in enumerate(self._rows):
            if not seen.issuperset(rows):
                least = i + 1
                seen.update(rows)
        total = len(self._rows)
        for size in range(least, min(total, 2 * least) + 1):
            if total % size == 0:
                passes = [
                    sorted(row for rows in self._rows[at : at + size] for row in rows)
                    for at in range(0, total, size)
                ]
                if all(one == passes[0] for one in passes):
                    return size, total // size
        per_pass = sum(map(len, self._rows[:least]))
        return least, max(1, round(sum(map(len, self._rows)) / per_pass))

    def read(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The same as read_fit. Raises CaptureError."""
        size, epochs = self.epoch()
        rows = joined(self._batches[:size])
        steady = size < len(self._rows) and self._rows[0] == self._rows[size]

        def whole(parts: list[Part]) -> Any:
            if parts[0].name is not None:
                return {part.name: part.array for part in parts}
            return parts[0].array if len(parts) == 1 else [part.array for part in parts]

        content, arrays = read_fit(
            self._model,
            {"x": whole(rows.x), "y": whole(rows.y), "sample_weight": rows.weights,
             "batch_size": rows.batch, "epochs": epochs, "shuffle": not steady and epochs > 1},
            self._source, self._line,
        )  # fmt: skip
        content["remarks"] += [
            f"train_on_batch: {len(self._rows)} batches are {epochs} passes over {len(rows)} rows",
            *rows.remarks,
        ]
        if self._others:
            content["remarks"].append(
                "train_on_batch is called on other models too: the first is taken"
            )
        return content, {**arrays, **self._weights}


# -------------------------------------------------------------------- the command

# Methods of a model that give what only training can have given.
RESULTS = (
    "__call__", "predict", "evaluate", "predict_on_batch", "test_on_batch", "get_weights",
    "save", "save_weights", "export",
)  # fmt: skip
# The last words of the modules of any Keras that hold the classes below.
MODULES = ("model", "training", "training_v1", "base_optimizer", "optimizer", "optimizer_v2")
OPTIMIZERS = ("BaseOptimizer", "_BaseOptimizer", "Optimizer", "OptimizerV2")
UPDATES = ("apply", "apply_gradients", "stateless_apply")


class Finder(importlib.abc.MetaPathFinder):
    """Changes Keras as it is imported, so that the script chooses which one, and its backend."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name.split(".")[-1] not in MODULES or not any(
            name.startswith(f"{root}.") for root in ROOTS
        ):
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = Loader(spec.loader, self._session)
                return spec
        return None


class Loader(importlib.abc.Loader):
    """Another loader, and then the change."""

    def __init__(self, loader: Any, session: Session) -> None:
        self._loader, self._session = loader, session

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_loader"], name)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        self._loader.exec_module(module)
        for name in ("Model", *OPTIMIZERS):
            kind = vars(module).get(name)
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                if name == "Model":
                    replace_methods(kind, self._session)
                else:
                    watch_updates(kind, self._session)


def replace_methods(kind: Any, session: Session) -> None:
    """fit and train_on_batch of a class of models go through the session, and what gives results
    settles what it owes."""

    def through(name: str, method: Callable[..., Any]) -> None:
        original = getattr(kind, name, None)
        if original is None:
            return
        signature = inspect.signature(original)

        @functools.wraps(original)
        def replaced(*arguments: Any, **named: Any) -> Any:
            bound = signature.bind(*arguments, **named)  # a TypeError as Keras raises it
            if session.inside:
                return original(*arguments, **named)
            bound.apply_defaults()
            values = dict(bound.arguments)
            values.update(values.pop("kwargs", {}))
            model = values.pop("self")
            return method(model, values, lambda: original(*arguments, **named))

        setattr(kind, name, replaced)

    def settling(name: str) -> None:
        original = getattr(kind, name, None)
        if original is None:
            return

        @functools.wraps(original)
        def replaced(*arguments: Any, **named: Any) -> Any:
            session.settle(name)
            return original(*arguments, **named)

        setattr(kind, name, replaced)

    through("fit", session.fit)
    through("train_on_batch", session.train_on_batch)
    for name in RESULTS:
        settling(name)


def watch_updates(kind: Any, session: Session) -> None:
    """An optimizer's update outside of fit is told to the session."""
    for name in UPDATES:
        original = vars(kind).get(name)
        if original is None:
            continue

        def replaced(
            optimizer: Any, *arguments: Any, _original: Any = original, **named: Any
        ) -> Any:
            session.apply(optimizer)
            return _original(optimizer, *arguments, **named)

        setattr(kind, name, functools.wraps(original)(replaced))


def record_warnings(warned: list[str]) -> None:
    """Keep what Keras warns it will ignore: an old spelling that raises no error."""
    show = warnings.showwarning

    def showwarning(message: Any, category: Any, *others: Any, **named: Any) -> None:
        text = " ".join(str(message).split())
        if "no longer supported" in text and len(warned) < 20:
            warned.append(plain_text(text)[:200])
        show(message, category, *others, **named)

    warnings.showwarning = showwarning


def run(session: Session, script: str, arguments: list[str]) -> None:
    """Run a script as `python SCRIPT` does, in the module that is called __main__, and end."""
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    module = types.ModuleType("__main__")
    module.__file__ = script
    sys.modules["capture"] = sys.modules["__main__"]  # for a script that has the one line
    sys.modules["__main__"] = module
    source = Source.of(script)
    session.shell = add_shell(module.__dict__, source)
    try:
        code = compile(Path(script).read_bytes(), str(Path(script).absolute()), "exec")
        exec(code, module.__dict__)  # noqa: S102 (to run it is what the user asks for)
    except SystemExit as end:
        how = f"ended with sys.exit({str(end.code)!r:.80})" if end.code not in (None, 0) else ""
        session.ended(how and f"{how} before a call of fit", {})
    except BaseException as error:
        session.ended(last_line(error), place_of_error(error, script))
    for thread in threading.enumerate():  # as Python does at the end of a script
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    session.ended()
    text = source.text if source else ""
    if any(word in text for word in ("GradientTape(", "value_and_grad(", ".stateless_call(")):
        session.refuse_own_loop([])
    hint = "it imports torch: adopt takes Keras" if "torch" in sys.modules else ""
    session.outcome.fail(
        CaptureError(
            "", "a script that runs to its fit", "ended without a call of keras.Model.fit", hint
        ),
        {},
    )


def of_notebook(line: str) -> str:
    """What to do about a line of a script that only a notebook runs; '' for any other line."""
    if "get_ipython" in line or line.lstrip().startswith(("%", "!")):
        return "only a notebook runs this line: take it out, or call capture(...) in the notebook"
    return ""


def last_line(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__


def place_of_error(error: BaseException, script: str) -> dict[str, Any]:
    """File, line and source of the last frame that the author of the script wrote."""
    if isinstance(error, SyntaxError) and error.lineno:
        file = error.filename or script
        return {"file": file, "line": error.lineno, "source": error.text or ""}
    frames = [one for one in traceback.extract_tb(error.__traceback__) if is_own(one.filename)]
    if not frames:
        return {}
    last = frames[-1]
    source = linecache.getline(last.filename, last.lineno or 0)
    return {"file": last.filename, "line": last.lineno or 0, "source": source}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python capture.py",
        description="Run a Keras script up to its fit, and write what it trains as NAME.ledger.",
    )
    parser.add_argument("--out", metavar="FILE", help="the bundle (default: NAME.ledger)")
    parser.add_argument("--wait", type=float, default=WAIT, metavar="SECONDS",
                        help="for calls after the first fit (default: %(default)g)")  # fmt: skip
    parser.add_argument("--report", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("script", metavar="SCRIPT.py")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS",
                        help="the script's own arguments")  # fmt: skip
    given = parser.parse_args()
    if not Path(given.script).is_file():
        parser.error(f"expected a script. Received: {given.script!r:.200}, which is no file")
    bundle = Path(given.out or Path(given.script).stem + SUFFIX).absolute()
    outcome = Outcome(bundle, Path(given.report).absolute() if given.report else None)
    session = Session.current = Session(outcome, given.script, given.wait)
    record_warnings(session.warned)
    sys.meta_path.insert(0, Finder(session))
    run(session, given.script, given.arguments)


if __name__ == "__main__":
    main()
