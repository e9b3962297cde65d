"""One column of a user's table: numbers, or text exactly as it was written.

Cells come as text, so that a category `007` stays `007` and a country `NA` stays a country; a
column is numeric when all its cells are numbers, where a word for "missing" is a gap. Text is held
as categories: each different cell once, and a code per row.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from stages.lib.core.errors import UserError, shown
from stages.lib.core.text import folded
from stages.lib.tables.cells import (
    FLOAT32_MAX,
    QUOTED_BEHIND_BLANKS,
    TRUTHS,
    is_gap,
    is_human_number,
    is_number,
    level_codes,
    parse_levels,
    parse_truths,
)
from stages.lib.tables.written_numbers import Notation, read_levels

# From this share of numbers on, a text among them is taken for a mistake rather than a category.
MOSTLY_NUMBERS = 0.2
# Characters of a cell that a message shows.
MAX_CELL = 60
# 1.234,50 € as well as ,5.
_LAST_MARK_IS_COMMA = r"[^\d,]*[\d.'’ \u00a0\u202f]*,\d+(?:[eE][-+]?\d+)?\D*"
PLAIN = Notation()
Written = Callable[[], pd.Series]
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Column:
    """One column's cells.

    Attributes:
        name: in the header.
        cells: [rows], indexed by the position of their row in the file: float64 with NaN for a
            gap, or categories of text without one for a gap.
        written: gives the text of numbers as it stood in the file; None where there was none.
        truths: the numbers were written as truth values.
        notation: of its numbers, where it came as text.
        how: how numbers in a person's spelling were read, with an example; of text that may be
            such numbers in several readings, these and the keys that decide; else ''.
    """

    name: str
    cells: pd.Series
    written: Written | None = None
    truths: bool = False
    notation: Notation = PLAIN
    how: str = ""

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def gaps(self) -> np.ndarray:
        """Where a cell is empty, bool [rows]."""
        return self.cells.isna().to_numpy()

    def numbers(self) -> pd.Series | None:
        """float64 with NaN for gaps, or None for a text column."""
        return self.cells if self.cells.dtype == np.float64 else None

    def with_gaps(self, missing: Sequence[float | str]) -> "Column":
        """The same column, with a gap wherever one of these numbers stands; text stays as it is,
        in which a reader makes gaps of words."""
        numbers = [number for entry in missing if (number := _number(entry)) is not None]
        if self.numbers() is None or not numbers:
            return self
        gap = self.cells.isin(numbers).to_numpy()
        written = _then(self.written, lambda text: text.mask(gap))
        return replace(self, cells=self.cells.mask(gap), written=written)

    def take(self, rows: np.ndarray) -> "Column":
        """The same column in some of the rows, bool [rows]. Text is looked at anew: what made it
        text may be gone."""
        cells = self.cells[rows]
        if self.numbers() is None:
            text = pa.Array.from_pandas(cells.cat.remove_unused_categories()).cast(_DICTIONARY)
            found = column_of_text(self.name, pa.chunked_array([text]), self.notation)
            written = _then(found.written, lambda text: text.set_axis(cells.index))
            return replace(found, cells=found.cells.set_axis(cells.index), written=written)
        written = _then(self.written, lambda text: text[rows].cat.remove_unused_categories())
        return replace(self, cells=cells, written=written)

    def spelled(self) -> "Column":
        """Yes and no as words rather than numbers, which only true and false are as a target."""
        if not self.truths or self.written is None:
            return self
        words = self.written().mask(self.gaps).cat.remove_unused_categories()
        if {str(word).lower() for word in words.cat.categories} <= {*TRUTHS[0]}:
            return self
        return replace(self, cells=words, written=None, truths=False)

    def all_numbers(self, where: str, expected: str) -> pd.Series:
        """float64 with NaN for gaps.

        Args:
            where: what a message calls the column.
            expected: what a message says should stand in it.

        Raises:
            UserError: a cell, the first of which is shown, is neither a gap nor a finite number.
        """
        numbers = self.numbers()
        if numbers is None:
            row, cell = self.odd_among_numbers() or self._first_cell()
            received = f"{shown(cell, MAX_CELL)} in row {row}"
            raise UserError(where, expected, received, self.advice(cell))
        check_finite(numbers, where)
        return numbers

    def advice(self, cell: str) -> str:
        """What to do about a text cell where a number is expected, or ''."""
        if self.how:
            return self.how
        comma = self.notation.decimal == "." and re.fullmatch(_LAST_MARK_IS_COMMA, cell)
        return "a decimal comma is data.file.decimal: comma" if comma else ""

    def _first_cell(self) -> tuple[int, str]:
        """The row, from 1, and the text of the first cell that is no gap."""
        position = int(self.cells.notna().to_numpy().argmax())
        return row_number(self.cells, position), str(self.cells.iloc[position])

    def categories(self) -> pd.Series:
        """The cells as they were written, of dtype category; numbers of Parquet as Python writes
        them, 2.0 as 2.

        Raises:
            UserError: numbers of Parquet are too large to be told apart.
        """
        if self.numbers() is None:
            return self.cells
        if self.written is not None:
            return self.written()
        check_exact(self, f"column {self.name!r}")
        return self.cells.map(_spelling, na_action="ignore").astype("category")

    def text(self) -> pd.Series:
        """The same as plain text, with NaN for a gap."""
        return self.categories().astype("str")

    def odd_among_numbers(self) -> tuple[int, str] | None:
        """Row (from 1) and content of the first text in a column that is numbers for the most
        part, or the first number of a column of numbers in a person's spelling."""
        odd = self.texts_among_numbers()
        return odd[0] if odd else None

    def texts_among_numbers(self) -> list[tuple[int, str]]:
        """The same of each different text, in the order of their rows; none in another column."""
        levels, codes = pa.array(self.cells.cat.categories), self.cells.cat.codes.to_numpy()
        rows = np.bincount(codes[codes >= 0], minlength=len(levels))
        plain = is_number(levels, self.notation.decimal)
        human = is_human_number(levels, self.notation.decimal)
        if rows[plain].sum() < MOSTLY_NUMBERS * rows.sum() and rows[human].sum() <= rows.sum() / 2:
            return []
        odd = np.append(~(plain | is_gap(levels)), False)
        positions = np.flatnonzero(odd[codes])
        firsts = np.sort(np.unique(codes[positions], return_index=True)[1])
        return [
            (row_number(self.cells, int(at)), str(self.cells.iloc[int(at)]))
            for at in positions[firsts]
        ]


def row_number(cells: pd.Series, position: int) -> int:
    """The row in the file, from 1, of a cell at this position."""
    return int(cells.index[position]) + 1


def column_of_text(name: str, cells: pa.ChunkedArray, notation: Notation = PLAIN) -> Column:
    """Text as a column: numbers if all cells are, as a program or a person writes them, truth
    values as 0 and 1, else text.

    Args:
        name: of the column.
        cells: text, encoded by a dictionary, null for an empty cell.
        notation: of its numbers.
    """
    cells = cells.unify_dictionaries().combine_chunks()
    levels = pc.replace_substring_regex(cells.dictionary, QUOTED_BEHIND_BLANKS, r"\1")
    levels, codes = pc.utf8_trim_whitespace(levels), level_codes(cells)
    # Cells may differ by the blanks around them only.
    gap = pc.is_in(levels, pa.array(["", *sorted(notation.gaps)]))
    levels = pc.if_else(gap, "", levels)
    shown_levels = pa.array(map(folded, levels.to_pylist())) if notation.joined else levels
    merged = pc.if_else(gap, None, shown_levels).dictionary_encode()
    distinct = pd.Index(merged.dictionary.to_pandas(), dtype="str")
    categories = pd.Categorical.from_codes(np.append(level_codes(merged), -1)[codes], distinct)
    written = pd.Series(categories, name=name)
    truths = parse_truths(levels)
    numbers = parse_levels(levels, notation.decimal) if truths is None else truths
    how = ""
    if numbers is None:
        reading = read_levels(levels, notation)
        if reading is not None:
            numbers, how = reading.values, reading.how
    if numbers is None:
        return Column(name, written, notation=notation, how=how)
    values = pd.Series(np.append(numbers, np.nan)[codes], name=name, copy=False)
    return Column(name, values, lambda: written, truths is not None, notation, how)


def _number(entry: float | str) -> float | None:
    """A number, also one in quotes, or None for a word."""
    try:
        return float(entry)
    except ValueError:
        return None


def _then(written: Written | None, change: Callable[[pd.Series], pd.Series]) -> Written | None:
    """What gives the text with this change, where there is some."""
    return None if written is None else lambda: change(written())


def check_finite(numbers: pd.Series, where: str) -> None:
    """Refuse a number that is infinite, or becomes so in float32.

    Args:
        numbers: float64 [rows].
        where: what the message calls them.

    Raises:
        UserError: there is one; the first is shown.
    """
    values = numbers.to_numpy()
    beyond = (values > FLOAT32_MAX) | (values < -FLOAT32_MAX)
    if beyond.any():
        position = int(np.flatnonzero(beyond)[0])
        raise UserError(
            where,
            "finite numbers within float32 (3.4e38)",
            f"{numbers.iloc[position]:g} in row {row_number(numbers, position)}",
        )


def check_exact(column: Column, where: str) -> None:
    """Refuse numbers so large that float64 holds two neighbours as one.

    Args:
        column: of numbers or text; text passes.
        where: what the message calls it.

    Raises:
        UserError: there is such a number; the first is shown.
    """
    numbers = column.numbers()
    if numbers is not None and numbers.abs().max() >= 2**53:
        position = int(np.flatnonzero(numbers.abs() >= 2**53)[0])
        raise UserError(
            where,
            "whole numbers below 2^53, from where on float64 leaves some out",
            f"{numbers.iloc[position]:g} in row {row_number(numbers, position)}",
            "write them as text",
        )


def check_no_gaps(column: Column, where: str, expected: str) -> None:
    """Refuse a column with an empty cell.

    Args:
        column: of numbers or text.
        where: what the message calls it.
        expected: what should stand in every row.

    Raises:
        UserError: there is an empty cell; the first one's row is named.
    """
    gaps = column.gaps
    if gaps.any():
        row = row_number(column.cells, int(np.flatnonzero(gaps)[0]))
        raise UserError(
            where,
            f"{expected} in every row",
            f"{int(gaps.sum())} empty, the first in row {row}",
        )


def _spelling(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(value)
