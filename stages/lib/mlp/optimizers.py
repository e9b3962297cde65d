"""Optimizers on the flat parameter vector, in Keras' arithmetic. A new one is one entry of
OPTIMIZERS.

`update(params, slots, gradient, rate, constants)` gives the new params and slots, all float32
[R, P]; `rate` is float32 [R, 1] and comes from `rate(learning_rate, step, constants)`, computed
on the host in float64 for a whole epoch, so that nothing that depends on the step alone is
computed in the graph. Steps count from 1. `initial` is what the slots start at, `constants` are
the keys of params.yaml's train section that the optimizer reads.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stages.lib.mlp.runtime import tf

Constants = dict[str, float]


def _plain_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    return rate


@dataclass(frozen=True)
class Optimizer:
    update: Callable[..., tuple[Any, tuple]]
    initial: tuple[float, ...] = ()
    constants: tuple[str, ...] = ()
    rate: Callable[[np.ndarray, np.ndarray, Constants], np.ndarray] = field(default=_plain_rate)
    # Keras' default for `weight_decay: auto`
    weight_decay: float = 0.0


def _sgd(params, slots, gradient, rate, constants):
    return params - rate * gradient, slots


def _momentum(params, slots, gradient, rate, constants):
    velocity = constants["momentum"] * slots[0] - rate * gradient
    return params + velocity, (velocity,)


def _nesterov(params, slots, gradient, rate, constants):
    """Nesterov's step as Keras takes it, from the point before the look-ahead."""
    velocity = constants["momentum"] * slots[0] - rate * gradient
    return params + constants["momentum"] * velocity - rate * gradient, (velocity,)


def _rmsprop(params, slots, gradient, rate, constants):
    """Keras adds epsilon inside the root."""
    square = constants["rho"] * slots[0] + (1 - constants["rho"]) * tf.square(gradient)
    return params - rate * gradient * tf.math.rsqrt(square + constants["epsilon"]), (square,)


def _adagrad(params, slots, gradient, rate, constants):
    square = slots[0] + tf.square(gradient)
    return params - rate * gradient * tf.math.rsqrt(square + constants["epsilon"]), (square,)


def _adam_rate(rate: np.ndarray, step: np.ndarray, constants: Constants) -> np.ndarray:
    """Both bias corrections in one factor (Kingma, Ba, arXiv:1412.6980, end of section 2)."""
    beta_1, beta_2 = constants["beta_1"], constants["beta_2"]
    return rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)


def _adam(params, slots, gradient, rate, constants):
    """Epsilon outside the root, and not corrected for bias: Keras' "epsilon hat"."""
    mean = slots[0] + (gradient - slots[0]) * (1 - constants["beta_1"])
    square = slots[1] + (tf.square(gradient) - slots[1]) * (1 - constants["beta_2"])
    return params - rate * mean / (tf.sqrt(square) + constants["epsilon"]), (mean, square)


_ADAM = ("beta_1", "beta_2", "epsilon")

OPTIMIZERS = {
    "sgd": Optimizer(_sgd),
    "momentum": Optimizer(_momentum, initial=(0.0,), constants=("momentum",)),
    "nesterov": Optimizer(_nesterov, initial=(0.0,), constants=("momentum",)),
    "rmsprop": Optimizer(_rmsprop, initial=(0.0,), constants=("rho", "epsilon")),
    "adam": Optimizer(_adam, initial=(0.0, 0.0), constants=_ADAM, rate=_adam_rate),
    "adamw": Optimizer(
        _adam, initial=(0.0, 0.0), constants=_ADAM, rate=_adam_rate, weight_decay=0.004
    ),
    "adagrad": Optimizer(_adagrad, initial=(0.1,), constants=("epsilon",)),
}
