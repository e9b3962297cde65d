"""The arithmetic of optimizers, by the names of lib/vocabulary/optimizers.py, as Keras has it, on
the flat parameter vector."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.lib.mlp.runtime import Tensor, tf

# The optimizer's constants by their keys of params.yaml's section train.
Constants = dict[str, float]
# What an optimizer keeps from step to step: tensors float32 [R, P].
Slots = tuple[Tensor, ...]


def _plain_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    return rate


@dataclass(frozen=True)
class Update:
    """One step of an optimizer.

    Attributes:
        update: (params, slots, gradient, rate, constants) -> (params, slots), all float32 [R, P]
            but `rate`, float32 [R, 1].
        initial: what each slot starts at.
        rate: (learning rate, step, constants) -> the `rate` of the update, float64; steps count
            from 1. It is computed on the host for a whole epoch, so that nothing that depends on
            the step only is computed in the graph.
    """

    update: Callable[[Tensor, Slots, Tensor, Tensor, Constants], tuple[Tensor, Slots]]
    initial: tuple[float, ...] = ()
    rate: Callable[[np.ndarray, np.ndarray, Constants], np.ndarray] = _plain_rate


def _sgd(
    params: Tensor, slots: Slots, gradient: Tensor, rate: Tensor, constants: Constants
) -> tuple[Tensor, Slots]:
    return params - rate * gradient, slots


def _momentum(
    params: Tensor, slots: Slots, gradient: Tensor, rate: Tensor, constants: Constants
) -> tuple[Tensor, Slots]:
    velocity = constants["momentum"] * slots[0] - rate * gradient
    return params + velocity, (velocity,)


def _nesterov(
    params: Tensor, slots: Slots, gradient: Tensor, rate: Tensor, constants: Constants
) -> tuple[Tensor, Slots]:
    """Nesterov's step as Keras takes it, from the point before the look-ahead."""
    velocity = constants["momentum"] * slots[0] - rate * gradient
    return params + constants["momentum"] * velocity - rate * gradient, (velocity,)


def _rmsprop(
    params: Tensor, slots: Slots, gradient: Tensor, rate: Tensor, constants: Constants
) -> tuple[Tensor, Slots]:
    """Keras adds epsilon inside the root."""
    square = constants["rho"] * slots[0] + (1 - constants["rho"]) * tf.square(gradient)
    return params - rate * gradient * tf.math.rsqrt(square + constants["epsilon"]), (square,)


def _adagrad(
    params: Tensor, slots: Slots, gradient: Tensor, rate: Tensor, constants: Constants
) -> tuple[Tensor, Slots]:
    square = slots[0] + tf.square(gradient)
    return params - rate * gradient * tf.math.rsqrt(square + constants["epsilon"]), (square,)


def _adam_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    """Both bias corrections in one factor (Kingma, Ba, arXiv:1412.6980, end of section 2)."""
    beta_1, beta_2 = constants["beta_1"], constants["beta_2"]
    return rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)


def _adam(
    params: Tensor, slots: Slots, gradient: Tensor, rate: Tensor, constants: Constants
) -> tuple[Tensor, Slots]:
    """Epsilon outside the root, and not corrected for bias: Keras' "epsilon hat"."""
    mean = slots[0] + (gradient - slots[0]) * (1 - constants["beta_1"])
    square = slots[1] + (tf.square(gradient) - slots[1]) * (1 - constants["beta_2"])
    return params - rate * mean / (tf.sqrt(square) + constants["epsilon"]), (mean, square)


OPTIMIZERS: dict[str, Update] = {
    "sgd": Update(_sgd),
    "momentum": Update(_momentum, initial=(0.0,)),
    "nesterov": Update(_nesterov, initial=(0.0,)),
    "rmsprop": Update(_rmsprop, initial=(0.0,)),
    "adam": Update(_adam, initial=(0.0, 0.0), rate=_adam_rate),
    "adamw": Update(_adam, initial=(0.0, 0.0), rate=_adam_rate),
    "adagrad": Update(_adagrad, initial=(0.1,)),
}
