"""Random streams, keyed by what they are for and never by a replica's position.

A replica's initial weights, row orders and dropout masks follow from its seed alone: adding or
removing other replicas leaves them bit for bit as they were, and a run that resumes at an epoch
draws what the uninterrupted run would have drawn.
"""

from functools import lru_cache

import numpy as np

# Positions in the spawn key; a new purpose takes the next number, for the streams of the others
# must not move.
PURPOSES = {"weights": 0, "order": 1, "dropout": 2}
# Numbers of 16 bits in one draw of 64.
_PER_DRAW = 4
# So many rows are put into order in less time than their order is drawn in; every program asks for
# the orders of the same seeds, and 64 MiB of them are kept.
REMEMBERED_ROWS, REMEMBERED_ORDERS = 2**16, 2**8


def _sequence(seed: int, purpose: str, position: tuple[int, ...]) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(PURPOSES[purpose], *position))


def generator(seed: int, purpose: str, *position: int) -> np.random.Generator:
    """A numpy generator for (seed, purpose, position), e.g. position = (layer,) or (epoch,)."""
    return np.random.Generator(np.random.Philox(_sequence(seed, purpose, position)))


def bits(
    seeds: list[int], epoch: int, first: int, steps: int, batch: int, units: int
) -> np.ndarray:
    """Sixteen random bits a unit, uint16 [seeds, steps, batch, units], from step `first` on.

    The generator advances by whole steps, so a step's bits do not depend on how many are drawn with
    it. PCG64DXSM draws twice as fast as Philox, and a large network's masks are most of what an
    epoch costs on the host.
    """
    needed = batch * units
    draws = -(-needed // _PER_DRAW)
    drawn = [
        np.random.PCG64DXSM(_sequence(seed, "dropout", (epoch,)))
        .advance(first * draws)
        .random_raw(steps * draws)
        for seed in seeds
    ]
    together = np.stack(drawn) if len(drawn) > 1 else drawn[0][None]
    numbers = together.view(np.uint16).reshape(len(seeds), steps, -1)
    return numbers[:, :, :needed].reshape(len(seeds), steps, batch, units)


def orders(seeds: list[int], epoch: int, rows: int, epochs: int = 1) -> np.ndarray:
    """The order of the training rows in so many epochs from this one on, int32 [seeds, epochs,
    rows]."""
    drawn = _orders if rows * epochs <= REMEMBERED_ROWS else _orders.__wrapped__
    return np.stack([drawn(seed, epoch, rows, epochs) for seed in seeds])


@lru_cache(maxsize=REMEMBERED_ORDERS)
def _orders(seed: int, epoch: int, rows: int, epochs: int) -> np.ndarray:
    """int32 [epochs, rows]"""
    drawn = np.empty((epochs, rows), "int32")
    for e in range(epochs):
        drawn[e] = generator(seed, "order", epoch + e).permutation(rows)
    return drawn
