"""The arithmetic of trained losses, by the names of lib/vocabulary/losses.py, as Keras has it. A
function gives the loss of each row, float32 [R, rows]."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from stages.lib.mlp.activations import ACTIVATIONS
from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.vocabulary.losses import Loss

# keras.config.epsilon()
EPSILON = 1e-7


def over_rows(values: Tensor) -> Tensor:
    """The mean over rows that are all of one batch, [R, 1, ...]."""
    return tf.reduce_mean(values, axis=1, keepdims=True)


class Rows(NamedTuple):
    """What the losses of rows are computed from.

    Attributes:
        target: float32 [R, rows, width].
        output: float32 [R, rows, units]; units and width may broadcast where Keras lets them.
        logits: the same before its activation where Keras computes the loss from that, else None;
            of a loss that has a form for logits only.
        constants: the loss's, by their keys of params.yaml.
        batch_mean: the mean over the rows of each row's batch, of [R, rows, ...]: with one row per
            batch, or per row the mean of its own. What of a batch is filled up does not count.
    """

    target: Tensor
    output: Tensor
    logits: Tensor | None
    constants: Mapping[str, float]
    batch_mean: Callable[[Tensor], Tensor] = over_rows


RowLosses = Callable[[Rows], Tensor]


def declared_logits(row: Loss, output: Tensor) -> Tensor:
    """What a loss takes for outputs where these are declared to be logits."""
    if not row.converts_logits:
        return output
    return ACTIVATIONS["softmax" if row.of_one_class else "sigmoid"](output)


def value_and_gradient(
    row: Loss,
    constants: Mapping[str, float],
    from_logits: bool,
    target: np.ndarray,
    output: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """A loss of some batches, and its gradient by the outputs.

    Args:
        constants: by their keys of params.yaml.
        from_logits: the outputs are logits.
        target: [batches, rows, width].
        output: [batches, rows, units].

    Returns:
        float64 [batches], and of the shape of the output.
    """
    y = tf.constant(target, tf.float32)
    with tf.GradientTape() as tape:
        given = tf.constant(output, tf.float32)
        tape.watch(given)
        taken = declared_logits(row, given) if from_logits else given
        losses = LOSSES[row.name](Rows(y, taken, given if from_logits else None, constants))
        values = tf.reduce_mean(losses, axis=1)
        total = tf.reduce_sum(values)
    gradient = tape.gradient(total, given).numpy()
    return values.numpy().astype("float64"), gradient.astype("float64")


def _mean(values: Tensor) -> Tensor:
    return tf.reduce_mean(values, axis=-1)


def _clipped(output: Tensor) -> Tensor:
    return tf.clip_by_value(output, EPSILON, 1 - EPSILON)


def _binary_crossentropy(of: Rows) -> Tensor:
    return _mean(_of_each_unit(of.target, of.output, of.logits))


def _of_each_unit(target: Tensor, output: Tensor, logits: Tensor | None) -> Tensor:
    """Binary cross-entropy, [R, rows, units]."""
    if logits is not None:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)
    output = _clipped(output)
    return -(target * tf.math.log(output) + (1 - target) * tf.math.log(1 - output))


def _categorical_crossentropy(of: Rows) -> Tensor:
    if of.logits is not None:
        return _of_logits(of.target, of.logits)
    return -tf.reduce_sum(of.target * tf.math.log(_shares(of.output)), axis=-1)


def _shares(output: Tensor) -> Tensor:
    """Divided by the sum of the row."""
    return _clipped(output / tf.reduce_sum(output, axis=-1, keepdims=True))


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


def _sparse_categorical_crossentropy(of: Rows) -> Tensor:
    logits = tf.math.log(_clipped(of.output)) if of.logits is None else of.logits
    labels = tf.cast(of.target[..., 0], tf.int32)
    # The operation wants labels and logits of the same leading shape; targets that all replicas
    # share have a replica axis of one.
    labels = tf.broadcast_to(labels, tf.shape(logits)[:-1])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def _kl_divergence(of: Rows) -> Tensor:
    target = tf.clip_by_value(of.target, EPSILON, 1.0)
    output = tf.clip_by_value(of.output, EPSILON, 1.0)
    return tf.reduce_sum(target * tf.math.log(target / output), axis=-1)


def _mean_squared_error(of: Rows) -> Tensor:
    return _mean(tf.square(of.target - of.output))


def _root_mean_squared_error(of: Rows) -> Tensor:
    squares = _mean_squared_error(of)
    # The gradient of a root is infinite at 0, as it is in Keras.
    return _of_each_row(tf.sqrt(of.batch_mean(squares)), squares)


def _mean_squared_error_of_all_pairs(of: Rows) -> Tensor:
    """Of each prediction against the targets of all rows: as far as it is from their mean, and
    as far as they are from it."""
    mean = of.batch_mean(of.target)
    spread = of.batch_mean(tf.square(of.target - mean))
    rows = _mean(tf.square(of.output - mean) + spread)
    return _of_each_row(of.batch_mean(rows), rows)


def _of_each_row(value: Tensor, rows: Tensor) -> Tensor:
    """A batch's value [R, 1 or rows] for each of its rows [R, rows]."""
    return tf.broadcast_to(value, tf.shape(rows))


def _quantile(of: Rows) -> Tensor:
    share, error = of.constants["quantile"], of.target - of.output
    return _mean(tf.maximum(share * error, (share - 1) * error))


def _mean_absolute_error(of: Rows) -> Tensor:
    return _mean(tf.abs(of.target - of.output))


def _mean_absolute_percentage_error(of: Rows) -> Tensor:
    return 100.0 * _mean(tf.abs((of.target - of.output) / tf.maximum(tf.abs(of.target), EPSILON)))


def _mean_squared_logarithmic_error(of: Rows) -> Tensor:
    first = tf.math.log(tf.maximum(of.output, EPSILON) + 1)
    second = tf.math.log(tf.maximum(of.target, EPSILON) + 1)
    return _mean(tf.square(first - second))


def _huber(of: Rows) -> Tensor:
    delta = of.constants["huber_delta"]
    error = tf.abs(of.output - of.target)
    in_a_line = delta * error - 0.5 * delta**2
    return _mean(tf.where(error <= delta, 0.5 * tf.square(error), in_a_line))


def _log_cosh(of: Rows) -> Tensor:
    error = of.output - of.target
    return _mean(error + tf.nn.softplus(-2.0 * error) - tf.math.log(2.0))


def _poisson(of: Rows) -> Tensor:
    return _mean(of.output - of.target * tf.math.log(of.output + EPSILON))


def _margin(target: Tensor, output: Tensor) -> Tensor:
    """1 - target * output, where a batch of labels 0 and 1 counts as -1 and 1, as in Keras."""
    zero_or_one = tf.logical_or(tf.equal(target, 0.0), tf.equal(target, 1.0))
    binary = tf.reduce_all(zero_or_one, axis=[1, 2], keepdims=True)
    return tf.maximum(1 - tf.where(binary, 2 * target - 1, target) * output, 0.0)


def _hinge(of: Rows) -> Tensor:
    return _mean(_margin(of.target, of.output))


def _squared_hinge(of: Rows) -> Tensor:
    return _mean(tf.square(_margin(of.target, of.output)))


def _of_length_one(rows: Tensor) -> Tensor:
    """Each row's vector divided by its length, or by EPSILON where that is longer, as
    keras.ops.normalize does it."""
    squares = tf.reduce_sum(tf.square(rows), axis=-1, keepdims=True)
    # The limit inside the root: XLA's gradient of the root of a smaller number is not finite.
    return rows * tf.math.rsqrt(tf.maximum(squares, EPSILON**2))


def _cosine_similarity(of: Rows) -> Tensor:
    return -tf.reduce_sum(_of_length_one(of.target) * _of_length_one(of.output), axis=-1)


def _binary_focal_crossentropy(of: Rows) -> Tensor:
    """Lin et al., arXiv:1708.02002. Keras weights the cross-entropy of the logits by the outputs
    unclipped."""
    of_truth = of.target * of.output + (1 - of.target) * (1 - of.output)
    losses = _of_each_unit(of.target, of.output, of.logits)
    losses *= (1 - of_truth) ** of.constants["focal_gamma"]
    if of.constants["focal_balancing"]:
        alpha = of.constants["focal_alpha"]
        losses *= of.target * alpha + (1 - of.target) * (1 - alpha)
    return _mean(losses)


def _categorical_focal_crossentropy(of: Rows) -> Tensor:
    """The same of one class of several; alpha is a factor of all."""
    output = _shares(of.output)
    weights = of.constants["focal_alpha"] * (1 - output) ** of.constants["focal_gamma"]
    return -tf.reduce_sum(weights * of.target * tf.math.log(output), axis=-1)


LOSSES: dict[str, RowLosses] = {
    "binary_crossentropy": _binary_crossentropy,
    "categorical_crossentropy": _categorical_crossentropy,
    "sparse_categorical_crossentropy": _sparse_categorical_crossentropy,
    "kl_divergence": _kl_divergence,
    "mean_squared_error": _mean_squared_error,
    "root_mean_squared_error": _root_mean_squared_error,
    "mean_squared_error_of_all_pairs": _mean_squared_error_of_all_pairs,
    "quantile": _quantile,
    "mean_absolute_error": _mean_absolute_error,
    "mean_absolute_percentage_error": _mean_absolute_percentage_error,
    "mean_squared_logarithmic_error": _mean_squared_logarithmic_error,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "poisson": _poisson,
    "hinge": _hinge,
    "squared_hinge": _squared_hinge,
    "cosine_similarity": _cosine_similarity,
    "binary_focal_crossentropy": _binary_focal_crossentropy,
    "categorical_focal_crossentropy": _categorical_focal_crossentropy,
}
