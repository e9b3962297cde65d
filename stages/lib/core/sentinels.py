"""Numbers that stand for a gap, as files write them: -999, 9999, 1e9."""

from collections.abc import Iterator

import numpy as np

MIN_REPEATS = 5  # rows of the value
# Distance from the nearest other value, over the range of all others.
DISTANCE = 1.0
# Values that the others have at least: a design of a few levels may well have a far one (a dose of
# 1, 10 or 1,000), but none of them is all nines.
MIN_OTHERS, MIN_OTHERS_OF_NINES = 20, 3


def sentinels_of(values: np.ndarray) -> Iterator[tuple[float, tuple[float, float]]]:
    """The sentinels of one column.

    Args:
        values: float64 [rows], NaN for a gap.

    Yields:
        Each number that stands for a gap, and the least and the greatest of all others.
    """
    known, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    # From the outside in: of -9999 and -999 the second is far once the first is set aside.
    low, high = 0, len(known) - 1
    found: list[float] = []
    while low < high:
        step = _outermost(known[low : high + 1], counts[low : high + 1])
        if step is None:
            break
        found.append(float(known[high if step > 0 else low]))
        low, high = low + (step < 0), high - (step > 0)
    for value in found:
        yield value, (float(known[low]), float(known[high]))


def _outermost(known: np.ndarray, counts: np.ndarray) -> int | None:
    """-1 if the least of these values is a sentinel, 1 if the greatest is, else None."""
    for end, others in ((1, known[:-1]), (-1, known[1:])):
        value, count = (known[-1], counts[-1]) if end > 0 else (known[0], counts[0])
        nines = _is_nines(value)
        enough = len(others) >= (MIN_OTHERS_OF_NINES if nines else MIN_OTHERS)
        distance = np.abs(others - value).min()
        far = distance > DISTANCE * np.ptp(others)
        if count >= MIN_REPEATS and enough and far and (nines or _is_round(value)):
            return end
    return None


def _is_nines(value: float) -> bool:
    """99, 999, ..., of either sign."""
    return abs(value) >= 99 and float(value).is_integer() and set(f"{abs(value):.0f}") == {"9"}


def _is_round(value: float) -> bool:
    """One digit and zeros, such as -200 or 1e9, or the end of a range of machine numbers."""
    limits = {2.0**bits - shift for bits in (15, 16, 31, 32, 63) for shift in (0, 1)}
    limits |= {float(np.finfo(np.float32).max)}
    return abs(value) in limits or (
        abs(value) >= 10 and float(f"{value:.0e}") == value and float(value).is_integer()
    )
