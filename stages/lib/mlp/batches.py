"""Batches, gathered on the host: rows in each seed's order, and its dropout bits.

Gathering whole blocks of steps ahead (some epochs of a small table, a part of one of a large)
leaves the compiled loop nothing but slices and arithmetic, and lets the rows lie in a memory-mapped
file.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.mlp import streams
from stages.lib.mlp.shuffle import UNLIMITED, shuffle
from stages.lib.mlp.weights import row_factors
from stages.lib.mlp.workers import SINGLE, Workers
from stages.lib.params import FILE

# Bytes of gathered rows and bits at a time: some epochs of a small table, a part of one of a large.
BLOCK_BYTES = 32 * 2**20
# From this size on a block is gathered in a thread, while the one before it is trained on.
THREAD_BYTES = 2**20
# Of each view the arrays [rows, width] that follow each other.
Pieces = list[list[np.ndarray]]


class Part(NamedTuple):
    """One split: x float32 [rows, inputs], and y of as many rows, which `encode` turns into what
    the loss takes, float32 [rows, width]. weights: of the rows, float [rows]; class_weights: of the
    class codes that y then holds, float [classes]; None for 1. What has rows may lie in a
    memory-mapped file: nothing here takes more of it than the rows asked for."""

    x: np.ndarray
    y: np.ndarray
    encode: Callable[[np.ndarray], np.ndarray] = np.asarray
    weights: np.ndarray | None = None
    class_weights: np.ndarray | None = None

    def inputs(self, rows: np.ndarray | slice) -> np.ndarray:
        """float32 [rows, inputs] at these positions."""
        return _rows(self.x, rows)

    def targets(self, rows: np.ndarray | slice) -> np.ndarray:
        """float32 [rows, width] at these positions."""
        return self.encode(_rows(self.y, rows))

    @property
    def weighted(self) -> bool:
        return self.weights is not None or self.class_weights is not None

    def factors(self, rows: np.ndarray | slice) -> np.ndarray | None:
        """What the trained losses at these positions are multiplied by, float32 [rows]; None
        without weights."""
        weights = None if self.weights is None else _rows(self.weights, rows)
        codes = self.y if self.class_weights is None else _rows(self.y, rows)
        return row_factors(weights, self.class_weights, codes)

    @property
    def width(self) -> int:
        """Columns of the targets."""
        columns: int = self.targets(slice(0, 1)).shape[1]
        return columns

    def read(self, rows: np.ndarray) -> "Part":
        """These rows alone, in memory."""
        weights = None if self.weights is None else self.weights[rows]
        return self._replace(x=self.x[rows], y=self.y[rows], weights=weights)


def _rows(array: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
    return array[rows] if isinstance(rows, slice) else np.take(array, rows, axis=0)


class Group(NamedTuple):
    """Rows that are shuffled together: the parts, by view, that hold them, and for each seed and
    epoch the order of their rows, int [seeds, epochs, rows]."""

    parts: dict[tuple[int, int], Part]
    order: np.ndarray


class Block(NamedTuple):
    """`steps` consecutive steps from step `first` on, of each of `epochs` epochs; arrays are padded
    to the same number of epochs and steps in every block.

    x float32 [views, epochs, steps, batch, inputs] and y [views, epochs, steps, batch, width];
    weights float32 [steps, batch], 0 for the rows that only fill up the last batch; bits uint16
    [seeds, epochs, steps, batch, units]; factors float32 [views, epochs, steps, batch], what the
    rows' losses are multiplied by, or None: each this process's share of the batch. counts float32
    [steps]: the rows that count in each step, in all processes.
    """

    first: int
    steps: int
    epochs: int
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    bits: np.ndarray
    counts: np.ndarray
    factors: np.ndarray | None = None


class Batches:
    """The batches of each epoch for some views: pairs of (seed, position in `parts`).

    A view is what a replica sees: one table's rows in one seed's order. `units` is the number of
    random numbers that a row needs for its dropout masks. `buffer_bytes` of inputs are shuffled
    together, none if it is 0 (see shuffle.py). `workers` share each batch's rows out between
    processes. `most_epochs` are worth a call; `epochs` are how many a block can hold.
    """

    def __init__(
        self,
        parts: list[Part],
        views: list[tuple[int, int]],
        batch_size: int,
        units: int,
        buffer_bytes: int = UNLIMITED,
        workers: Workers = SINGLE,
        most_epochs: int = 1,
    ) -> None:
        self.parts, self.views, self.units = parts, views, units
        self.seeds = list(dict.fromkeys(seed for seed, _ in views))
        self.rows = len(parts[0].x)
        self.weighted = parts[0].weighted
        self.batch = min(batch_size, self.rows)
        self.steps = -(-self.rows // self.batch)
        self._share = workers.share(self.batch)
        if self.batch < workers.count:
            raise UserError(
                f"{FILE}: train.batch_size",
                f"at least a row for each of {workers.count} processes",
                f"batches of {self.batch}",
            )
        # Equal for all that ever stand beside a replica: the order is its seed's alone.
        self.shuffle = shuffle(self.rows, 4 * parts[0].x.shape[1], buffer_bytes)
        self._group = lru_cache(maxsize=1)(self._draw)
        row_bytes = sum(4 * (parts[p].x.shape[1] + parts[p].width) for _, p in views)
        row_bytes += 2 * units * len(self.seeds)
        epoch_bytes = row_bytes * self.batch * self.steps
        # Several only of a table that is shuffled as a whole: of another each group is read once.
        several = min(most_epochs, BLOCK_BYTES // epoch_bytes) if self.shuffle.groups == 1 else 1
        self.epochs = max(1, several)
        most = max(1, BLOCK_BYTES // (row_bytes * self.batch))
        # Blocks of about equal length; the last one may be some steps shorter.
        self.block = -(-self.steps // -(-self.steps // most))
        self.blocks = -(-self.steps // self.block)
        # Handing a small block between threads takes longer than gathering it.
        large = self.epochs == 1 and self.block * self.batch * row_bytes >= THREAD_BYTES
        self._worker = ThreadPoolExecutor(max_workers=1) if large else None
        self._prefetched: tuple[tuple[int, int], Future[Block]] | None = None

    def blocks_of(self, epoch: int, epochs: int = 1) -> Iterator[Block]:
        """The blocks of so many epochs from this one on, at most `self.epochs`, in order. While the
        caller works on a large one, the next is gathered in a thread (numpy lets go of the
        interpreter's lock for it)."""
        for index in range(self.blocks):
            wanted = (epoch, index)
            if self._prefetched and self._prefetched[0] == wanted:
                block = self._prefetched[1].result()
            else:
                block = self.gather(epoch, index, epochs)
            if self._worker:
                following = (epoch, index + 1) if index + 1 < self.blocks else (epoch + 1, 0)
                self._prefetched = following, self._worker.submit(self.gather, *following)
            yield block

    def gather(self, epoch: int, index: int, epochs: int = 1) -> Block:
        """One block, from (seed, epoch, index) alone."""
        first = index * self.block
        count = min(self.block, self.steps - first)
        places = np.arange(first * self.batch, (first + count) * self.batch)
        weights = (places < self.rows).astype("float32").reshape(count, self.batch)
        # The last batch is filled up with one of its own rows, so that a row which is not finite
        # spoils no batch but its own.
        places[places >= self.rows] = (self.steps - 1) * self.batch
        # A short last block repeats its last step; the loop stops before those.
        steps = np.minimum(np.arange(self.block), count - 1)
        places, weights = places.reshape(count, self.batch)[steps], weights[steps]
        shape = len(self.seeds), self.epochs, self.block, self.batch, self.units
        bits = np.zeros(shape, "uint16")
        if self.units:
            for e in range(epochs):
                bits[:, e] = streams.bits(self.seeds, epoch + e, first, *shape[2:])
        x, y, factors = self._gather(epoch, epochs, places[:, self._share])
        return Block(
            first,
            count,
            epochs,
            x,
            y,
            weights[:, self._share],
            bits[:, :, :, self._share],
            weights.sum(axis=1),
            factors,
        )

    def _gather(
        self, epoch: int, epochs: int, places: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """x, y and factors of the rows at these places of each epoch's order, int [steps, batch];
        those of the last epoch again where the block holds more."""
        size, flat = self.shuffle.group, places.ravel()
        x: Pieces = [[] for _ in self.views]
        y: Pieces = [[] for _ in self.views]
        factors: Pieces = [[] for _ in self.views]
        # The places ascend but for what fills up the last batch, so a group's are neighbours.
        cuts = np.flatnonzero(np.diff(flat // size)) + 1
        for piece in np.split(flat, cuts):
            group = self._group(epoch, int(piece[0]) // size, epochs)
            # The last epoch again for those that there are no more of.
            of_epochs = np.minimum(np.arange(self.epochs), epochs - 1)[:, None]
            for position, view in enumerate(self.views):
                order = group.order[self.seeds.index(view[0])]
                rows = order[of_epochs, piece % size].ravel()
                x[position].append(group.parts[view].inputs(rows))
                y[position].append(group.parts[view].targets(rows))
                of_rows = group.parts[view].factors(rows)
                if of_rows is not None:
                    factors[position].append(of_rows[:, None])
        shape = self.epochs, *places.shape
        stacked = _stack(factors, shape)[..., 0] if self.weighted else None
        return _stack(x, shape), _stack(y, shape), stacked

    def _draw(self, epoch: int, group: int, epochs: int) -> Group:
        """From (seed, epoch, group) alone. What is not the whole table is read into memory, in the
        order of the file; of one epoch, then."""
        orders = self.shuffle.orders(self.seeds, epoch, group, epochs)
        if self.shuffle.groups == 1:
            return Group({view: self.parts[view[1]] for view in self.views}, orders)
        rows = np.sort(orders[:, 0], axis=1)
        parts = {
            view: self.parts[view[1]].read(rows[self.seeds.index(view[0])]) for view in self.views
        }
        places = [np.searchsorted(*pair)[None] for pair in zip(rows, orders[:, 0], strict=True)]
        return Group(parts, np.stack(places))


def _stack(pieces: Pieces, shape: tuple[int, ...]) -> np.ndarray:
    """The pieces of each view, one after the other, as [views, *shape, width]; copied only where
    there are several."""
    whole = [view[0] if len(view) == 1 else np.concatenate(view) for view in pieces]
    whole = [view.reshape(*shape, view.shape[1]) for view in whole]
    return whole[0][None] if len(whole) == 1 else np.stack(whole)
