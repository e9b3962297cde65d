"""Numbers and cells of the report."""

from collections.abc import Sequence
from typing import Any

# Words that a cell of a table has at most.
MOST_WORDS = 15


def amount(value: float, unit: str) -> str:
    """An effect: per cent of a share, else a number in its unit, which is not repeated."""
    return f"{100 * value:+.0f}\u00a0%" if not unit else f"{value:+.2g}"


def spread(pooled: dict[str, Any] | None, unit: str, keys: tuple[str, str, str]) -> str:
    """A mean and its interval, by their keys in a pooled entry; a dash where there is none."""
    if pooled is None:
        return "–"
    mean, low, high = (pooled[key] for key in keys)
    return f"{amount(mean, unit)} ({between(low, high, unit)})"


def between(low: float, high: float, unit: str) -> str:
    """An interval."""
    return f"{amount(low, unit)} to {amount(high, unit)}"


def counted(counts: dict[str, int]) -> str:
    """What the data sets say."""
    return ", ".join(f"{count} {said}" for said, count in counts.items())


def place(found: list[Any], unit: str) -> str:
    """A data set, its network and the effect there."""
    name, network, mean = found
    return f"{name} ({network}): {amount(mean, unit)}"


def interval(value: dict[str, float], sign: str = "") -> str:
    """A loss with its interval; sign: '+' for a difference."""
    return f"{value['mean']:{sign}.3f} ({value['low']:{sign}.3f} to {value['high']:{sign}.3f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
