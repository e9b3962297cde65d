"""Random streams, keyed by what they are for and never by a replica's position.

A replica's initial weights, row orders and dropout masks follow from its seed alone: adding or
removing other replicas leaves them bit for bit as they were, and a run that resumes at an epoch
draws what the uninterrupted run would have drawn.
"""

import numpy as np

# Positions in the spawn key; a new purpose takes the next number, for the streams of the others
# must not move.
PURPOSES = {"weights": 0, "order": 1, "dropout": 2}


def _sequence(seed: int, purpose: str, position: tuple[int, ...]) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(PURPOSES[purpose], *position))


def generator(seed: int, purpose: str, *position: int) -> np.random.Generator:
    """A numpy generator for (seed, purpose, position), e.g. position = (layer,) or (epoch,)."""
    return np.random.Generator(np.random.Philox(_sequence(seed, purpose, position)))


def key(seed: int, purpose: str, *position: int) -> np.uint64:
    """A 64-bit Philox key for TensorFlow's stateless generators."""
    return _sequence(seed, purpose, position).generate_state(1, np.uint64)[0]


def orders(seeds: list[int], epoch: int, rows: int) -> np.ndarray:
    """The order of the training rows in one epoch, int32 [seeds, rows]."""
    return np.stack(
        [generator(seed, "order", epoch).permutation(rows).astype("int32") for seed in seeds]
    )
