"""The rows of a table as Keras takes them, and their batches, in the engine's order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stages.lib.keras_fit.program import KerasProgram
from stages.lib.mlp import streams
from stages.lib.mlp.batches import Part
from stages.lib.mlp.runtime import tf


@dataclass(frozen=True)
class Rows:
    """One split: an array for each input and each output, and a factor of each row's loss, float32
    [rows], or None."""

    x: list[np.ndarray]
    y: list[np.ndarray]
    weights: np.ndarray | None

    def __len__(self) -> int:
        return len(self.x[0])

    def data(self) -> tuple[Any, ...]:
        """As a model is given them: x, y, and the factors if there are any."""
        found = one_or_all(self.x), one_or_all(self.y)
        return found if self.weights is None else (*found, self.weights)


def rows_of(program: KerasProgram, part: Part) -> Rows:
    """A split of the table. Keras' loss smooths labels by itself, so these are whole."""
    whole = part._replace(encode=replace(program.contract, label_smoothing=0.0).encode)
    every = slice(None)
    return Rows(
        program.split(np.asarray(part.x)),
        program.targets(whole.targets(every)),
        part.factors(every),
    )


def batches(rows: Rows, size: int, seed: int, shuffled: bool) -> Any:
    """A dataset of one epoch after the other, without an end, each with a last batch of what is
    left.

    A seed's order of an epoch is that of the engine, whatever the batches are. `fit` with arrays
    would make two iterators anew for each epoch, which take longer than a small table's steps.
    """
    count = len(rows)

    def orders() -> Iterator[np.ndarray]:
        epoch = 0
        while True:
            order = streams.orders([seed], epoch, count)[0, 0] if shuffled else np.arange(count)
            yield order.astype("int32")
            epoch += 1

    whole = tf.nest.map_structure(tf.constant, rows.data())
    found = tf.data.Dataset.from_generator(
        orders, output_signature=tf.TensorSpec([count], tf.int32)
    )
    found = found.flat_map(lambda order: tf.data.Dataset.from_tensor_slices(order).batch(size))
    found = found.map(
        lambda chosen: tf.nest.map_structure(lambda array: tf.gather(array, chosen), whole)
    )
    return found.with_options(_options())


def in_order(rows: Rows, size: int) -> Any:
    """A dataset of the rows as they stand, so many at a time."""
    found = tf.data.Dataset.from_tensor_slices(rows.data()).batch(size)
    return found.with_options(_options())


def _options() -> Any:
    """What is optimized here takes longer than it saves."""
    options = tf.data.Options()
    options.deterministic = True
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return options


def one_or_all(arrays: list[np.ndarray]) -> Any:
    """What Keras takes of one input or output, or of several."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)
