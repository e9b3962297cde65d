"""A trained model put to use: its outputs for new rows, and a Keras model that takes raw ones."""

from itertools import pairwise
from typing import Any

import numpy as np

from stages.lib.keras_fit.build import keras_model
from stages.lib.keras_fit.fit import predict
from stages.lib.keras_fit.program import Input, inputs_of, split
from stages.lib.keras_fit.quiet import keras
from stages.lib.keras_fit.saved import TrainedModel
from stages.lib.mlp.keras_model import with_normalization
from stages.lib.transforms.state import NormalizationState

# Rows that are predicted at once.
BLOCK = 1024


def loaded(trained: TrainedModel, arrays: dict[str, np.ndarray]) -> Any:
    """The Keras model with these weights, by its paths."""
    model = keras_model(trained.file.model)
    assign(model, arrays)
    return model


def assign(model: Any, arrays: dict[str, np.ndarray]) -> None:
    """Give a Keras model these weights, by its paths."""
    for variable in model.weights:
        variable.assign(arrays[variable.path])


def outputs(
    trained: TrainedModel, arrays: dict[str, np.ndarray], state: NormalizationState, x: np.ndarray
) -> np.ndarray:
    """Of rows x, float32 [rows, inputs] of this state, float64 [rows, units]."""
    given = split(inputs_of(trained.file, state), x)
    found = predict(loaded(trained, arrays), given, BLOCK, trained.contract.units)
    return found.astype("float64")


def with_raw_inputs(
    trained: TrainedModel, arrays: dict[str, np.ndarray], state: NormalizationState
) -> Any:
    """A Keras model from raw rows to predictions, as `lib/mlp/keras_model.py` makes it of a
    chain; the model itself computes in the types that it was trained in."""
    model = loaded(trained, arrays)
    inputs = inputs_of(trained.file, state)

    def body(x: Any) -> Any:
        found = model([_columns(x, taken) for taken in inputs])
        several = found if isinstance(found, list | tuple) else [found]
        parts = [keras.ops.cast(part, "float64") for part in several]
        return keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]

    return with_normalization([body], trained.contract, state)


def _columns(x: Any, taken: Input) -> Any:
    """What one input of the model takes of x [rows, inputs]: slices of columns that lie beside each
    other, since Keras saves no list of positions."""
    ends = [i for i, (a, b) in enumerate(pairwise(taken.positions), 1) if b != a + 1]
    runs = np.split(np.array(taken.positions), ends)
    pieces = [x[:, int(run[0]) : int(run[-1]) + 1] for run in runs]
    whole = keras.ops.concatenate(pieces, axis=1) if len(pieces) > 1 else pieces[0]
    return keras.ops.cast(keras.ops.reshape(whole, (-1, *taken.shape)), taken.dtype)
