"""LL222: a number that stands for a gap."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

MIN_REPEATS = 5  # rows of the value
# Distance from the nearest other value, over the range of all others.
DISTANCE = 1.0
# Values that the others have at least: a design of a few levels may well have a far one (a dose of
# 1, 10 or 1,000), but none of them is all nines.
MIN_OTHERS, MIN_OTHERS_OF_NINES = 20, 3


def sentinels(subject: Subject) -> Iterator[CheckFinding]:
    """Round numbers that many rows have, far below or above all others of their column."""
    columns = [column.name for column in subject.card.columns if column.kind == "numeric"]
    targets = subject.targets if subject.task.is_regression else []
    table = subject.tables["train"]
    for name in [*columns, *targets]:
        for value, (low, high) in sentinels_of(sample(table)[name].to_numpy("float64")):
            count = int((table[name] == value).sum())
            is_target = name in targets
            yield CHECK.finding(
                "no number for a missing target" if is_target else "gaps to be empty cells",
                f"{'target ' if is_target else ''}{quoted(name)}: {value:.10g} in {count} of "
                f"{len(table)} training rows, all others from {low:.6g} to {high:.6g}",
                keys=CHECK.keys if subject.card.source == "file" and not is_target else (),
            )


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


CHECK = Check(
    code="LL222",
    name="sentinel_value",
    title="A number stands for a gap",
    families=("data",),
    severities=("warning",),
    keys=("data.file.missing",),
    about="Numeric columns and targets of a regression: a round number or one of nines, in five "
    "training rows at least, that lies farther from all other values than these lie from each "
    "other. Files write -999, 9999 or 1e9 where a value is missing; read as a number it makes the "
    "mean and deviation by which the column is scaled, and its rows look like the extreme case of "
    "what was measured.",
    source="Ours: five rows, a distance of the whole range of the others, and twenty other values "
    "(three beside nines), so that levels of a design, such as doses of 1, 10 and 1,000, are none.",
    remedy="If it stands for a gap, name it in data.file.missing, and normalize.missing fills it. "
    "Rows whose target is missing have to go from the file.",
    find=sentinels,
)
