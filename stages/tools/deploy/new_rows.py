"""What is to be said of new rows: gaps, levels that training had not, and numbers far outside."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import read_card
from stages.lib.core.errors import UserError, shown
from stages.lib.core.sentinels import DISTANCE
from stages.lib.core.text import printable
from stages.lib.transforms.state import CategoricalColumn, NormalizationState, NumericColumn

TRAINING, CARD = "data/raw/train.parquet", "data/raw/card.json"
# Levels, and characters of a name, that a line shows.
MOST_LEVELS, NAME_WIDTH = 3, 40
# A column's least and greatest number.
Ranges = Mapping[str, tuple[float, float]]


def notes(state: NormalizationState, table: pd.DataFrame, ranges: Ranges) -> list[str]:
    """A line for each column of which something is to be said, with how many rows it is true of.

    Args:
        state: of training.
        table: the new rows as the state is applied to them.
        ranges: of the training rows, by column of numbers; those that are not known are left out.
    """
    lines = []
    for column in state.columns:
        if not column.inputs:
            continue  # left out by normalize
        cells = table[column.name]
        if isinstance(column, CategoricalColumn):
            said = [*_gaps_of_levels(column, cells), *_new_levels(column, cells)]
        else:
            said = [*_gaps(column, cells), *_far_outside(cells, ranges.get(column.name))]
        if said:
            lines.append(f"  {shown(column.name, NAME_WIDTH)}: {'; '.join(said)}")
    return lines


def training_ranges(state: NormalizationState) -> Ranges:
    """Of the numbers of the training split, where it is still there and of the same data."""
    try:
        if not (Path(TRAINING).is_file() and state.is_of(read_card(CARD))):
            return {}
    except UserError:
        return {}
    return dict(_ranges(column.name for column in state.columns if column.kind == "numeric"))


def _ranges(names: Iterable[str]) -> Iterator[tuple[str, tuple[float, float]]]:
    for name in names:
        numbers = pd.read_parquet(TRAINING, columns=[name])[name]
        if numbers.notna().any():
            yield name, (float(numbers.min()), float(numbers.max()))


def _gaps(column: NumericColumn, cells: pd.Series) -> Iterator[str]:
    rows = int(cells.isna().sum())
    if rows and column.missing is None:
        yield f"{_count(rows, 'gap')}, left as NaN"
    elif rows:
        yield f"{_count(rows, 'gap')}, filled with {column.missing:.6g}"


def _gaps_of_levels(column: CategoricalColumn, cells: pd.Series) -> Iterator[str]:
    rows = int(cells.isna().sum())
    if rows:
        yield f"{_count(rows, 'gap')}, taken for no level"


def _new_levels(column: CategoricalColumn, cells: pd.Series) -> Iterator[str]:
    counts = cells.value_counts()
    new = counts[~counts.index.isin(column.categories) & (counts > 0).to_numpy()]
    if not len(new):
        return
    shown_levels = ", ".join(shown(str(level), NAME_WIDTH) for level in new.index[:MOST_LEVELS])
    more = ", ..." * (len(new) > MOST_LEVELS)
    taken = (
        "that training had not, or pooled, taken for its rare ones"
        if column.has_pool
        else "that training had not, taken for no level"
    )
    yield f"{_count(int(new.sum()), 'row')} of levels {taken} ({shown_levels}{more})"


def _far_outside(cells: pd.Series, known: tuple[float, float] | None) -> Iterator[str]:
    """By the rule for sentinels: farther from training's numbers than these lie apart."""
    if known is None or known[0] == known[1]:
        return
    (low, high), numbers = known, cells.to_numpy("float64")
    room = DISTANCE * (high - low)
    far = (numbers < low - room) | (numbers > high + room)
    if far.any():
        values, counts = np.unique(numbers[far], return_counts=True)
        usual = f"{values[counts.argmax()]:.10g}"
        yield (
            f"{_count(int(far.sum()), 'row')} far outside training's {low:.6g} to {high:.6g}, as "
            f"{usual}: a gap? --missing={usual}"
        )


def _count(rows: int, word: str) -> str:
    return printable(f"{rows} {word}{'s' * (rows != 1)}")
