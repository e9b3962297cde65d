"""The order of the training rows in each epoch, for tables of any size.

A table up to the buffer's size is shuffled as a whole. A larger one is shuffled as tf.data's
interleave and shuffle would: chunks of neighbouring rows are drawn in a new order each epoch, a
group of them is read into memory, and its rows are shuffled. A file is then read once an epoch, a
megabyte at a time, whatever its size.
"""

from dataclasses import dataclass

import numpy as np

from stages.lib.mlp import streams

# Bytes of rows that are read from one place: a disk that has to seek still reads at half its speed.
CHUNK_BYTES = 2**20
# A buffer for tables of any size: everything is shuffled together.
UNLIMITED = 2**62


@dataclass(frozen=True)
class Shuffle:
    """`rows` rows in groups of `group` rows, each made of chunks of `chunk` neighbouring rows; or,
    `in_order`, one group as it stands."""

    rows: int
    group: int
    chunk: int
    in_order: bool = False

    @property
    def groups(self) -> int:
        return -(-self.rows // self.group)

    def orders(self, seeds: list[int], epoch: int, group: int, epochs: int = 1) -> np.ndarray:
        """The rows of one group in the order they are trained on in so many epochs from this one
        on, int [seeds, epochs, rows].

        From (seed, epoch, group) alone. The chunk that is cut short by the table's end stays in
        the last group.
        """
        if self.in_order:
            return np.tile(np.arange(self.rows), (len(seeds), epochs, 1))
        if self.groups == 1:
            return streams.orders(seeds, epoch, self.rows, epochs)
        drawn = [[self._order(seed, epoch + e, group) for e in range(epochs)] for seed in seeds]
        return np.array(drawn)

    def _order(self, seed: int, epoch: int, group: int) -> np.ndarray:
        """int64 [rows]"""
        first = group * self.group
        place = np.arange(first, min(first + self.group, self.rows))
        whole = self.rows // self.chunk
        drawn = streams.generator(seed, "order", epoch).permutation(whole)
        chunks = np.append(drawn, whole)
        rows = chunks[place // self.chunk] * self.chunk + place % self.chunk
        return streams.generator(seed, "order", epoch, group).permutation(rows)


def shuffle(rows: int, row_bytes: int, buffer_bytes: int) -> Shuffle:
    """The shuffle of so many rows with a buffer of so many bytes; without one, none.

    Of what does not fit, half a buffer is shuffled together (at least a row), since two groups are
    held while one takes the place of the other.
    """
    if rows * row_bytes <= buffer_bytes or not buffer_bytes:
        return Shuffle(rows, rows, 1, in_order=not buffer_bytes)
    group = max(1, buffer_bytes // row_bytes // 2)
    return Shuffle(rows, group, min(group, max(1, CHUNK_BYTES // row_bytes)))
