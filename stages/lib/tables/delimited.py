"""Tables of text, a line a row: .csv and .tsv, read some megabytes at a time.

A column is kept as float64 for as long as all of its cells are numbers, and as categories of text
from the first block on in which they are not; what had gone by as numbers is then read again.
"""

import re
import weakref
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from stages.lib.core.errors import UserError, shown
from stages.lib.core.prefetch import prefetch
from stages.lib.params.data import File
from stages.lib.tables.blanks import blanks_of, with_tabs
from stages.lib.tables.cells import parse_numbers
from stages.lib.tables.column import Column, column_of_text
from stages.lib.tables.dialect import (
    BLANK,
    DELIMITERS,
    MAX_FIELD,
    check_text_file,
    detect_delimiter,
    detect_encoding,
    lines_to_tell,
)
from stages.lib.tables.header import first_cells, read_header
from stages.lib.tables.written_numbers import (
    DECIMALS,
    Notation,
    doubt_of_points,
    has_decimals,
    looks_grouped,
)

# As many as a scenario may have; first layers beyond it have millions of weights.
MAX_COLUMNS = 10_000
# Bytes read at once, which a row may have at most.
BLOCK = 2**21
# Numbers of a column by which its buffer grows.
GROWTH = 2**18


class DelimitedTable:
    """The table in a text file.

    Attributes:
        names: of its columns, in their order.
        repeated: those that were made up since another column has the name, by that name.
        delimiter: the name of what lies between them.

    Raises:
        UserError: for anything it cannot read, with the file, the column and the row.
    """

    def __init__(self, path: str, params: File, file: Path | None = None) -> None:
        """Look at the whole file, and read its header.

        Args:
            path: of a file that exists, or what messages call `file`.
            params: delimiter, encoding, decimal mark and where the names are.
            file: where it is, if not at `path`.
        """
        self._path, self._file = path, file or Path(path)
        check_text_file(path, self._file)
        self._encoding, self._end = detect_encoding(path, self._file, params.encoding)
        start = self._start()
        self.delimiter = detect_delimiter(path, start, params)
        if self.delimiter == BLANK:
            start = self._part_at_blanks(start, params.skip_rows)
        self._mark = DELIMITERS["tab" if self.delimiter == BLANK else self.delimiter]
        decimal = DECIMALS[params.decimal]
        if decimal == self._mark:
            raise UserError(
                "params.yaml: data.file.decimal",
                f"point, since commas lie between the columns of {path}",
                params.decimal,
            )
        self._header = read_header(path, start, self._mark, params)
        self.names, self.repeated = self._header.names, self._header.repeated
        if len(self.names) > MAX_COLUMNS:
            raise UserError(path, f"at most {MAX_COLUMNS} columns", len(self.names))
        self._first_cells = first_cells(start, self._mark, self._header)
        other = "," if decimal == "." else "."
        certain, contrary = (
            any(has_decimals(cells, mark) for cells in self._first_cells.values())
            for mark in (decimal, other)
        )
        self._notation = Notation.of(params, certain and not contrary)

    def _start(self) -> str:
        with open(self._file, encoding=self._encoding, newline="") as stream:
            return stream.read(BLOCK).removeprefix("\ufeff")

    def _part_at_blanks(self, start: str, skip: int) -> str:
        """Go on with a file that has tabs in their place; the beginning of its text."""
        parted = blanks_of(lines_to_tell(start, skip))
        if parted is None:
            raise UserError(
                self._path,
                "as many cells between blanks in each of the first lines",
                "other numbers of them, or one",
                "put commas between the columns, and cells of several words in quotes",
            )
        self._file, folder = with_tabs(self._path, self._file, self._encoding, parted)
        weakref.finalize(self, folder.cleanup)
        self._encoding = "utf-8"
        return self._start()

    @property
    def header_hint(self) -> str:
        """What to do where the header is one cell, or ''."""
        one_cell = len(self.names) == 1 and self._header.in_file
        expected = f"its header is one cell: expected {self.delimiter}s between the columns"
        return expected if one_cell else ""

    def columns(self, names: list[str], text: Collection[str] = ()) -> dict[str, Column]:
        """Read some of the columns.

        Args:
            names: of these columns.
            text: those whose text is sure to be needed; that of other numbers is read when it is.

        Raises:
            UserError: a row has another number of cells than the header, a cell is too long, or a
                quote is not closed.
        """
        for name in names:
            self._check_points(name)
        cells_of = {name: _Cells(name, name in text, self._notation) for name in names}
        for start, block in prefetch(self._blocks(names)):
            for cells, values in zip(cells_of.values(), block.columns, strict=True):
                cells.append(values, start)
        again = [name for name, cells in cells_of.items() if cells.again]
        texts = self.columns(again, again) if again else {}
        return {
            name: texts[name]
            if name in texts
            # Popped, so that a column's parts go when they are put together.
            else self._said(cells_of.pop(name).column(partial(self._written, name)))
            for name in names
        }

    def _said(self, column: Column) -> Column:
        """With what becomes of the zeros that numbers are written with, as codes are."""
        code = next((c for c in self._first_cells[column.name] if re.fullmatch(r"0\d+", c)), None)
        if code is None or column.how or column.numbers() is None:
            return column
        return replace(column, how=f"leading zeros are dropped: {code!r:.60} is {int(code):.60g}")

    def _check_points(self, name: str) -> None:
        """Raise UserError for plain numbers whose decimals look like thousands."""
        cells, decimal = self._first_cells[name], self._notation.decimal
        if self._notation.thousands is None and looks_grouped(cells, decimal):
            cell = next(cell for cell in cells if decimal in cell)
            raise UserError(
                f"column {name!r}",
                "numbers with decimals",
                f"three digits behind every {'point' if decimal == '.' else 'comma'}, as in "
                f"{shown(cell, 60)}, and none in other cells, as between thousands",
                doubt_of_points(cell, decimal),
            )

    def _written(self, name: str) -> pd.Series:
        return self.columns([name], [name])[name].categories()

    def _blocks(self, names: list[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Rows of these columns as text, null for an empty cell, and the position of the first."""
        if not self._header.has_rows:
            return
        odd = []

        def skip_blank(row: arrow_csv.InvalidRow) -> str:
            if not row.text.strip():
                return "skip"
            odd.append(row)
            return "error"

        # By position: a name can be anything.
        keys = dict(zip(self.names, map(str, range(len(self.names))), strict=True))
        wanted = dict.fromkeys([*names, self.names[-1]])
        start, last = 0, None
        try:
            with (
                open(self._file, "rb") as stream,
                arrow_csv.open_csv(
                    stream,
                    arrow_csv.ReadOptions(
                        # One thread counts the rows, and is as fast as two.
                        use_threads=False,
                        block_size=BLOCK,
                        column_names=list(keys.values()),
                        skip_rows=self._header.skip,
                        skip_rows_after_names=int(self._header.in_file),
                        encoding=self._encoding,
                    ),
                    arrow_csv.ParseOptions(
                        delimiter=self._mark,
                        newlines_in_values=True,
                        invalid_row_handler=skip_blank,
                    ),
                    arrow_csv.ConvertOptions(
                        column_types=dict.fromkeys(keys.values(), pa.string()),
                        null_values=[""],
                        strings_can_be_null=True,
                        include_columns=[keys[name] for name in wanted],
                    ),
                ) as blocks,
            ):
                for block in blocks:
                    yield start, block.select(range(len(names)))
                    start += len(block)
                    last = block.column(keys[self.names[-1]])[-1].as_py() if len(block) else last
        except pa.ArrowInvalid as error:
            raise self._mistake(error, odd) from None
        self._check_closed(last or "", start)

    def _check_closed(self, last: str, rows: int) -> None:
        """Raise UserError when the last cell is the rest of a file after a lone quote."""
        quoted = any(mark in last for mark in "\r\n") or self._end.endswith(f'"{last}')
        if quoted and not self._end.endswith('"'):
            raise UserError(self._path, "closed quotes", f"none at the end, in row {rows}")

    def _mistake(self, error: pa.ArrowInvalid, odd: list[Any]) -> UserError:
        if odd:
            cells = f"{len(self.names)} cells" if len(self.names) > 1 else "1 cell"
            above = self._header.skip + self._header.in_file
            return UserError(
                self._path,
                f"{cells} in every row, as in the first line",
                f"{odd[0].actual_columns} in row {odd[0].number - above}",
                "quotes behind a blank hold no cell together: take out the blanks before them"
                if re.search(rf'{re.escape(self._mark)}[ \t]+"', odd[0].text)
                else "",
            )
        if "straddling" in str(error):
            return UserError(
                self._path,
                f"rows of at most {BLOCK // 2**20} MiB",
                "a longer one, or a quote that is not closed",
            )
        return UserError(self._path, f"a table of lines and {self.delimiter}s", error)


class _Cells:
    """One column, block by block. again: what came before its first text has to be read anew."""

    def __init__(self, name: str, text: bool, notation: Notation) -> None:
        self.again = False
        self._name, self._text, self._notation = name, text, notation
        self._numbers, self._rows = np.empty(0), 0
        self._parts: list[pa.DictionaryArray] = []

    def append(self, cells: pa.Array, start: int) -> None:
        """The next cells, the first of them in row `start`. Raises UserError for a long one."""
        if self.again:
            return
        if not self._text:
            numbers = parse_numbers(cells, self._notation.decimal)
            if numbers is not None:
                self._add(numbers)
                return
            self._text, self.again = True, self._rows > 0
        length = pc.binary_length(cells)
        if (pc.max(length).as_py() or 0) > MAX_FIELD:
            row = int(np.argmax(length.fill_null(0))) + start + 1
            raise UserError(
                f"column {self._name!r}",
                f"at most {MAX_FIELD} bytes a cell",
                f"{pc.max(length)} in row {row}",
                "close its quotes, or leave the column out",
            )
        self._parts.append(cells.dictionary_encode())

    def _add(self, numbers: np.ndarray) -> None:
        rows = self._rows + len(numbers)
        if rows > len(self._numbers):
            # In place: of a large array the system moves the pages, not the bytes.
            self._numbers.resize(rows + GROWTH, refcheck=False)
        self._numbers[self._rows : rows] = numbers
        self._rows = rows

    def column(self, written: Callable[[], pd.Series]) -> Column:
        if self._text:
            kind = pa.dictionary(pa.int32(), pa.string())
            return column_of_text(self._name, pa.chunked_array(self._parts, kind), self._notation)
        self._numbers.resize(self._rows, refcheck=False)
        return Column(self._name, pd.Series(self._numbers, name=self._name, copy=False), written)
