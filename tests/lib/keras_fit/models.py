"""Small Keras models that are no chain of layers, with rows for them, and as programs."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.lib.keras_fit.build import outline
from stages.lib.keras_fit.model import ModelFile, parse_model
from stages.lib.keras_fit.program import Input, KerasProgram, settled
from stages.lib.keras_fit.quiet import keras
from stages.lib.mlp.arms import Table
from stages.lib.mlp.batches import Part
from stages.lib.vocabulary.tasks import Task
from tests.cards import task_of
from tests.conftest import train_settings

layers = keras.layers


@dataclass(frozen=True)
class Example:
    """A model, its rows as a script has them, and its task."""

    model: Any
    x: list[np.ndarray]
    y: np.ndarray
    task: Task

    @property
    def matrix(self) -> np.ndarray:
        """float32 [rows, columns] of all inputs."""
        flat = [array.reshape(len(array), -1) for array in self.x]
        return np.concatenate(flat, axis=1).astype("float32")

    @property
    def file(self) -> ModelFile:
        """The model as data, with columns x0, x1, ..."""
        inputs, start = [], 0
        for tensor, array in zip(self.model.inputs, self.x, strict=True):
            width = int(np.prod(array.shape[1:]))
            columns = [f"x{i}" for i in range(start, start + width)]
            shape = list(array.shape[1:])
            inputs.append(
                {"name": tensor.name, "columns": columns, "shape": shape, "dtype": "float32"}
            )
            start += width
        content = {"schema": 1, "model": json.loads(self.model.to_json()), "inputs": inputs}
        return parse_model(content, "the model")

    def program(self, **changes) -> KerasProgram:
        """With keys of the section train changed."""
        params, file = train_settings(**changes), self.file
        found = outline(file.model)
        inputs, start = [], 0
        for taken in file.inputs:
            positions = tuple(range(start, start + len(taken.columns)))
            inputs.append(Input(positions, tuple(taken.shape), taken.dtype))
            start += len(positions)
        contract = settled(params, self.task, found, found.activation)
        return KerasProgram(params, contract, file.model, tuple(inputs), found)

    def parts(self, program: KerasProgram, held_out: int = 40) -> dict[str, Part]:
        """Its rows but the last ones, which validate and test."""
        return self.table(held_out).parts(program)

    def table(self, held_out: int = 40) -> Table:
        """The same as a table."""
        ends = (len(self.y) - 2 * held_out, len(self.y) - held_out, len(self.y))
        of_splits = zip(("train", "validation", "test"), (0, *ends), ends, strict=False)
        rows = {split: slice(start, end) for split, start, end in of_splits}
        return Table(
            {split: self.matrix[chosen] for split, chosen in rows.items()},
            {split: self.y[chosen] for split, chosen in rows.items()},
        )


def embedding(rows: int = 200) -> Example:
    """Two inputs: numbers, and a category that is looked up."""
    rng = np.random.default_rng(1)
    numbers, shop = rng.normal(size=(rows, 3)), rng.integers(0, 6, (rows, 1))
    y = numbers[:, :1] + rng.normal(size=6)[shop]
    a, b = keras.Input((3,), name="numbers"), keras.Input((1,), name="shop")
    h = layers.Concatenate()([a, layers.Flatten()(layers.Embedding(6, 2)(b))])
    h = layers.Dense(8, activation="relu")(h)
    return Example(keras.Model([a, b], layers.Dense(1)(h)), [numbers, shop], y, _NUMBER)


def skip(rows: int = 200) -> Example:
    """A skip, once as a layer and once as an operation, with dropout between."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(rows, 4))
    start = keras.Input((4,), name="x")
    h = layers.Dense(8, activation="tanh")(start)
    h = layers.Add()([h, layers.Dense(8, kernel_initializer="he_normal")(h)])
    h = h + layers.Dense(8, activation="relu", kernel_regularizer="l2")(h)
    h = layers.Dropout(0.0)(layers.LeakyReLU(negative_slope=0.2)(h))
    return Example(keras.Model(start, layers.Dense(1)(h)), [x], np.sin(x[:, :1]), _NUMBER)


def convolution(rows: int = 200) -> Example:
    """A classifier of short signals."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(rows, 12, 2)), rng.integers(0, 3, (rows, 1))
    x += y[:, :, None]
    model = keras.Sequential(
        [
            keras.Input((12, 2)),
            layers.Conv1D(4, 3, activation="relu", padding="same"),
            layers.MaxPooling1D(),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    return Example(model, [x], y.astype("int32"), task_of("multiclass", 3))


def recurrent(rows: int = 120) -> Example:
    """A classifier of short sequences, two classes."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(rows, 6, 2))
    y = (x[:, :, :1].sum(axis=1) > 0).astype("int32")
    model = keras.Sequential(
        [keras.Input((6, 2)), layers.LSTM(4), layers.Dense(1, activation="sigmoid")]
    )
    return Example(model, [x], y, task_of())


def two_outputs(rows: int = 200) -> Example:
    """Two numbers from two ends of one model."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(rows, 4))
    start = keras.Input((4,), name="x")
    h = layers.Dense(8, activation="relu")(start)
    model = keras.Model(start, [layers.Dense(1, name="a")(h), layers.Dense(1, name="b")(h)])
    return Example(model, [x], x[:, :2] ** 2, task_of("regression", targets=2))


def wrapped(rows: int = 120) -> Example:
    """Layers in layers: both ways through a sequence, and at each of its places a layer, then a
    model."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(rows, 5, 3))
    at_each = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)], name="at_each"
    )
    start = keras.Input((5, 3), name="x")
    h = layers.Bidirectional(
        layers.LSTM(3, return_sequences=True),
        backward_layer=layers.GRU(3, go_backwards=True, return_sequences=True),
    )(start)
    h = layers.TimeDistributed(layers.Dense(4, activation="tanh"))(h)
    h = layers.TimeDistributed(at_each)(h)
    h = layers.Bidirectional(layers.SimpleRNN(2), merge_mode="sum")(h)
    model = keras.Model(start, layers.Dense(1)(h))
    return Example(model, [x], x[:, 0, :1] + x[:, 3, 1:2], _NUMBER)


def towers(rows: int = 120) -> Example:
    """Two inputs through the same model and the same layer, and blocks whose layers have the same
    names."""
    rng = np.random.default_rng(7)
    pair = [rng.normal(size=(rows, 3)), rng.normal(size=(rows, 3))]
    tower = keras.Sequential(
        [keras.Input((3,)), layers.Dense(5, activation="relu"), layers.BatchNormalization(),
         layers.Dense(2)], name="tower",
    )  # fmt: skip
    both, ends = (
        layers.Dense(2, name="both"),
        [keras.Input((3,), name=n) for n in ("left", "right")],
    )
    h = layers.Subtract()([tower(end) for end in ends])
    for name in ("first", "second"):
        inside = keras.Input((2,))
        block = keras.Model(inside, layers.Dense(2, name="dense")(inside), name=name)
        h = layers.Add()([h, block(h)])
    h = layers.Concatenate()([h, *(both(end) for end in ends)])
    y = np.abs(pair[0] - pair[1]).sum(axis=1, keepdims=True)
    return Example(keras.Model(ends, layers.Dense(1, name="dense")(h)), pair, y, _NUMBER)


_NUMBER = task_of("regression")
EXAMPLES = (embedding, skip, convolution, recurrent, two_outputs)
