"""The trained network as a Keras model that takes raw rows: normalization, layers, link.

Built from readable state and plain arrays with Keras' own layers and operations, so that
`keras.models.load_model` needs none of this code, and no pickled function.
"""

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import ops

from stages.lib.mlp import link
from stages.lib.mlp.network import Layer, Network
from stages.lib.params.contract import Contract
from stages.lib.transforms.columns import TRANSFORMS
from stages.lib.transforms.frame import FLOAT32_MAX
from stages.lib.transforms.state import (
    CategoricalColumn,
    NormalizationState,
    NumericColumn,
    TargetState,
)
from stages.lib.vocabulary.activations import ACTIVATIONS


def _interp(x: Any, knots: np.ndarray, values: np.ndarray) -> Any:
    """numpy.interp as a sum of clipped ramps."""
    if len(knots) == 1:
        return ops.zeros_like(x) + float(values[0])
    slopes = np.diff(values) / np.diff(knots)
    low, high = knots[:-1], knots[1:]
    # Not ops.clip: it takes its limits as configuration, in which an array cannot be saved.
    ramps = ops.minimum(ops.maximum(ops.expand_dims(x, -1), low), high) - low
    return float(values[0]) + ops.sum(ramps * slopes, axis=-1)


def _equal(x: Any, levels: np.ndarray) -> Any:
    return ops.cast(ops.equal(x, levels), "float64")


KERAS = SimpleNamespace(
    abs=ops.abs,
    clip=ops.clip,
    equal=_equal,
    erfinv=ops.erfinv,
    expm1=ops.expm1,
    floor=ops.floor,
    interp=_interp,
    log1p=ops.log1p,
    maximum=ops.maximum,
    minimum=ops.minimum,
    sign=ops.sign,
    sin=ops.sin,
    sqrt=ops.sqrt,
)


def keras_model(
    network: Network,
    contract: Contract,
    each: Sequence[dict[str, np.ndarray]],
    state: NormalizationState,
) -> keras.Model:
    """A functional model from raw rows to predictions, float64 throughout (see `predict`).

    Of several networks, with these arrays each, every one is a model in it, `member_0` and so on,
    and what they predict is averaged.

    Inputs, in the order of the table's columns: `numeric`, float64 [rows, numeric columns], with
    NaN for a gap, and, if there are any, `categorical`, text [rows, text columns], with '' for a
    gap. Output: probabilities of the classes or labels [rows, classes], or the targets [rows,
    targets] in their own units.
    """
    if len(each) == 1:
        return with_normalization([lambda x: _outputs(network, each[0], x)], contract, state)

    def member(k: int) -> Body:
        def body(x: Any) -> Any:
            own = keras.Input(x.shape[1:], dtype="float64")
            return keras.Model(own, _outputs(network, each[k], own), name=f"member_{k}")(x)

        return body

    return with_normalization([member(k) for k in range(len(each))], contract, state)


# From the table's inputs to what is trained to be the outputs, float64 [rows, inputs] to
# [rows, units].
Body = Callable[[Any], Any]


def with_normalization(
    bodies: Sequence[Body], contract: Contract, state: NormalizationState
) -> keras.Model:
    """A model from raw rows to predictions, as `keras_model` has it: those of several networks
    averaged."""
    inputs, x = _normalized(state)
    each = [_predicted(contract, state, body(x)) for body in bodies]
    return keras.Model(inputs, keras.layers.Average(dtype="float64")(each) if each[1:] else each[0])


def _predicted(contract: Contract, state: NormalizationState, outputs: Any) -> Any:
    """Probabilities, or targets in their own units, of one network's outputs."""
    if not contract.kind.is_regression:
        return link.probabilities(contract, outputs, ops)
    values = link.values(contract, outputs, ops)
    columns = [_inverse(values[:, k : k + 1], target) for k, target in enumerate(state.targets)]
    return ops.concatenate(columns, axis=1) if len(columns) > 1 else columns[0]


def _outputs(network: Network, arrays: dict[str, np.ndarray], x: Any) -> Any:
    """The layers of a network with these arrays, on its inputs [rows, inputs]."""
    for i, layer in enumerate(network.layers):
        for part, names in _parts(layer, i, i == len(network.layers) - 1):
            x = part(x)
            if names:
                part.set_weights([arrays[f"layer_{i}.{name}"] for name in names])
    return x


def _parts(
    layer: Layer, i: int, last: bool
) -> Iterator[tuple[keras.layers.Layer, tuple[str, ...]]]:
    """The layers that a layer of the network is in prediction, in their order, each with the names
    of its arrays in Keras' order."""
    name = f"layer_{i}"
    dense = keras.layers.Dense(layer.units, name="output" if last else name, dtype="float64")
    yield dense, ("kernel", "bias")
    yield from _normalization(layer, name, "before_activation")
    yield _activation(layer, f"{name}_activation"), layer.trained_activation
    yield from _normalization(layer, name, "after_activation")


def _normalization(
    layer: Layer, name: str, place: str
) -> Iterator[tuple[keras.layers.Layer, tuple[str, ...]]]:
    """The same of a normalization at this place, if there is one."""
    options = {"name": f"{name}_{place}", "dtype": "float64"}
    if layer.batch_normalization == place:
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        yield keras.layers.BatchNormalization(**options), names
    if layer.layer_normalization == place:
        yield keras.layers.LayerNormalization(**options), ("layer_gamma", "layer_beta")


def _activation(layer: Layer, name: str) -> keras.layers.Layer:
    """The layer that is this one's activation."""
    row = ACTIVATIONS[layer.activation]
    arguments = dict(layer.activation_arguments)
    if row.trained or arguments != row.arguments:
        return getattr(keras.layers, row.layer)(**arguments, name=name, dtype="float64")
    return keras.layers.Activation(row.name, name=name, dtype="float64")


def _inverse(values: Any, target: TargetState) -> Any:
    """A target in its own unit."""
    assert target.transform is not None and target.state is not None, target.name
    inverse = TRANSFORMS[target.transform].inverse
    assert inverse is not None, target.transform
    return inverse(values, target.state, KERAS)


def _normalized(state: NormalizationState) -> tuple[list[Any], Any]:
    """The model's inputs, and the network's input matrix [rows, inputs]."""
    columns = state.columns
    numbers = [(i, column) for i, column in enumerate(columns) if isinstance(column, NumericColumn)]
    texts = [
        (i, column) for i, column in enumerate(columns) if isinstance(column, CategoricalColumn)
    ]
    inputs: list[Any] = []
    pieces: dict[int, list[Any]] = {}
    if numbers:
        numeric = keras.Input((len(numbers),), dtype="float64", name="numeric")
        inputs.append(numeric)
        pieces |= _numeric(numeric, numbers)
    if texts:
        categorical = keras.Input((len(texts),), dtype="string", name="categorical")
        inputs.append(categorical)
        for position, (i, column) in enumerate(texts):
            pieces[i] = _categorical(categorical[:, position : position + 1], column)
    ordered = [tensor for i in range(len(columns)) for tensor in pieces[i]]
    x = ops.concatenate(ordered, axis=1) if len(ordered) > 1 else ordered[0]
    # The network was trained on float32 inputs.
    x = ops.cast(ops.clip(x, -FLOAT32_MAX, FLOAT32_MAX), "float32")
    return inputs, ops.cast(x, "float64")


def _numeric(numeric: Any, columns: list[tuple[int, NumericColumn]]) -> dict[int, list[Any]]:
    """The float64 [rows, inputs] tensors of each numeric column: its inputs and its indicator."""
    pieces = {}
    for position, (i, column) in enumerate(columns):
        raw = numeric[:, position : position + 1]
        gap = ops.isnan(raw)
        filled = raw if column.missing is None else ops.where(gap, column.missing, raw)
        transform = TRANSFORMS[column.transform]
        # A tensor without columns is one that Keras would have to carry for nothing.
        kept = bool(transform.names(column.name, column.state))
        values = [transform.apply(filled, column.state, KERAS)] * kept
        pieces[i] = values + [ops.cast(gap, "float64")] * column.indicator
    return pieces


def _categorical(text: Any, column: CategoricalColumn) -> list[Any]:
    """The float64 tensors of one text column: its encoding and its indicator."""
    known, pooled = column.categories, column.has_pool
    gap = _one_hot(text, [""])
    one_hot = _one_hot(text, known)
    new = 1.0 - gap - ops.sum(one_hot, axis=1, keepdims=True)
    if column.means is not None:
        # What is not known is in the pool, or has the mean of all rows as a gap has.
        every = [one_hot] * bool(known) + ([new, gap] if pooled else [new + gap])
        tensors = [ops.matmul(ops.concatenate(every, axis=1), column.means.of_all.table)]
    elif column.encoding == "one_hot":
        tensors = [one_hot] * bool(known) + [new] * pooled
    else:
        ranks = np.arange(len(known), dtype="float64")[:, None]
        tensors = [ops.matmul(one_hot, ranks) - gap + new * (len(known) if pooled else -1)]
    return tensors + [gap] * column.indicator


def _one_hot(text: Any, levels: list[str]) -> Any:
    """float64 [rows, levels]."""
    if not levels:
        return _one_hot(text, [""])[:, :0]
    unknown = "[UNK]"
    while unknown in levels:
        unknown += "]"
    lookup = keras.layers.StringLookup(vocabulary=levels, oov_token=unknown, output_mode="one_hot")
    return ops.cast(lookup(text), "float64")[:, 1:]
