"""How arms are parted into jobs, and their outcomes put back in order. Arms are named by their
positions."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

Outcome = TypeVar("Outcome")


def parts_of(group: Sequence[int], most: int) -> list[list[int]]:
    """A group in parts of about equal size, each of at most so many, so that several workers can
    share it; none of an empty group."""
    if not len(group):
        return []
    return [list(part) for part in np.array_split(group, -(-len(group) // most))]


def in_arms_order(
    jobs: Sequence[Sequence[int]],
    ended: Iterable[list[Outcome]],
    on_progress: Callable[[int], None],
) -> list[Outcome]:
    """The outcomes of all arms, in the arms' order.

    Args:
        jobs: the positions of each job's arms; together each position from 0 on, once.
        ended: the outcomes of each job's arms, job by job in the same order, as they end.
        on_progress: called with the number of arms of each job that has ended.
    """
    outcomes: dict[int, Outcome] = {}
    for positions, of_job in zip(jobs, ended, strict=True):
        outcomes |= dict(zip(positions, of_job, strict=True))
        on_progress(len(positions))
    return [outcomes[position] for position in range(len(outcomes))]
