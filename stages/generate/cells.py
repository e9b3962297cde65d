"""The cells of a user's table as numbers or text, exactly as they were written.

A CSV is read as text, so that a category `007` stays `007` and a country `NA` stays a country; a
column is numeric when all its cells are numbers, where a word for "missing" is a gap. Parquet
brings types of its own; what is neither number, truth value, text nor date is refused.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.files import UserError

# Words for a gap among numbers. Among text they are categories like any other.
MISSING_WORDS = frozenset(
    {"na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "missing", "?", "-", "."}
)
# Beyond it a value becomes infinite in float32, in which the network computes.
FLOAT32_MAX = float(np.finfo(np.float32).max)
# From this share of numbers on, a text among them is taken for a mistake rather than a category.
MOSTLY_NUMBERS = 0.2
# A number in a spelling that only a person reads: 1,5 and 1,000 and $5 and 7 %.
_SPELT_NUMBER = re.compile(r"[$€£]?\s*[-+]?\d[\d.,' ]*\s*[%$€£]?")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf(?:inity)?", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column's cells: float64 with NaN for a gap, or text with None for one. `truths` says
    that the numbers were written as truth values; `moments`, that the text is dates in ISO format,
    of which Parquet type."""

    name: str
    cells: pd.Series
    written: pd.Series | None = None
    truths: bool = False
    moments: str = ""

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
            row, cell = self.odd_among_numbers() or (1, self.text().iloc[0])
            raise UserError(f"{what}: expected {expected}. Received: {cell!r:.60} in row {row}")
        check_finite(numbers, what)
        return numbers

    def text(self) -> pd.Series:
        """The cells as they were written; numbers of Parquet as Python writes them, 2.0 as 2."""
        if self.written is not None:
            return self.written
        if self.cells.dtype != np.float64:
            return self.cells
        spelt = self.cells.map(_spelt, na_action="ignore").astype(object)
        return spelt.where(self.cells.notna(), None).astype("str").rename(self.name)

    def odd_among_numbers(self) -> tuple[int, str] | None:
        """Row (from 1) and content of the first text in a column that is numbers for the most
        part, or the first number of a column of numbers in a person's spelling."""
        present = self.cells.dropna()
        plain = present.map(lambda cell: _NUMBER.fullmatch(cell) is not None).astype(bool)
        spelt = present.map(lambda cell: _SPELT_NUMBER.fullmatch(cell) is not None).astype(bool)
        if plain.mean() >= MOSTLY_NUMBERS or (plain | spelt).mean() > 0.5:
            gap = present.str.lower().isin(MISSING_WORDS)
            row = plain.index[~(plain | gap).to_numpy()][0]
            return int(row) + 1, present[row]
        return None


def check_finite(numbers: pd.Series, what: str) -> None:
    """Raise UserError for a number that is infinite, or becomes so in float32."""
    beyond = (numbers.abs() > FLOAT32_MAX).to_numpy()
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        raise UserError(
            f"{what}: expected finite numbers within float32 (3.4e38). "
            f"Received: {numbers.iloc[row]:g} in row {row + 1}"
        )


def _spelt(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(value)


def read_csv_cells(path: str) -> dict[str, Column]:
    """The columns of a UTF-8 file of commas. Raises UserError naming the file."""
    with open(path, "rb") as stream:
        if any(b"\0" in block for block in iter(lambda: stream.read(2**20), b"")):
            raise UserError(f"{path}: expected UTF-8 text. Received: a NUL byte")
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream)
            header = next(lines, [])
            first = next((line for line in lines if line), header)
            # pandas would rename a repeated column, and shift the columns for a longer first row.
            check_names(path, header)
            if len(first) != len(header):
                raise UserError(
                    f"{path}: expected {len(header)} cells in every row, as in the header. "
                    f"Received: {len(first)} in the first"
                )
            stream.seek(0)
            frame = pd.read_csv(
                stream, dtype="str", keep_default_na=False, na_filter=False, index_col=False
            )
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: expected UTF-8 text. Received: {error}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, ValueError) as error:
        raise UserError(
            f"{path}: expected a table of commas and lines. Received: {error}"
        ) from None
    return {name: _from_text(name, frame[name]) for name in frame}


def check_names(path: str, header: list[str]) -> None:
    """Raise UserError unless every column has a name of its own."""
    if not any(name.strip() for name in header):
        raise UserError(f"{path}: expected column names in the first line. Received: none")
    for position, name in enumerate(header):
        if not name.strip():
            raise UserError(f"{path}: column {position + 1}: expected a name. Received: {name!r}")
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise UserError(f"{path}: expected different column names. Received: {repeated[0]!r} twice")


def _from_text(name: str, cells: pd.Series) -> Column:
    """Text cells as a column: numbers if all are, truth values as 0 and 1, else text."""
    stripped = cells.str.strip()
    written = stripped.astype(object).where((stripped != "").fillna(False), None).astype("str")
    written = written.rename(name)
    lower = stripped.str.lower()
    gap = (stripped == "").fillna(True).astype(bool) | lower.isin(MISSING_WORDS)
    present = lower[~gap]
    if len(present) and present.isin({"true", "false"}).all():
        truth = (lower == "true").astype("float64").where(~gap)
        return Column(name, truth.astype("float64").rename(name), written, truths=True)
    if present.map(lambda cell: _NUMBER.fullmatch(cell) is not None).all():
        numbers = pd.to_numeric(present, errors="coerce").astype("float64")
        return Column(name, numbers.reindex(cells.index).rename(name), written)
    return Column(name, written)


def read_parquet_cells(path: str) -> dict[str, Column]:
    """The columns of a Parquet file, by its own types. Raises UserError naming file and column."""
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{path}: expected a Parquet file. Received: {error}") from None
    check_names(path, table.column_names)
    return {
        name: _from_arrow(path, name, column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _from_arrow(path: str, name: str, column: pa.ChunkedArray) -> Column:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    try:
        if pa.types.is_null(kind) or pa.types.is_boolean(kind):
            numbers = column.cast(pa.float64() if pa.types.is_null(kind) else pa.int8())
            cells = numbers.to_pandas().astype("float64").rename(name)
            return Column(name, cells, truths=pa.types.is_boolean(kind))
        if pa.types.is_floating(kind) and kind.bit_width < 64:
            # Through text: 0.1 in float32 is the number 0.1 and not 0.10000000149.
            values = [None if v is None else float(str(np.float32(v))) for v in column.to_pylist()]
            return Column(name, pd.Series(values, dtype="float64", name=name))
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            cells = column.cast(pa.float64(), safe=False).to_pandas()
            return Column(name, cells.astype("float64").rename(name))
        if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
            text = pd.Series(column.cast(pa.string()).to_pylist(), dtype="str", name=name)
            return Column(name, text, moments=str(kind))
        if kind in (pa.string(), pa.large_string(), pa.string_view()):
            return _from_text(name, pd.Series(column.to_pylist(), dtype="str").fillna(""))
    except pa.ArrowException as error:
        raise UserError(f"{path}: column {name!r}: {error}") from None
    raise odd_type(path, name, str(kind))


def odd_type(path: str, name: str, kind: str) -> UserError:
    """The refusal of a column of this Parquet type."""
    return UserError(
        f"{path}: column {name!r}: expected numbers, truth values or text. Received: {kind}; "
        "convert it, or leave it out of the file"
    )
