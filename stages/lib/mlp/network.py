"""The layers of one network, its flat parameter vector, and the forward pass of R of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stages.lib.mlp import initializers, streams
from stages.lib.mlp.activations import activate
from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.mlp.workers import SINGLE, Workers
from stages.lib.params.initializer import Initializer
from stages.lib.vocabulary.activations import ACTIVATIONS as ROWS
from stages.lib.vocabulary.layers import (
    ALPHA_DROPPED,
    BATCH_EPSILON,
    BATCH_MOMENTUM,
    LAYER_EPSILON,
    noises,
)

# Noises take 16 random bits a unit: a rate of dropout is met to 1/65536 and the scale is exact.
BITS = 65536
# Values of one activation held at once while predicting: 2^21 float64 are 16 MiB.
PREDICTION_VALUES = 2**21


@dataclass(frozen=True)
class Layer:
    """One dense layer. `activation_arguments` are all that its row has, in that order.
    `batch_normalization` and `layer_normalization` are none, before_activation or
    after_activation; `gaussian_noise`, `dropout` and `alpha_dropout` say that it is there (each
    replica has rates of its own)."""

    inputs: int
    units: int
    activation: str
    batch_normalization: str = "none"
    dropout: bool = False
    activation_arguments: tuple[tuple[str, float], ...] = ()
    layer_normalization: str = "none"
    gaussian_noise: bool = False
    alpha_dropout: bool = False

    @property
    def is_normalized(self) -> bool:
        """It has a normalization, of the batch or of the layer."""
        return {self.batch_normalization, self.layer_normalization} != {"none"}

    @property
    def trained_activation(self) -> tuple[str, ...]:
        """The arrays that its activation is trained with."""
        return ROWS[self.activation].trained

    def activate(self, x: Tensor, arrays: Mapping[str, Tensor]) -> Tensor:
        """Its activation of x [R, rows, units]; arrays: of `trained_activation` at least, each
        [R, 1, units]."""
        trained = {name: arrays[name] for name in self.trained_activation}
        return activate(self.activation, x, dict(self.activation_arguments), trained)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Trainable arrays of one replica."""
        shapes = {"kernel": (self.inputs, self.units), "bias": (self.units,)}
        if self.batch_normalization != "none":
            shapes |= {"gamma": (self.units,), "beta": (self.units,)}
        if self.layer_normalization != "none":
            shapes |= {"layer_gamma": (self.units,), "layer_beta": (self.units,)}
        return shapes | dict.fromkeys(self.trained_activation, (self.units,))


@dataclass(frozen=True)
class Network:
    """The architecture: what has to be equal for replicas to be trained in one graph."""

    layers: tuple[Layer, ...]

    @property
    def widest(self) -> int:
        """The most values that a row takes up in one place: as inputs, or in a layer."""
        return max(max(layer.inputs, layer.units) for layer in self.layers)

    @cached_property
    def arrays(self) -> dict[str, tuple[int, ...]]:
        """Shape of each trainable array of one replica, in the order of the flat vector."""
        return {
            f"layer_{i}.{name}": shape
            for i, layer in enumerate(self.layers)
            for name, shape in layer.shapes.items()
        }

    @cached_property
    def sizes(self) -> list[int]:
        return [int(np.prod(shape)) for shape in self.arrays.values()]

    @cached_property
    def moving_arrays(self) -> dict[str, tuple[int, ...]]:
        """Shape of each moving average of batch normalization, in the order of its vector."""
        return {
            f"layer_{i}.{name}": (layer.units,)
            for i, layer in enumerate(self.layers)
            if layer.batch_normalization != "none"
            for name in ("moving_mean", "moving_variance")
        }

    @property
    def every_array(self) -> dict[str, tuple[int, ...]]:
        """Both."""
        return self.arrays | self.moving_arrays

    @cached_property
    def moving_sizes(self) -> list[int]:
        return [shape[0] for shape in self.moving_arrays.values()]

    @cached_property
    def noises(self) -> list[tuple[str, int]]:
        """The keys of the layers' noises and the positions of their layers, in the order in which
        random numbers are drawn."""
        keys = [row.key for row in noises()]
        return [
            (key, i) for i, layer in enumerate(self.layers) for key in keys if getattr(layer, key)
        ]

    @cached_property
    def random_units(self) -> int:
        """Random numbers for one row."""
        return sum(self.layers[i].units for _, i in self.noises)

    def arrays_of(self, parts: list[Tensor]) -> list[dict[str, Tensor]]:
        """The trainable arrays of each layer, by name, from the flat parameters split by `sizes`:
        kernels [R, inputs, units], all others [R, 1, units]."""
        layers: list[dict[str, Tensor]] = [{} for _ in self.layers]
        for (name, shape), part in zip(self.arrays.items(), parts, strict=True):
            layer, kind = name.removeprefix("layer_").split(".")
            whole = shape if len(shape) == 2 else (1, *shape)
            layers[int(layer)][kind] = tf.reshape(part, [-1, *whole])
        return layers

    def initial(
        self, seed: int, drawn_by: Sequence[tuple[Initializer, Initializer]]
    ) -> dict[str, np.ndarray]:
        """One replica's arrays before training, float32, keyed by (seed, layer) alone. drawn_by:
        the initializers of each layer's kernel and bias."""
        arrays = {}
        for name, shape in self.arrays.items():
            layer, kind = name.removeprefix("layer_").split(".")
            if kind in ("kernel", "bias"):
                of_bias = int(kind == "bias")
                rng = streams.generator(seed, "weights", int(layer), of_bias)
                arrays[name] = initializers.draw(drawn_by[int(layer)][of_bias], shape, rng)
            else:
                arrays[name] = np.full(shape, float(kind.endswith("gamma")), "float32")
        for name, shape in self.moving_arrays.items():
            arrays[name] = np.full(shape, float(name.endswith("variance")), "float32")
        return arrays

    def flatten(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Named arrays of one replica as its two vectors: trainable [P] and moving [M]."""
        trainable = [arrays[name].ravel() for name in self.arrays]
        moving = [arrays[name].ravel() for name in self.moving_arrays]
        return np.concatenate(trainable), np.concatenate([*moving, np.zeros(0, "float32")])

    def unflatten(self, trainable: np.ndarray, moving: np.ndarray) -> dict[str, np.ndarray]:
        """The inverse of `flatten`."""
        return dict(
            [
                *_cut(self.arrays, self.sizes, trainable),
                *_cut(self.moving_arrays, self.moving_sizes, moving),
            ]
        )


def _cut(
    shapes: dict[str, tuple[int, ...]], sizes: list[int], vector: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    pieces = np.split(vector, np.cumsum(sizes)[:-1]) if sizes else []
    for (name, shape), piece in zip(shapes.items(), pieces, strict=True):
        yield name, piece.reshape(shape)


@dataclass
class Pass:
    """What one forward pass leaves: tensors [R, rows, units]; `moving` the new averages [R, M]."""

    before: list[Tensor]  # inputs of each layer's activation
    after: list[Tensor]  # and its outputs
    moving: Tensor

    @property
    def logits(self) -> Tensor:
        return self.before[-1]

    @property
    def output(self) -> Tensor:
        return self.after[-1]


@dataclass(frozen=True)
class Noise:
    """Random bits int32 [R, rows, random_units] in [0, 65536). keep: how many of the 65536 values
    keep a unit, for each replica: in all dropouts, int32 [R, 1, 1], or in each, [R, 1, dropouts].
    deviation: of Gaussian noise, float32, in the same way."""

    bits: Tensor
    keep: Tensor
    deviation: Tensor


@dataclass(frozen=True)
class Batch:
    """What makes a pass one of training: weights float32 [rows] of these rows, how many rows count
    in the whole batch (a scalar), and the processes that share it."""

    weights: Tensor
    count: Tensor
    workers: Workers = SINGLE

    def mean(self, values: Tensor) -> Tensor:
        """The mean over the rows of the whole batch, [R, 1, ...], for values [R, rows, ...]."""
        share = tf.reshape(self.weights / self.count, [-1, *[1] * (len(values.shape) - 2)])
        return self.workers.total(tf.reduce_sum(values * share, axis=1, keepdims=True))


def forward(
    network: Network,
    parts: list[Tensor],
    moving: Tensor,
    x: Tensor,
    noise: Noise | None = None,
    batch: Batch | None = None,
) -> Pass:
    """Outputs of R replicas for x, float32 [R or 1, rows, inputs].

    `parts` are the flat parameters split by `network.sizes`, each [R, size]; `moving` the averages
    [R, M]. With `batch` the pass is one of training: batch normalization uses the batch's own
    weighted moments and updates the moving ones. `noise` is None for none.
    """
    arrays = network.arrays_of(parts)
    averages = dict(
        zip(
            network.moving_arrays,
            tf.split(moving, network.moving_sizes, axis=1) if network.moving_sizes else [],
            strict=True,
        )
    )
    before: list[Tensor] = []
    after: list[Tensor] = []
    draws = None if noise is None else _Draws(noise)
    for i, layer in enumerate(network.layers):

        def normalized(values: Tensor, place: str, i: int = i) -> Tensor:
            if network.layers[i].batch_normalization == place:
                return _batch_normalize(values, arrays[i], averages, f"layer_{i}", batch)
            if network.layers[i].layer_normalization == place:
                return _layer_normalize(values, arrays[i])
            return values

        z = tf.matmul(x, arrays[i]["kernel"]) + arrays[i]["bias"]
        z = normalized(z, "before_activation")
        before.append(z)
        x = normalized(layer.activate(z, arrays[i]), "after_activation")
        after.append(x)
        if draws is not None:
            x = draws.pass_on(layer, x)
    new = tf.concat(list(averages.values()), axis=1) if averages else moving
    return Pass(before, after, new)


class _Draws:
    """Random numbers, taken layer by layer."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise
        self._units = self._keeps = self._deviations = 0

    def pass_on(self, layer: Layer, x: Tensor) -> Tensor:
        """What a layer passes on in training, of its outputs x [R, rows, units]."""
        if layer.gaussian_noise:
            # A normal number by its distribution function: 65536 of them, up to 4.3 deviations.
            uniform = tf.cast(2 * self._bits(layer) + 1 - BITS, tf.float32) / BITS
            deviation = _column(self._noise.deviation, self._deviations)
            self._deviations += 1
            x = x + deviation * (2.0**0.5) * tf.math.erfinv(uniform)
        if layer.dropout:
            kept, keep = self._kept(layer)
            x = x * kept * (BITS / keep)
        if layer.alpha_dropout:
            kept, keep = self._kept(layer)
            rate = 1 - keep / BITS
            scale = tf.math.rsqrt((1 - rate) * (1 + rate * ALPHA_DROPPED**2))
            dropped = ALPHA_DROPPED * (1 - kept)
            x = scale * (x * kept + dropped) - scale * ALPHA_DROPPED * rate
        return x

    def _bits(self, layer: Layer) -> Tensor:
        bits = self._noise.bits[:, :, self._units : self._units + layer.units]
        self._units += layer.units
        return bits

    def _kept(self, layer: Layer) -> tuple[Tensor, Tensor]:
        """1.0 where a unit is kept, else 0.0, and how many of BITS values keep one."""
        keep = _column(self._noise.keep, self._keeps)
        self._keeps += 1
        return tf.cast(self._bits(layer) < keep, tf.float32), tf.cast(keep, tf.float32)


def _column(settings: Tensor, i: int) -> Tensor:
    """[R, 1, 1] of settings [R, 1, 1] or [R, 1, several]."""
    return settings if settings.shape[2] == 1 else settings[:, :, i : i + 1]


def predict(
    network: Network, arrays: dict[str, np.ndarray], x: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows and their outputs, float64 [rows, units], of one trained replica for x float32
    [rows, inputs], block by block; of no rows, one block of none.

    Computed in float64 from the float32 weights: on unscaled inputs float32 sums differ between
    libraries, thread counts and batch shapes in the fifth digit of a probability.
    """
    vectors = [tf.constant(vector[None], tf.float64) for vector in network.flatten(arrays)]
    parts = tf.split(vectors[0], network.sizes, axis=1)
    block = max(64, PREDICTION_VALUES // network.widest)
    if not len(x):
        yield slice(0, 0), np.zeros((0, network.layers[-1].units))

    def outputs(rows: Tensor) -> Tensor:
        return forward(network, parts, vectors[1], rows[None]).output[0]

    compiled = tf.function(outputs, reduce_retracing=True, autograph=False)
    for start in range(0, len(x), block):
        rows = slice(start, start + block)
        yield rows, compiled(tf.constant(x[rows], tf.float64)).numpy()


def predict_each(
    network: Network, each: Sequence[dict[str, np.ndarray]], x: np.ndarray
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """The same of several trained replicas: rows, and the outputs of each."""
    blocks = [predict(network, arrays, x) for arrays in each]
    for of_each in zip(*blocks, strict=True):
        yield of_each[0][0], [outputs for _, outputs in of_each]


def _layer_normalize(values: Tensor, arrays: dict[str, Tensor]) -> Tensor:
    """Keras' LayerNormalization over the units, in its order of operations."""
    mean, variance = tf.nn.moments(values, axes=[2], keepdims=True)
    scale = tf.math.rsqrt(variance + LAYER_EPSILON) * arrays["layer_gamma"]
    return values * scale + (arrays["layer_beta"] - mean * scale)


def _batch_normalize(
    values: Tensor,
    arrays: dict[str, Tensor],
    averages: dict[str, Tensor],
    layer: str,
    batch: Batch | None,
) -> Tensor:
    """Keras' BatchNormalization; in training it also replaces this layer's moving averages."""
    if batch is None:
        mean = averages[f"{layer}.moving_mean"][:, None]
        variance = averages[f"{layer}.moving_variance"][:, None]
    else:
        mean = batch.mean(values)
        variance = batch.mean(tf.square(values - mean))
        for name, moment in (("moving_mean", mean), ("moving_variance", variance)):
            old = averages[f"{layer}.{name}"]
            new = BATCH_MOMENTUM * old + (1 - BATCH_MOMENTUM) * tf.stop_gradient(moment[:, 0])
            averages[f"{layer}.{name}"] = new
    scale = arrays["gamma"] * tf.math.rsqrt(variance + BATCH_EPSILON)
    return (values - mean) * scale + arrays["beta"]
