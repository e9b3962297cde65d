"""An epoch's batches, gathered on the host: rows in each seed's order, and its dropout bits.

Gathering whole blocks of steps ahead leaves the compiled loop nothing but slices and arithmetic,
and lets the rows lie in a memory-mapped file.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from stages.mlp import streams
from stages.mlp.runtime import tf

# Bytes of gathered rows and bits at a time: an epoch of a small table, a part of one of a large.
BLOCK_BYTES = 32 * 2**20
# A Philox counter yields 128 bits: eight numbers of 16.
_PER_COUNTER = 8


class Part(NamedTuple):
    """One split as a network takes it: x float32 [rows, inputs], y float32 [rows, width]."""

    x: np.ndarray
    y: np.ndarray


class Block(NamedTuple):
    """`count` consecutive steps from step `first` of an epoch; arrays are padded to the same
    number of steps in every block.

    x float32 [views, steps, batch, inputs] and y [views, steps, batch, width]; weights float32
    [steps, batch], 0 for the rows that only fill up the last batch; bits uint16 [seeds, steps,
    batch, units].
    """

    first: int
    count: int
    x: "tf.Tensor"
    y: "tf.Tensor"
    weights: "tf.Tensor"
    bits: "tf.Tensor"


class Batches:
    """The batches of each epoch for some views: pairs of (seed, position in `parts`).

    A view is what a replica sees: one table's rows in one seed's order. `units` is the number of
    random numbers that a row needs for its dropout masks.
    """

    def __init__(
        self, parts: list[Part], views: list[tuple[int, int]], batch_size: int, units: int
    ) -> None:
        self.parts, self.views, self.units = parts, views, units
        self.seeds = list(dict.fromkeys(seed for seed, _ in views))
        self.rows = len(parts[0].x)
        self.batch = min(batch_size, self.rows)
        self.steps = -(-self.rows // self.batch)
        row_bytes = sum(4 * (parts[p].x.shape[1] + parts[p].y.shape[1]) for _, p in views)
        row_bytes += 2 * units * len(self.seeds)
        most = max(1, BLOCK_BYTES // (row_bytes * self.batch))
        # Blocks of about equal length; the last one may be some steps shorter.
        self.block = -(-self.steps // -(-self.steps // most))

    def epoch(self, epoch: int) -> Iterator[Block]:
        """The blocks of one epoch, in order."""
        padding = self.steps * self.batch - self.rows
        order = streams.orders(self.seeds, epoch, self.rows)
        # The last batch is filled up with one of its own rows, so that a row which is not finite
        # spoils no batch but its own.
        filler = order[:, (self.steps - 1) * self.batch, None]
        order = np.concatenate([order, filler.repeat(padding, axis=1)], axis=1)
        order = order.reshape(len(self.seeds), self.steps, self.batch)
        weights = np.ones((self.steps, self.batch), "float32")
        weights[-1, self.batch - padding :] = 0.0
        keys = [streams.key(seed, "dropout", epoch) for seed in self.seeds]
        for first in range(0, self.steps, self.block):
            count = min(self.block, self.steps - first)
            # A short last block repeats its last step; the loop stops before those.
            steps = np.minimum(np.arange(first, first + self.block), self.steps - 1)
            rows = order[:, steps]
            yield Block(
                first,
                count,
                self._gathered(rows, "x"),
                self._gathered(rows, "y"),
                tf.constant(weights[steps]),
                self._bits(keys, first),
            )

    def _gathered(self, rows: np.ndarray, kind: str) -> "tf.Tensor":
        return tf.constant(
            np.stack(
                [
                    np.take(getattr(self.parts[part], kind), rows[self.seeds.index(seed)], axis=0)
                    for seed, part in self.views
                ]
            )
        )

    def _bits(self, keys: list[np.uint64], first: int) -> "tf.Tensor":
        """Sixteen random bits a unit: Philox, keyed by seed and epoch, at a counter of the step.

        A step takes whole counters, so its bits do not depend on the block that it is drawn in.
        """
        needed = self.batch * self.units
        counters = -(-needed // _PER_COUNTER)
        if not needed:
            return tf.zeros([len(self.seeds), self.block, self.batch, 0], tf.uint16)
        draws = [
            tf.raw_ops.StatelessRandomUniformFullIntV2(
                shape=[self.block * counters * 2],
                key=[key],
                counter=np.array([first * counters, 0], np.uint64),
                alg=1,  # Philox
                dtype=tf.uint64,
            )
            for key in keys
        ]
        bits = tf.reshape(
            tf.bitcast(tf.stack(draws), tf.uint16),
            [len(keys), self.block, counters * _PER_COUNTER],
        )
        return tf.reshape(bits[:, :, :needed], [len(keys), self.block, self.batch, self.units])
