"""Trained losses by Keras' names and in its arithmetic. A new one is one entry of LOSSES.

`rows(target, output, logits)` gives the loss of each row, float32 [R, rows], from tensors
[R, rows, width] and [R, rows, units]; units and width may broadcast where Keras lets them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from stages.lib.mlp.runtime import tf

# keras.config.epsilon()
EPSILON = 1e-7
# Keras hands these activations' inputs, not their outputs, to the cross-entropies, whichever of
# the two activations it was: Dense(1, "softmax") trains like a sigmoid under binary
# cross-entropy, and still predicts 1.0 for every row.
LOGIT_ACTIVATIONS = ("sigmoid", "softmax")


@dataclass(frozen=True)
class Loss:
    """`target` says what the loss is fed: 'any' (width and units broadcast), 'same' (one target
    a unit), 'one_hot' (a share for each class, one a unit) or 'code' (an integer class below
    units). `logits` says that the loss has a form for logits."""

    rows: Callable
    target: str = "any"
    logits: bool = False


def _mean(values):
    return tf.reduce_mean(values, axis=-1)


def _clipped(output):
    return tf.clip_by_value(output, EPSILON, 1 - EPSILON)


def _binary_crossentropy(target, output, logits):
    if logits:
        return _mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output))
    output = _clipped(output)
    return -_mean(target * tf.math.log(output) + (1 - target) * tf.math.log(1 - output))


def _categorical_crossentropy(target, output, logits):
    if logits:
        return tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=output)
    output = _clipped(output / tf.reduce_sum(output, axis=-1, keepdims=True))
    return -tf.reduce_sum(target * tf.math.log(output), axis=-1)


def _sparse_categorical_crossentropy(target, output, logits):
    if not logits:
        output = tf.math.log(_clipped(output))
    labels = tf.cast(target[..., 0], tf.int32)
    # The operation wants labels and logits of the same leading shape; targets that all replicas
    # share have a replica axis of one.
    labels = tf.broadcast_to(labels, tf.shape(output)[:-1])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=output)


def _kl_divergence(target, output, logits):
    target = tf.clip_by_value(target, EPSILON, 1.0)
    output = tf.clip_by_value(output, EPSILON, 1.0)
    return tf.reduce_sum(target * tf.math.log(target / output), axis=-1)


def _mean_squared_error(target, output, logits):
    return _mean(tf.square(target - output))


def _mean_absolute_error(target, output, logits):
    return _mean(tf.abs(target - output))


def _mean_squared_logarithmic_error(target, output, logits):
    first = tf.math.log(tf.maximum(output, EPSILON) + 1)
    second = tf.math.log(tf.maximum(target, EPSILON) + 1)
    return _mean(tf.square(first - second))


def _huber(target, output, logits):
    error = tf.abs(output - target)
    return _mean(tf.where(error <= 1.0, 0.5 * tf.square(error), error - 0.5))


def _log_cosh(target, output, logits):
    error = output - target
    return _mean(error + tf.nn.softplus(-2.0 * error) - tf.math.log(2.0))


def _poisson(target, output, logits):
    return _mean(output - target * tf.math.log(output + EPSILON))


def _margin(target, output):
    """1 - target * output, where a batch of labels 0 and 1 counts as -1 and 1, as in Keras."""
    zero_or_one = tf.logical_or(tf.equal(target, 0.0), tf.equal(target, 1.0))
    binary = tf.reduce_all(zero_or_one, axis=[1, 2], keepdims=True)
    return tf.maximum(1 - tf.where(binary, 2 * target - 1, target) * output, 0.0)


def _hinge(target, output, logits):
    return _mean(_margin(target, output))


def _squared_hinge(target, output, logits):
    return _mean(tf.square(_margin(target, output)))


LOSSES = {
    "binary_crossentropy": Loss(_binary_crossentropy, target="same", logits=True),
    "categorical_crossentropy": Loss(_categorical_crossentropy, target="one_hot", logits=True),
    "sparse_categorical_crossentropy": Loss(
        _sparse_categorical_crossentropy, target="code", logits=True
    ),
    "kl_divergence": Loss(_kl_divergence, target="one_hot"),
    "mean_squared_error": Loss(_mean_squared_error),
    "mean_absolute_error": Loss(_mean_absolute_error),
    "mean_squared_logarithmic_error": Loss(_mean_squared_logarithmic_error),
    "huber": Loss(_huber),
    "log_cosh": Loss(_log_cosh),
    "poisson": Loss(_poisson),
    "hinge": Loss(_hinge),
    "squared_hinge": Loss(_squared_hinge),
}
