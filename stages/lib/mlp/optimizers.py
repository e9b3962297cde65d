"""The arithmetic of optimizers, by the names of lib/vocabulary/optimizers.py, as Keras has it, on
the flat parameter vector."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.vocabulary.optimizers import OPTIMIZERS as ROWS

# The optimizer's constants by their keys of params.yaml's section train.
Constants = dict[str, float]
# What an optimizer keeps from step to step: tensors float32 [R, P].
Slots = tuple[Tensor, ...]
# 0.96 to this power is lost beside 1 in float64.
_NADAM_STEPS = 1000


class Step(NamedTuple):
    """What a step is taken from.

    Attributes:
        params, gradient: float32 [R, P].
        slots: what the optimizer kept, each float32 [R, P].
        rate: float32 [R, K], what `Update.rate` made of the learning rate.
        constants: the optimizer's, by their keys of params.yaml.
        shapes: of the arrays that lie one after the other in P.
    """

    params: Tensor
    slots: Slots
    gradient: Tensor
    rate: Tensor
    constants: Constants
    shapes: tuple[tuple[int, ...], ...]


def _plain_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    return rate


@dataclass(frozen=True)
class Update:
    """One step of an optimizer.

    Attributes:
        update: new params and slots, each float32 [R, P].
        initial: what each slot starts at.
        rate: (learning rate and step, each [steps, R, 1], constants) -> the `rate` of each step,
            float64 [steps, R, K]; steps count from 1. It is computed on the host for a whole
            epoch, so that nothing that depends on the step only is computed in the graph.
    """

    update: Callable[[Step], tuple[Tensor, Slots]]
    initial: tuple[float, ...] = ()
    rate: Callable[[np.ndarray, np.ndarray, Constants], np.ndarray] = _plain_rate


def _sgd(at: Step) -> tuple[Tensor, Slots]:
    return at.params - at.rate * at.gradient, at.slots


def _momentum(at: Step) -> tuple[Tensor, Slots]:
    velocity = at.constants["momentum"] * at.slots[0] - at.rate * at.gradient
    return at.params + velocity, (velocity,)


def _nesterov(at: Step) -> tuple[Tensor, Slots]:
    """Nesterov's step as Keras takes it, from the point before the look-ahead."""
    momentum = at.constants["momentum"]
    velocity = momentum * at.slots[0] - at.rate * at.gradient
    return at.params + momentum * velocity - at.rate * at.gradient, (velocity,)


def _rmsprop(at: Step) -> tuple[Tensor, Slots]:
    """Keras adds epsilon inside the root."""
    rho, epsilon = at.constants["rho"], at.constants["epsilon"]
    square = rho * at.slots[0] + (1 - rho) * tf.square(at.gradient)
    return at.params - at.rate * at.gradient * tf.math.rsqrt(square + epsilon), (square,)


def _rmsprop_centered(at: Step) -> tuple[Tensor, Slots]:
    """By the variance of the gradient instead of its square (Graves, arXiv:1308.0850)."""
    rho, epsilon = at.constants["rho"], at.constants["epsilon"]
    square = rho * at.slots[0] + (1 - rho) * tf.square(at.gradient)
    mean = rho * at.slots[1] + (1 - rho) * at.gradient
    root = tf.math.rsqrt(square - tf.square(mean) + epsilon)
    return at.params - at.rate * at.gradient * root, (square, mean)


def _adagrad(at: Step) -> tuple[Tensor, Slots]:
    square = at.slots[0] + tf.square(at.gradient)
    root = tf.math.rsqrt(square + at.constants["epsilon"])
    return at.params - at.rate * at.gradient * root, (square,)


def _adadelta(at: Step) -> tuple[Tensor, Slots]:
    """Zeiler, arXiv:1212.5701."""
    rho, epsilon = at.constants["rho"], at.constants["epsilon"]
    square = rho * at.slots[0] + (1 - rho) * tf.square(at.gradient)
    step = at.gradient * tf.sqrt(at.slots[1] + epsilon) * tf.math.rsqrt(square + epsilon)
    squared_step = rho * at.slots[1] + (1 - rho) * tf.square(step)
    return at.params - at.rate * step, (square, squared_step)


def _adafactor_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    """The relative step, and the decay of the averages: [..., 2]."""
    relative = np.minimum(rate, 1 / np.sqrt(step))
    decay = 1 - step.astype("float64") ** constants["beta_2_decay"]
    return np.concatenate(np.broadcast_arrays(relative, decay), axis=-1)


def _adafactor(at: Step) -> tuple[Tensor, Slots]:
    """Shazeer, Stern, arXiv:1804.04235, algorithms 4 and 5: of a matrix, the squared gradient is
    averaged over its rows and over its columns. Kept is what the two make together, whose own means
    they are."""
    sizes = [int(np.prod(shape)) for shape in at.shapes]
    relative, decay = tf.split(at.rate, 2, axis=1)
    split = (tf.split(flat, sizes, axis=1) for flat in (at.params, at.slots[0], at.gradient))
    new, squares = [], []
    for shape, weights, kept, gradient in zip(at.shapes, *split, strict=True):
        now = tf.square(gradient) + at.constants["epsilon_1"]
        square = decay * kept + (1 - decay) * now
        if len(shape) == 2:
            square = _outer(tf.reshape(square, [-1, *shape]))
            square = tf.reshape(square, tf.shape(kept))
        step = gradient / tf.sqrt(square)
        step /= tf.maximum(1.0, _rms(step) / at.constants["clip_threshold"])
        length = tf.maximum(at.constants["epsilon_2"], _rms(weights))
        new.append(weights - length * relative * step)
        squares.append(square)
    return tf.concat(new, axis=1), (tf.concat(squares, axis=1),)


def _outer(matrix: Tensor) -> Tensor:
    """The matrices of rank one with the row means and column means of [R, n, m]."""
    of_rows = tf.reduce_mean(matrix, axis=2, keepdims=True)
    of_columns = tf.reduce_mean(matrix, axis=1, keepdims=True)
    return of_rows / tf.reduce_mean(of_rows, axis=1, keepdims=True) * of_columns


def _rms(flat: Tensor) -> Tensor:
    """[R, 1] of [R, n]."""
    return tf.sqrt(tf.reduce_mean(tf.square(flat), axis=1, keepdims=True))


def _averages(at: Step, largest: bool = False) -> Slots:
    """The averages of the gradient and of its square, or of the gradient and its largest size."""
    beta_1, beta_2 = at.constants["beta_1"], at.constants["beta_2"]
    mean = at.slots[0] + (at.gradient - at.slots[0]) * (1 - beta_1)
    if largest:
        return mean, tf.maximum(beta_2 * at.slots[1], tf.abs(at.gradient))
    return mean, at.slots[1] + (tf.square(at.gradient) - at.slots[1]) * (1 - beta_2)


def _unbiased(beta: float, step: np.ndarray) -> np.ndarray:
    """1 - beta^step, as Keras has it: from a float32, which of 1 - 0.999 leaves five digits."""
    power: np.ndarray = np.power(np.float32(beta), step.astype("float32"))
    left: np.ndarray = (np.float32(1) - power).astype("float64")
    return left


def _adam_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    """Both bias corrections in one factor (Kingma, Ba, arXiv:1412.6980, end of section 2)."""
    beta_1, beta_2 = constants["beta_1"], constants["beta_2"]
    corrected: np.ndarray = rate * np.sqrt(_unbiased(beta_2, step)) / _unbiased(beta_1, step)
    return corrected


def _adam(at: Step) -> tuple[Tensor, Slots]:
    """Epsilon outside the root, and not corrected for bias: Keras' "epsilon hat"."""
    mean, square = _averages(at)
    step = at.rate * mean / (tf.sqrt(square) + at.constants["epsilon"])
    return at.params - step, (mean, square)


def _amsgrad(at: Step) -> tuple[Tensor, Slots]:
    """By the largest average so far (Reddi et al., arXiv:1904.09237)."""
    mean, square = _averages(at)
    largest = tf.maximum(at.slots[2], square)
    step = at.rate * mean / (tf.sqrt(largest) + at.constants["epsilon"])
    return at.params - step, (mean, square, largest)


def _adamax_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    corrected: np.ndarray = rate / _unbiased(constants["beta_1"], step)
    return corrected


def _adamax(at: Step) -> tuple[Tensor, Slots]:
    """Kingma, Ba, arXiv:1412.6980, section 7.1."""
    mean, largest = _averages(at, largest=True)
    return at.params - at.rate * mean / (largest + at.constants["epsilon"]), (mean, largest)


def _nadam_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    """Factors of the gradient's average and of the gradient, and of the root (Dozat, 2016, with
    the decay of momentum that Keras has): [..., 3]."""
    beta_1, beta_2 = constants["beta_1"], constants["beta_2"]
    decay = np.cumprod(1 - 0.5 * 0.96 ** np.arange(_NADAM_STEPS + 1.0))

    def momentum(step: np.ndarray) -> np.ndarray:
        return beta_1 * (1 - 0.5 * 0.96**step)

    def product(step: np.ndarray) -> np.ndarray:
        """Of the momentum of all steps so far; the first factor of `decay` is of no step."""
        return np.asarray(beta_1**step * decay[np.minimum(step, _NADAM_STEPS)] / decay[0])

    of_mean = rate * momentum(step + 1) / (1 - product(step + 1))
    of_gradient = rate * (1 - momentum(step)) / (1 - product(step))
    # Of this optimizer Keras' average has float32's 1 - beta_2 too, ours has the exact one.
    exact = (1 - beta_2) / _unbiased(beta_2, np.ones(1))
    of_root = np.broadcast_to(1 / np.sqrt(exact * _unbiased(beta_2, step)), rate.shape)
    return np.concatenate([of_mean, of_gradient, of_root], axis=-1)


def _nadam(at: Step) -> tuple[Tensor, Slots]:
    mean, square = _averages(at)
    of_mean, of_gradient, of_root = tf.split(at.rate, 3, axis=1)
    step = of_mean * mean + of_gradient * at.gradient
    return at.params - step / (of_root * tf.sqrt(square) + at.constants["epsilon"]), (mean, square)


def _ftrl(at: Step) -> tuple[Tensor, Slots]:
    """McMahan et al., KDD 2013, without its penalties. The weights are made of the sums anew, so
    that the initial ones fade with the first steps."""
    square = at.slots[0] + tf.square(at.gradient)
    root = tf.sqrt(square)
    kept = (root - tf.sqrt(at.slots[0])) / at.rate * at.params
    linear = at.slots[1] + at.gradient - kept
    return -linear / (root / at.rate), (square, linear)


def _lamb_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    """The learning rate, and both bias corrections: [..., 3]."""
    of_mean = 1 / _unbiased(constants["beta_1"], step)
    of_root = 1 / np.sqrt(_unbiased(constants["beta_2"], step))
    return np.concatenate(np.broadcast_arrays(rate, of_mean, of_root), axis=-1)


def _lamb(at: Step) -> tuple[Tensor, Slots]:
    """Adam's step, as long in each array as its weights times the rate (You et al.,
    arXiv:1904.00962)."""
    mean, square = _averages(at)
    rate, of_mean, of_root = tf.split(at.rate, 3, axis=1)
    step = of_mean * mean / (of_root * tf.sqrt(square) + at.constants["epsilon"])
    sizes = [int(np.prod(shape)) for shape in at.shapes]
    steps = []
    arrays = tf.split(at.params, sizes, axis=1)
    for array, of_array in zip(arrays, tf.split(step, sizes, axis=1), strict=True):
        length = tf.norm(array, axis=1, keepdims=True)
        of_step = tf.norm(of_array, axis=1, keepdims=True)
        ratio = tf.where((length > 0) & (of_step > 0), length / of_step, 1.0)
        steps.append(ratio * of_array)
    return at.params - rate * tf.concat(steps, axis=1), (mean, square)


def _lion(at: Step) -> tuple[Tensor, Slots]:
    """Chen et al., arXiv:2302.06675."""
    beta_1, beta_2 = at.constants["beta_1"], at.constants["beta_2"]
    step = tf.sign(beta_1 * at.slots[0] + (1 - beta_1) * at.gradient)
    return at.params - at.rate * step, (beta_2 * at.slots[0] + (1 - beta_2) * at.gradient,)


def _muon_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    """The rate of matrices, and Adam's of the rest: [..., 2]."""
    return np.concatenate([rate, _adam_rate(rate, step, constants)], axis=-1)


def _muon(at: Step) -> tuple[Tensor, Slots]:
    """Matrices step along their orthogonalized momentum (Jordan et al., 2024), by the length of
    arXiv:2502.16982; all else by Adam."""
    fixed = ROWS["muon"].fixed
    sizes = [int(np.prod(shape)) for shape in at.shapes]
    of_matrix, of_rest = tf.split(at.rate, 2, axis=1)
    momentum = at.constants["momentum"]
    velocity = momentum * at.slots[0] + at.gradient
    ahead = tf.split(at.gradient + momentum * velocity, sizes, axis=1)
    adam, (mean, square) = _adam(at._replace(rate=of_rest))
    rest, velocities, means = (tf.split(flat, sizes, axis=1) for flat in (adam, velocity, mean))
    params = tf.split(at.params, sizes, axis=1)
    new, kept = [], []
    for i, shape in enumerate(at.shapes):
        if len(shape) != 2:
            new.append(rest[i])
            kept.append(means[i])
            continue
        step = _orthogonalized(tf.reshape(ahead[i], [-1, *shape]), fixed)
        step *= fixed["rms_rate"] * max(shape) ** 0.5
        new.append(params[i] - of_matrix * tf.reshape(step, [-1, sizes[i]]))
        kept.append(velocities[i])
    return tf.concat(new, axis=1), (tf.concat(kept, axis=1), square)


def _orthogonalized(matrix: Tensor, fixed: Mapping[str, Any]) -> Tensor:
    """Some steps of Newton-Schulz' iteration towards the nearest matrix with singular values 1, for
    each of [R, n, m]. fixed: Keras' arguments of the iteration, by their names."""
    a, b, c = (fixed[f"muon_{name}"] for name in "abc")
    is_tall = matrix.shape[1] > matrix.shape[2]
    x = tf.linalg.matrix_transpose(matrix) if is_tall else matrix
    x /= tf.norm(x, axis=(1, 2), keepdims=True) + 1e-7
    for _ in range(fixed["ns_steps"]):
        gram = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * gram + c * tf.matmul(gram, gram), x)
    return tf.linalg.matrix_transpose(x) if is_tall else x


OPTIMIZERS: dict[str, Update] = {
    "sgd": Update(_sgd),
    "momentum": Update(_momentum, initial=(0.0,)),
    "nesterov": Update(_nesterov, initial=(0.0,)),
    "rmsprop": Update(_rmsprop, initial=(0.0,)),
    "rmsprop_centered": Update(_rmsprop_centered, initial=(0.0, 0.0)),
    "adam": Update(_adam, initial=(0.0, 0.0), rate=_adam_rate),
    "adam_amsgrad": Update(_amsgrad, initial=(0.0, 0.0, 0.0), rate=_adam_rate),
    "adamw": Update(_adam, initial=(0.0, 0.0), rate=_adam_rate),
    "adamw_amsgrad": Update(_amsgrad, initial=(0.0, 0.0, 0.0), rate=_adam_rate),
    "nadam": Update(_nadam, initial=(0.0, 0.0), rate=_nadam_rate),
    "adamax": Update(_adamax, initial=(0.0, 0.0), rate=_adamax_rate),
    "adagrad": Update(_adagrad, initial=(0.1,)),
    "adadelta": Update(_adadelta, initial=(0.0, 0.0)),
    "adafactor": Update(_adafactor, initial=(0.0,), rate=_adafactor_rate),
    "ftrl": Update(_ftrl, initial=(0.1, 0.0)),
    "lamb": Update(_lamb, initial=(0.0, 0.0), rate=_lamb_rate),
    "lion": Update(_lion, initial=(0.0,)),
    "muon": Update(_muon, initial=(0.0, 0.0), rate=_muon_rate),
}
