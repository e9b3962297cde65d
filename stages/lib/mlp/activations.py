"""The arithmetic of activations, by the names of lib/vocabulary/activations.py, in Keras' own
formulas."""

from collections.abc import Callable, Mapping

from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.vocabulary.activations import ACTIVATIONS as ROWS


def _elu(x: Tensor, alpha: float) -> Tensor:
    return tf.nn.elu(x) if alpha == 1 else tf.where(x > 0, tf.nn.elu(x), alpha * tf.nn.elu(x))


def _selu(x: Tensor) -> Tensor:
    """Its slope at 0 is that from the right, as of TensorFlow's kernel; compiled, tf.nn.selu has
    the one from the left, and units behind a dead layer without biases lie there."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    # No part of what is left out is infinite, or its slope times 0 would be no number.
    below = scale * alpha * tf.math.expm1(tf.minimum(x, 0.0))
    return tf.where(x < 0, below, scale * x)


# (x, **arguments of its row, **arrays that are trained with it): tensors of any shape, element by
# element; softmax over the last axis.
ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "linear": tf.identity,
    "relu": tf.nn.relu,
    "leaky_relu": lambda x, negative_slope: tf.nn.leaky_relu(x, alpha=negative_slope),
    "prelu": lambda x, alpha: tf.nn.relu(x) - alpha * tf.nn.relu(-x),
    "relu6": tf.nn.relu6,
    "elu": _elu,
    "selu": _selu,
    "gelu": lambda x: tf.nn.gelu(x, approximate=False),
    "silu": tf.nn.silu,
    "swish": tf.nn.silu,
    "mish": lambda x: x * tf.tanh(tf.nn.softplus(x)),
    "softplus": tf.nn.softplus,
    "softsign": tf.nn.softsign,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "hard_sigmoid": lambda x: tf.nn.relu6(x + 3.0) / 6.0,
    "exponential": tf.exp,
    "softmax": tf.nn.softmax,
}


def activate(
    name: str,
    x: Tensor,
    arguments: Mapping[str, float] | None = None,
    trained: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """An activation of x.

    Args:
        name: of its row.
        arguments: those that are not left at the row's defaults.
        trained: each of the row's trained arrays, of a shape that fits x.
    """
    constants = {**ROWS[name].arguments, **(arguments or {})}
    return ACTIVATIONS[name](x, **constants, **(trained or {}))
