"""An epoch's batches, gathered on the host: rows in each seed's order, and its dropout bits.

Gathering whole blocks of steps ahead leaves the compiled loop nothing but slices and arithmetic,
and lets the rows lie in a memory-mapped file.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from stages.mlp import streams
from stages.mlp.shuffle import UNLIMITED, shuffle

# Bytes of gathered rows and bits at a time: an epoch of a small table, a part of one of a large.
BLOCK_BYTES = 32 * 2**20
# From this size on a block is gathered in a thread, while the one before it is trained on.
THREAD_BYTES = 2**20


class Part(NamedTuple):
    """One split: x float32 [rows, inputs], and y of as many rows, which `encode` turns into what
    the loss takes, float32 [rows, width]. Both may lie in a memory-mapped file: nothing here takes
    more of them than the rows asked for."""

    x: np.ndarray
    y: np.ndarray
    encode: Callable[[np.ndarray], np.ndarray] = np.asarray

    def inputs(self, rows: np.ndarray | slice) -> np.ndarray:
        """float32 [rows, inputs] at these positions."""
        return self.x[rows] if isinstance(rows, slice) else np.take(self.x, rows, axis=0)

    def targets(self, rows: np.ndarray | slice) -> np.ndarray:
        """float32 [rows, width] at these positions."""
        y = self.y[rows] if isinstance(rows, slice) else np.take(self.y, rows, axis=0)
        return self.encode(y)

    @property
    def width(self) -> int:
        return self.targets(slice(0, 1)).shape[1]

    def read_ahead(self, rows: np.ndarray, chunk: int) -> None:
        """Tell the system that the chunks with these rows are needed soon, if x is in a file: it
        then reads each in one go rather than page by page."""
        if not isinstance(self.x, np.memmap) or not hasattr(os, "posix_fadvise"):
            return
        row_bytes = self.x.strides[0]
        with open(self.x.filename, "rb") as file:
            for start in np.unique(rows // chunk) * chunk * row_bytes + self.x.offset:
                size = chunk * row_bytes
                os.posix_fadvise(file.fileno(), int(start), size, os.POSIX_FADV_WILLNEED)


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
    random numbers that a row needs for its dropout masks. `buffer_bytes` of inputs are shuffled
    together (see shuffle.py).
    """

    def __init__(
        self,
        parts: list[Part],
        views: list[tuple[int, int]],
        batch_size: int,
        units: int,
        buffer_bytes: int = UNLIMITED,
    ) -> None:
        self.parts, self.views, self.units = parts, views, units
        self.seeds = list(dict.fromkeys(seed for seed, _ in views))
        self.rows = len(parts[0].x)
        self.batch = min(batch_size, self.rows)
        self.steps = -(-self.rows // self.batch)
        row_bytes = sum(4 * (parts[p].x.shape[1] + parts[p].width) for _, p in views)
        row_bytes += 2 * units * len(self.seeds)
        most = max(1, BLOCK_BYTES // (row_bytes * self.batch))
        # Blocks of about equal length; the last one may be some steps shorter.
        self.block = -(-self.steps // -(-self.steps // most))
        self.blocks = -(-self.steps // self.block)
        # Handing a small block between threads takes longer than gathering it.
        large = self.block * self.batch * row_bytes >= THREAD_BYTES
        self._worker = ThreadPoolExecutor(max_workers=1) if large else None
        self._ahead: tuple[tuple[int, int], Future] | None = None
        # Equal for all that ever stand beside a replica: the order is its seed's alone.
        self.shuffle = shuffle(self.rows, 4 * parts[0].x.shape[1], buffer_bytes)
        self._group = lru_cache(maxsize=2)(self._drawn)

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
        first = index * self.block
        count = min(self.block, self.steps - first)
        start, stop = first * self.batch, min((first + count) * self.batch, self.rows)
        order = self._order(epoch, start, stop)
        # The last batch is filled up with one of its own rows, so that a row which is not finite
        # spoils no batch but its own.
        padding = count * self.batch - (stop - start)
        filler = order[:, (count - 1) * self.batch, None].repeat(padding, axis=1)
        rows = np.concatenate([order, filler], axis=1)
        # A short last block repeats its last step; the loop stops before those.
        steps = np.minimum(np.arange(self.block), count - 1)
        rows = rows.reshape(len(self.seeds), count, self.batch)[:, steps]
        weights = np.ones((count, self.batch), "float32")
        weights[-1, self.batch - padding :] = 0.0
        return Block(
            first,
            count,
            self._take(rows, Part.inputs),
            self._take(rows, Part.targets),
            weights[steps],
            streams.bits(self.seeds, epoch, first, self.block, self.batch, self.units),
        )

    def _order(self, epoch: int, start: int, stop: int) -> np.ndarray:
        """The rows at these positions of an epoch, int [seeds, stop - start]."""
        size = self.shuffle.group
        groups = range(start // size, -(-stop // size))
        drawn = np.concatenate([self._group(epoch, group) for group in groups], axis=1)
        return drawn[:, start - groups[0] * size : stop - groups[0] * size]

    def _drawn(self, epoch: int, group: int) -> np.ndarray:
        orders = self.shuffle.orders(self.seeds, epoch, group)
        if self.shuffle.groups > 1:
            for seed, part in self.views:
                rows = orders[self.seeds.index(seed)]
                self.parts[part].read_ahead(rows, self.shuffle.chunk)
        return orders

    def _take(self, rows: np.ndarray, kind: Callable) -> np.ndarray:
        """What `kind` gives of a part for rows int [seeds, steps, batch], stacked by view."""
        found = []
        for seed, part in self.views:
            own = rows[self.seeds.index(seed)]
            taken = kind(self.parts[part], own.ravel())
            found.append(taken.reshape(*own.shape, taken.shape[1]))
        return np.stack(found)
