"""The arithmetic of initial weights, by the names and arguments of lib/vocabulary/initializers.py.

Each function draws one replica's array from one generator: fans are those of a single kernel, never
of a stack of them. The formulas are Keras' (keras.initializers); the samples are not its samples.
"""

from collections.abc import Callable

import numpy as np

from stages.lib.params.initializer import Initializer
from stages.lib.vocabulary.initializers import INITIALIZERS as ROWS

Shape = tuple[int, ...]
# (generator, shape, **arguments) -> float64 of that shape
Draw = Callable[..., np.ndarray]


def draw(initializer: Initializer, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """One array of initial weights, float32, of `shape`: [inputs, units] or [units]."""
    arguments = {**ROWS[initializer.name].arguments, **initializer.arguments}
    return INITIALIZERS[initializer.name](rng, shape, **arguments).astype("float32")


def _zeros(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    return np.zeros(shape)


def _ones(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    return np.ones(shape)


def _constant(rng: np.random.Generator, shape: Shape, value: float) -> np.ndarray:
    return np.full(shape, float(value))


def _random_normal(
    rng: np.random.Generator, shape: Shape, mean: float, stddev: float
) -> np.ndarray:
    return rng.normal(mean, stddev, shape)


def _random_uniform(
    rng: np.random.Generator, shape: Shape, minval: float, maxval: float
) -> np.ndarray:
    return rng.uniform(minval, maxval, shape)


def _truncated_normal(
    rng: np.random.Generator, shape: Shape, mean: float, stddev: float
) -> np.ndarray:
    """Normal, within two deviations of the mean."""
    from scipy.special import ndtr, ndtri

    unit: np.ndarray = ndtri(rng.uniform(ndtr(-2.0), ndtr(2.0), shape))
    return mean + stddev * unit


def _variance_scaling(
    rng: np.random.Generator,
    shape: Shape,
    scale: float,
    mode: str,
    distribution: str,
) -> np.ndarray:
    """Zero mean, variance scale / fan. A bias has as many inputs as outputs, as in Keras."""
    fan_in, fan_out = shape[0], shape[-1]
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    deviation = np.sqrt(scale / max(1.0, fans[mode]))
    if distribution == "uniform":
        limit = np.sqrt(3.0) * deviation
        return rng.uniform(-limit, limit, shape)
    if distribution == "untruncated_normal":
        return rng.normal(0.0, deviation, shape)
    assert distribution == "truncated_normal", distribution
    # The deviation of a unit normal truncated at two, so that the variance is as asked.
    return _truncated_normal(rng, shape, 0.0, deviation / 0.87962566103423978)


def _scaled(scale: float, mode: str, distribution: str) -> Draw:
    """Keras' short names of `variance_scaling`."""

    def initializer(rng: np.random.Generator, shape: Shape) -> np.ndarray:
        return _variance_scaling(rng, shape, scale, mode, distribution)

    return initializer


def _orthogonal(rng: np.random.Generator, shape: Shape, gain: float) -> np.ndarray:
    """Orthonormal rows or columns, whichever are fewer (Saxe et al., arXiv:1312.6120)."""
    if len(shape) < 2:
        raise ValueError("expected a kernel: a bias vector has no orthogonal draw")
    tall = (max(shape), min(shape))
    q, r = np.linalg.qr(rng.normal(size=tall))
    q *= np.sign(np.diag(r))
    return gain * (q if shape[0] >= shape[1] else q.T)


def _identity(rng: np.random.Generator, shape: Shape, gain: float) -> np.ndarray:
    if len(shape) != 2:
        raise ValueError("expected a kernel: a bias vector has no identity")
    return gain * np.eye(*shape)


INITIALIZERS: dict[str, Draw] = {
    "zeros": _zeros,
    "ones": _ones,
    "constant": _constant,
    "random_normal": _random_normal,
    "random_uniform": _random_uniform,
    "truncated_normal": _truncated_normal,
    "variance_scaling": _variance_scaling,
    "glorot_normal": _scaled(1.0, "fan_avg", "truncated_normal"),
    "glorot_uniform": _scaled(1.0, "fan_avg", "uniform"),
    "he_normal": _scaled(2.0, "fan_in", "truncated_normal"),
    "he_uniform": _scaled(2.0, "fan_in", "uniform"),
    "lecun_normal": _scaled(1.0, "fan_in", "truncated_normal"),
    "lecun_uniform": _scaled(1.0, "fan_in", "uniform"),
    "orthogonal": _orthogonal,
    "identity": _identity,
}
