"""A checked configuration as a Keras model, and what it would be before anything is allocated."""

import copy
import json
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

from stages.lib.core.errors import UserError, one_line
from stages.lib.keras_fit.configuration import Config
from stages.lib.keras_fit.edit import LINEAR, output_function
from stages.lib.keras_fit.layers import LAYERS
from stages.lib.keras_fit.quiet import keras, tf

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Weights of one model: 2^26 float32 are 256 MiB, four times as much with an optimizer's averages.
MAX_WEIGHTS = 2**26
# Numbers that all layers together make of one row.
MAX_VALUES = 2**24


@dataclass(frozen=True)
class Outline:
    """What a model would be.

    Attributes:
        weights: numbers in all.
        units: of each output, in the model's order.
        activation: of the outputs, by its row of the vocabulary; linear where that is not known.
        products: multiplications of a row, forward.
        values: numbers that its layers make of a row.
        turns: steps that its recurrent layers take, one after the other.
    """

    weights: int
    units: tuple[int, ...]
    activation: str
    products: float
    values: int
    turns: int = 0


def keras_model(model: Config) -> Any:
    """The Keras model of a checked configuration, its weights drawn by its initializers.

    Raises:
        UserError: Keras cannot build it: shapes that do not fit each other, say.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A copy: Keras takes keys out of what it is given.
            return keras.saving.deserialize_keras_object(
                copy.deepcopy(model), safe_mode=True, custom_objects={}
            )
    except Exception as error:  # whatever Keras and TensorFlow raise for what does not fit
        text = str(error).rpartition("Exception encountered:")[2] or repr(error)
        # Keras colours some of its messages.
        text = _COLOUR.sub("", text)
        raise UserError("the model", "layers that fit each other", one_line(text)) from None


def outline(model: Config) -> Outline:
    """What the model would be, without a weight being drawn.

    Raises:
        UserError: Keras cannot build it, it has more than MAX_WEIGHTS or MAX_VALUES numbers, a size
            that is open, or an output that is no vector.
    """
    return _outline(json.dumps(model, sort_keys=True))


def weight_shapes(model: Config) -> dict[str, tuple[int, ...]]:
    """The shape of each of the model's weights, trained or not, by its path. Raises UserError."""
    return {variable.path: tuple(variable.shape) for variable in _unfilled(model).weights}


def weights_by_layer(model: Config) -> dict[str, dict[str, tuple[int, ...]]]:
    """The same of each of the model's layers by its name, in the layer's order. Raises
    UserError."""
    return {
        layer.name: {variable.path: tuple(variable.shape) for variable in layer.weights}
        for layer in _unfilled(model).layers
    }


def _unfilled(model: Config) -> Any:
    """The Keras model with variables that have shapes and no numbers."""
    try:
        with tf.device("cpu"), keras.StatelessScope(initialize_variables=False):
            return keras_model(model)
    finally:
        keras.backend.clear_session()


@lru_cache(maxsize=256)
def _outline(text: str) -> Outline:
    model = json.loads(text)
    built = _unfilled(model)
    found = [_sizes(layer) for layer in _leaves(built)]
    weights = sum(prod(variable.shape) for variable in built.weights)
    values = sum(values for values, _ in found)
    for what, number, most in (("weights", weights, MAX_WEIGHTS), ("numbers a row", values,
                                                                   MAX_VALUES)):  # fmt: skip
        if number > most:
            raise UserError("the model", f"at most {most} {what} in all", number)
    units = []
    for output in built.outputs:
        if len(output.shape) != 2 or output.shape[1] is None:
            raise UserError(
                "the model",
                "outputs of shape [rows, units]",
                f"{list(output.shape)} of {output.name!r:.60}",
            )
        units.append(int(output.shape[1]))
    activation = output_function(model) or LINEAR
    products = sum(products for _, products in found)
    turns = sum(_turns(layer) for layer in _leaves(built))
    return Outline(weights, tuple(units), activation, products, values, turns)


def _leaves(model: Any) -> list[Any]:
    """The layers of a model, also of those in it."""
    found = []
    for layer in model.layers:
        found += _leaves(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def _sizes(layer: Any) -> tuple[int, float]:
    """Numbers that a layer makes of a row, and multiplications that it takes: each of its weights
    once at each place of its output or step of its input. Both of all its calls."""
    weights = sum(prod(variable.shape) for variable in layer.weights)
    looks_up = type(layer).__name__ == "Embedding"
    values, products = 0, 0.0
    for taken, made in _calls(layer):
        for shape in made:
            if None in shape[1:]:
                raise UserError(f"layer {layer.name!r:.60}", "a shape that is known", f"{shape}")
            values += prod(shape[1:])
        places = max((prod(shape[1:-1]) for shape in made), default=1)
        if places == 1 and taken and len(taken[0]) == 3:
            places = taken[0][1] or 1
        products += 0.0 if looks_up else weights * places
    return values, products


def _turns(layer: Any) -> int:
    """Steps of a recurrent layer, of one that is wrapped too."""
    inside = [layer, getattr(layer, "forward_layer", None), getattr(layer, "backward_layer", None)]
    rows = [LAYERS.get(type(part).__name__) for part in inside]
    count = sum(row is not None and row.recurrent for row in rows)
    return count * sum(taken[0][1] or 1 for taken, _ in _calls(layer) if taken) if count else 0


def _calls(layer: Any) -> list[tuple[list[Any], list[Any]]]:
    """The shapes of the tensors that each call of the layer takes and makes, the rows first."""
    return [
        ([tensor.shape for tensor in node.input_tensors], [t.shape for t in node.output_tensors])
        for node in layer._inbound_nodes
    ]
