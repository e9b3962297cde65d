"""An epoch's batches, gathered on the host: rows in each seed's order, and its dropout bits.

Gathering whole blocks of steps ahead leaves the compiled loop nothing but slices and arithmetic,
and lets the rows lie in a memory-mapped file.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from stages.mlp import streams

# Bytes of gathered rows and bits at a time: an epoch of a small table, a part of one of a large.
BLOCK_BYTES = 32 * 2**20
# From this size on a block is gathered in a thread, while the one before it is trained on.
THREAD_BYTES = 2**20


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
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    bits: np.ndarray


class Batches:
    """The batches of each epoch for some views: pairs of (seed, position in `parts`).

    A view is what a replica sees: one table's rows in one seed's order. `units` is the number of
    random numbers that a row needs for its dropout masks. Without `shuffle` every epoch takes the
    rows as they stand.
    """

    def __init__(
        self,
        parts: list[Part],
        views: list[tuple[int, int]],
        batch_size: int,
        units: int,
        shuffle: bool = True,
    ) -> None:
        self.parts, self.views, self.units, self.shuffle = parts, views, units, shuffle
        self.seeds = list(dict.fromkeys(seed for seed, _ in views))
        self.rows = len(parts[0].x)
        self.batch = min(batch_size, self.rows)
        self.steps = -(-self.rows // self.batch)
        row_bytes = sum(4 * (parts[p].x.shape[1] + parts[p].y.shape[1]) for _, p in views)
        row_bytes += 2 * units * len(self.seeds)
        most = max(1, BLOCK_BYTES // (row_bytes * self.batch))
        # Blocks of about equal length; the last one may be some steps shorter.
        self.block = -(-self.steps // -(-self.steps // most))
        self.blocks = -(-self.steps // self.block)
        # Handing a small block between threads takes longer than gathering it.
        large = self.block * self.batch * row_bytes >= THREAD_BYTES
        self._worker = ThreadPoolExecutor(max_workers=1) if large else None
        self._ahead: tuple[tuple[int, int], Future] | None = None

    def epoch(self, epoch: int) -> Iterator[Block]:
        """The blocks of one epoch, in order. While the caller works on a large one, the next is
        gathered in a thread (numpy lets go of the interpreter's lock for it)."""
        for index in range(self.blocks):
            wanted = (epoch, index)
            if self._ahead and self._ahead[0] == wanted:
                block = self._ahead[1].result()
            else:
                block = self.gathered(epoch, index)
            if self._worker:
                following = (epoch, index + 1) if index + 1 < self.blocks else (epoch + 1, 0)
                self._ahead = following, self._worker.submit(self.gathered, *following)
            yield block

    def gathered(self, epoch: int, index: int) -> Block:
        """One block, from (seed, epoch, index) alone."""
        padding = self.steps * self.batch - self.rows
        first = index * self.block
        # A short last block repeats its last step; the loop stops before those.
        steps = np.minimum(np.arange(first, first + self.block), self.steps - 1)
        weights = np.ones((self.steps, self.batch), "float32")
        weights[-1, self.batch - padding :] = 0.0
        if self.shuffle:
            order = streams.orders(self.seeds, epoch, self.rows)
        else:
            order = np.tile(np.arange(self.rows, dtype="int32"), (len(self.seeds), 1))
        # The last batch is filled up with one of its own rows, so that a row which is not finite
        # spoils no batch but its own.
        filler = order[:, (self.steps - 1) * self.batch, None]
        order = np.concatenate([order, filler.repeat(padding, axis=1)], axis=1)
        rows = order.reshape(len(self.seeds), self.steps, self.batch)[:, steps]
        return Block(
            first,
            min(self.block, self.steps - first),
            self._take(rows, "x"),
            self._take(rows, "y"),
            weights[steps],
            streams.bits(self.seeds, epoch, first, self.block, self.batch, self.units),
        )

    def _take(self, rows: np.ndarray, kind: str) -> np.ndarray:
        return np.stack(
            [
                np.take(getattr(self.parts[part], kind), rows[self.seeds.index(seed)], axis=0)
                for seed, part in self.views
            ]
        )
