"""The cells of a user's table as numbers or text, exactly as they were written.

Cells come as text, so that a category `007` stays `007` and a country `NA` stays a country; a
column is numeric when all its cells are numbers, where a word for "missing" is a gap. Text is held
as categories: each different cell once, and a code a row. What decides is asked of the different
cells alone.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from stages.lib.core.errors import UserError, shown

# Words for a gap among numbers. Among text they are categories like any other.
MISSING_WORDS = frozenset(
    {"na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "missing", "?", "-", "."}
)
# Beyond it a value becomes infinite in float32, in which the network computes.
FLOAT32_MAX = float(np.finfo(np.float32).max)
# From this share of numbers on, a text among them is taken for a mistake rather than a category.
MOSTLY_NUMBERS = 0.2
# A number in a spelling that only a person reads: 1,5 and 1,000 and $5 and 7 %.
_SPELT_NUMBER = r"^[$€£]?\s*[-+]?\d[\d.,' ]*\s*[%$€£]?$"
_NUMBER = {
    mark: rf"^(?:[-+]?(?:\d+{point}?\d*|{point}\d+)(?:[eE][-+]?\d+)?|(?i:[-+]?inf(?:inity)?))$"
    for mark, point in ((".", r"\."), (",", ","))
}


@dataclass(frozen=True)
class Column:
    """One column's cells: float64 with NaN for a gap, or categories of text without one for a gap.

    written: gives the text of numbers as it stood in the file (None where there was none). truths:
    the numbers were written as truth values. decimal: the mark before a number's decimals.
    """

    name: str
    cells: pd.Series
    written: Callable[[], pd.Series] | None = None
    truths: bool = False
    decimal: str = "."

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def gaps(self) -> np.ndarray:
        """Where a cell is empty, bool [rows]."""
        return self.cells.isna().to_numpy()

    def numbers(self) -> pd.Series | None:
        """float64 with NaN for gaps, or None for a text column."""
        return self.cells if self.cells.dtype == np.float64 else None

    def all_numbers(self, what: str, expected: str) -> pd.Series:
        """float64 with NaN for gaps. Raises UserError, with the first cell that is none, unless
        all others are finite numbers."""
        numbers = self.numbers()
        if numbers is None:
            row, cell = self.odd_among_numbers() or (1, self.cells.iloc[0])
            comma = self.decimal == "." and re.fullmatch(r"[-+]?\d*,\d+", str(cell))
            hint = "a decimal comma is data.file.decimal: comma" if comma else ""
            raise UserError(what, expected, f"{shown(cell, 60)} in row {row}", hint)
        check_finite(numbers, what)
        return numbers

    def categories(self) -> pd.Series:
        """The cells as they were written, of dtype category; numbers of Parquet as Python writes
        them, 2.0 as 2."""
        if self.numbers() is None:
            return self.cells
        if self.written is not None:
            return self.written()
        check_exact(self, f"column {self.name!r}")
        return self.cells.map(_spelt, na_action="ignore").astype("category")

    def text(self) -> pd.Series:
        """The same as plain text, with NaN for a gap."""
        return self.categories().astype("str")

    def odd_among_numbers(self) -> tuple[int, str] | None:
        """Row (from 1) and content of the first text in a column that is numbers for the most
        part, or the first number of a column of numbers in a person's spelling."""
        levels, codes = pa.array(self.cells.cat.categories), self.cells.cat.codes.to_numpy()
        rows = np.bincount(codes[codes >= 0], minlength=len(levels))
        plain = _matches(levels, _NUMBER[self.decimal])
        spelt = plain | _matches(levels, _SPELT_NUMBER)
        if rows[plain].sum() < MOSTLY_NUMBERS * rows.sum() and rows[spelt].sum() <= rows.sum() / 2:
            return None
        odd = np.append(~(plain | is_gap(levels)), False)
        row = int(np.flatnonzero(odd[codes])[0])
        return row + 1, self.cells.iloc[row]


def check_finite(numbers: pd.Series, what: str) -> None:
    """Raise UserError for a number that is infinite, or becomes so in float32."""
    values = numbers.to_numpy()
    beyond = (values > FLOAT32_MAX) | (values < -FLOAT32_MAX)
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        raise UserError(
            what,
            "finite numbers within float32 (3.4e38)",
            f"{numbers.iloc[row]:g} in row {row + 1}",
        )


def check_exact(column: Column, what: str) -> None:
    """Raise UserError unless the column's numbers, if it has some, can be told apart in float64."""
    numbers = column.numbers()
    if numbers is not None and numbers.abs().max() >= 2**53:
        row = int(np.flatnonzero(numbers.abs() >= 2**53)[0])
        raise UserError(
            what,
            "whole numbers below 2^53, from where on float64 leaves some out",
            f"{numbers.iloc[row]:g} in row {row + 1}",
            "write them as text",
        )


def check_names(path: str, header: list[str]) -> None:
    """Raise UserError unless every column has a name of its own."""
    if not any(name.strip() for name in header):
        raise UserError(f"{path}", "column names in the first line", "none")
    for position, name in enumerate(header):
        if not name.strip():
            raise UserError(f"{path}: column {position + 1}", "a name", shown(name))
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise UserError(f"{path}", "different column names", f"{repeated[0]!r} twice")


def numbers_of(cells: pa.Array, decimal: str) -> np.ndarray | None:
    """Text as float64 with NaN for gaps, or None when a cell is neither number nor gap."""
    if decimal == ".":
        try:
            numbers = cells.cast(pa.float64())
            # Arrow takes more words for NaN than there are words for a gap.
            if not pc.any(pc.is_nan(numbers)).as_py():
                return np.asarray(numbers.to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            pass
    encoded = cells.dictionary_encode()
    numbers = _level_numbers(pc.utf8_trim_whitespace(encoded.dictionary), decimal)
    return None if numbers is None else np.append(numbers, np.nan)[_codes(encoded)]


def of_text(name: str, cells: pa.ChunkedArray, decimal: str = ".") -> Column:
    """Text, encoded by a dictionary, as a column: numbers if all cells are, truth values as 0 and
    1, else text."""
    cells = cells.unify_dictionaries().combine_chunks()
    levels, codes = pc.utf8_trim_whitespace(cells.dictionary), _codes(cells)
    # Cells may differ by the blanks around them alone.
    merged = _gapped(levels, pc.equal(levels, "")).dictionary_encode()
    distinct = pd.Index(merged.dictionary.to_pandas(), dtype="str")
    categories = pd.Categorical.from_codes(np.append(_codes(merged), -1)[codes], distinct)
    written = pd.Series(categories, name=name)
    lower, gap = pc.utf8_lower(levels), is_gap(levels)
    truths = not gap.all() and bool(pc.all(pc.or_(gap, pc.is_in(lower, _TRUTHS))).as_py())
    numbers: np.ndarray | None
    if truths:
        numbers = np.where(gap, np.nan, pc.equal(lower, "true"))
    else:
        numbers = _level_numbers(levels, decimal)
    if numbers is None:
        return Column(name, written, decimal=decimal)
    values = pd.Series(np.append(numbers, np.nan)[codes], name=name, copy=False)
    return Column(name, values, lambda: written, truths, decimal)


def is_gap(levels: pa.Array) -> np.ndarray:
    """Which texts are a gap among numbers, bool."""
    empty = pc.equal(levels, "")
    return _bools(pc.or_(empty, pc.is_in(pc.utf8_lower(levels), _MISSING)))


_TRUTHS = pa.array(["true", "false"])
_MISSING = pa.array(sorted(MISSING_WORDS))


def _level_numbers(levels: pa.Array, decimal: str) -> np.ndarray | None:
    """As `numbers_of`, of trimmed and different texts."""
    gap = is_gap(levels)
    if not (gap | _matches(levels, _NUMBER[decimal])).all():
        return None
    plain = pc.replace_substring(_gapped(levels, pa.array(gap)), decimal, ".")
    return np.asarray(plain.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _gapped(levels: pa.Array, gap: pa.Array) -> pa.Array:
    return pc.if_else(gap, None, levels)


def _matches(levels: pa.Array, pattern: str) -> np.ndarray:
    return _bools(pc.match_substring_regex(levels, pattern))


def _bools(flags: pa.Array) -> np.ndarray:
    return np.asarray(flags.to_numpy(zero_copy_only=False))


def _codes(encoded: pa.DictionaryArray) -> np.ndarray:
    """The position of each cell's text in the dictionary, -1 for a gap."""
    return np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False))


def _spelt(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(value)
