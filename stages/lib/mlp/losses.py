"""The arithmetic of trained losses, by the names of lib/vocabulary/losses.py, as Keras has it.

A function takes (target, output, logits) and gives the loss of each row, float32 [R, rows], from
tensors [R, rows, width] and [R, rows, units]; units and width may broadcast where Keras lets them.
`logits` says that the outputs are logits; it is true only for a loss that has a form for them.
"""

from collections.abc import Callable

from stages.lib.mlp.runtime import Tensor, tf

RowLosses = Callable[[Tensor, Tensor, bool], Tensor]
# keras.config.epsilon()
EPSILON = 1e-7


def _mean(values: Tensor) -> Tensor:
    return tf.reduce_mean(values, axis=-1)


def _clipped(output: Tensor) -> Tensor:
    return tf.clip_by_value(output, EPSILON, 1 - EPSILON)


def _binary_crossentropy(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    if logits:
        return _mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output))
    output = _clipped(output)
    return -_mean(target * tf.math.log(output) + (1 - target) * tf.math.log(1 - output))


def _categorical_crossentropy(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    if logits:
        return _of_logits(target, output)
    output = _clipped(output / tf.reduce_sum(output, axis=-1, keepdims=True))
    return -tf.reduce_sum(target * tf.math.log(output), axis=-1)


def _of_logits(target: Tensor, logits: Tensor) -> Tensor:
    """TensorFlow's kernel: the gradient by the logits is softmax - target whatever the targets of a
    row sum to. That is the loss's own gradient where they sum to 1; of several labels a row it is
    not, and Keras trains by it all the same. (tf.nn has the loss's own where operations are
    deterministic, see runtime.py.)"""
    logits -= tf.stop_gradient(tf.reduce_max(logits, axis=-1, keepdims=True))
    total = tf.math.log(tf.reduce_sum(tf.exp(logits), axis=-1, keepdims=True))
    kept = tf.stop_gradient(total)
    # The second term is zero, and brings the softmax into the gradient once.
    return tf.reduce_sum(target * (kept - logits), axis=-1) + (total - kept)[..., 0]


def _sparse_categorical_crossentropy(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    if not logits:
        output = tf.math.log(_clipped(output))
    labels = tf.cast(target[..., 0], tf.int32)
    # The operation wants labels and logits of the same leading shape; targets that all replicas
    # share have a replica axis of one.
    labels = tf.broadcast_to(labels, tf.shape(output)[:-1])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=output)


def _kl_divergence(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    target = tf.clip_by_value(target, EPSILON, 1.0)
    output = tf.clip_by_value(output, EPSILON, 1.0)
    return tf.reduce_sum(target * tf.math.log(target / output), axis=-1)


def _mean_squared_error(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    return _mean(tf.square(target - output))


def _mean_absolute_error(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    return _mean(tf.abs(target - output))


def _mean_absolute_percentage_error(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    return 100.0 * _mean(tf.abs((target - output) / tf.maximum(tf.abs(target), EPSILON)))


def _mean_squared_logarithmic_error(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    first = tf.math.log(tf.maximum(output, EPSILON) + 1)
    second = tf.math.log(tf.maximum(target, EPSILON) + 1)
    return _mean(tf.square(first - second))


def _huber(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    error = tf.abs(output - target)
    return _mean(tf.where(error <= 1.0, 0.5 * tf.square(error), error - 0.5))


def _log_cosh(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    error = output - target
    return _mean(error + tf.nn.softplus(-2.0 * error) - tf.math.log(2.0))


def _poisson(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    return _mean(output - target * tf.math.log(output + EPSILON))


def _margin(target: Tensor, output: Tensor) -> Tensor:
    """1 - target * output, where a batch of labels 0 and 1 counts as -1 and 1, as in Keras."""
    zero_or_one = tf.logical_or(tf.equal(target, 0.0), tf.equal(target, 1.0))
    binary = tf.reduce_all(zero_or_one, axis=[1, 2], keepdims=True)
    return tf.maximum(1 - tf.where(binary, 2 * target - 1, target) * output, 0.0)


def _hinge(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    return _mean(_margin(target, output))


def _squared_hinge(target: Tensor, output: Tensor, logits: bool) -> Tensor:
    return _mean(tf.square(_margin(target, output)))


LOSSES: dict[str, RowLosses] = {
    "binary_crossentropy": _binary_crossentropy,
    "categorical_crossentropy": _categorical_crossentropy,
    "sparse_categorical_crossentropy": _sparse_categorical_crossentropy,
    "kl_divergence": _kl_divergence,
    "mean_squared_error": _mean_squared_error,
    "mean_absolute_error": _mean_absolute_error,
    "mean_absolute_percentage_error": _mean_absolute_percentage_error,
    "mean_squared_logarithmic_error": _mean_squared_logarithmic_error,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "poisson": _poisson,
    "hinge": _hinge,
    "squared_hinge": _squared_hinge,
}
