"""Tables of text, a line a row: .csv and .tsv, read some megabytes at a time.

A column is kept as float64 for as long as all of its cells are numbers, and as categories of text
from the first block on in which they are not; what had gone by as numbers is then read again.
"""

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from stages.lib.core.errors import UserError
from stages.lib.core.prefetch import prefetch
from stages.lib.params.data import File
from stages.lib.tables.cells import Column, check_names, numbers_of, of_text

# A number held takes about the eight bytes in which it is written, so that a larger file is a table
# for a machine with more memory than one table should ask for.
MAX_BYTES = 2**35
# As many as a scenario may have; first layers beyond it have millions of weights.
MAX_COLUMNS = 10_000
# Bytes of a cell, the limit of Python's own csv module. A longer one is a document, or the
# rest of a file whose quotes are not closed.
MAX_FIELD = csv.field_size_limit()
# Bytes read at once, which a row may have at most.
BLOCK = 2**21
# Numbers of a column by which its room grows.
ROOM = 2**18
# Lines after which the delimiter is clear.
SNIFFED_LINES = 50

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
DECIMALS = {"point": ".", "comma": ","}
# Byte order marks, and the encodings that they stand for.
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# The first bytes of what is often named .csv and is none.
NOT_TEXT = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive (an Excel sheet is one, too)",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"PAR1": "a Parquet file, whose name ends in .parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel sheet",
}


class DelimitedTable:
    """The table in a text file. names: those of its columns. delimiter: the name of what lies
    between them.

    What `auto` finds is printed unless it is the usual: UTF-8, and commas, or tabs in a .tsv.
    Raises UserError naming the file, the column and the row for anything it cannot read.
    """

    def __init__(self, path: str, given: File) -> None:
        self._path = path
        _check_file(path)
        self._encoding, self._end = _decoded(path, given.encoding)
        with open(path, encoding=self._encoding, newline="") as stream:
            start = stream.read(BLOCK).removeprefix("\ufeff")
        self.delimiter = _delimiter(path, start, given.delimiter)
        self._mark, self._decimal = DELIMITERS[self.delimiter], DECIMALS[given.decimal]
        if self._decimal == self._mark:
            raise UserError(
                "params.yaml: data.file.decimal (of new rows: --decimal)",
                f"point, since commas lie between the columns of {path}",
                f"{given.decimal}",
            )
        lines = _lines(start, self._mark)
        try:
            self.names = next(lines, [])
        except csv.Error as error:
            raise UserError(f"{path}", "column names", f"{error}") from None
        check_names(path, self.names)
        if len(self.names) > MAX_COLUMNS:
            raise UserError(f"{path}", f"at most {MAX_COLUMNS} columns", f"{len(self.names)}")
        try:
            self._has_rows = any(lines)
        except csv.Error:  # told where the rows are read
            self._has_rows = True

    def columns(self, names: list[str], text: Collection[str] = ()) -> dict[str, Column]:
        """These columns. text: those whose text is sure to be asked for; that of other numbers is
        read when it is."""
        found = {name: _Cells(name, name in text, self._decimal) for name in names}
        for start, block in prefetch(self._blocks(names)):
            for cells, values in zip(found.values(), block.columns, strict=True):
                cells.take(values, start)
        again = [name for name, cells in found.items() if cells.again]
        texts = self.columns(again, again) if again else {}
        return {
            name: texts[name]
            if name in texts
            # Popped, so that a column's parts go when they are put together.
            else found.pop(name).column(partial(self._written, name))
            for name in names
        }

    def _written(self, name: str) -> pd.Series:
        return self.columns([name], [name])[name].categories()

    def _blocks(self, names: list[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Rows of these columns as text, null for an empty cell, and the position of the first."""
        if not self._has_rows:
            return
        odd = []

        def judge(row: arrow_csv.InvalidRow) -> str:
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
                open(self._path, "rb") as stream,
                arrow_csv.open_csv(
                    stream,
                    arrow_csv.ReadOptions(
                        # One thread counts the rows, and is as fast as two.
                        use_threads=False,
                        block_size=BLOCK,
                        column_names=list(keys.values()),
                        skip_rows_after_names=1,
                        encoding=self._encoding,
                    ),
                    arrow_csv.ParseOptions(
                        delimiter=self._mark, newlines_in_values=True, invalid_row_handler=judge
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
            raise self._explained(error, odd) from None
        self._check_closed(last or "", start)

    def _check_closed(self, last: str, rows: int) -> None:
        """Raise UserError when the last cell is the rest of a file after a lonely quote."""
        quoted = any(mark in last for mark in "\r\n") or self._end.endswith(f'"{last}')
        if quoted and not self._end.endswith('"'):
            raise UserError(f"{self._path}", "closed quotes", f"none at the end, in row {rows}")

    def _explained(self, error: pa.ArrowInvalid, odd: list[Any]) -> UserError:
        if odd:
            cells = f"{len(self.names)} cells" if len(self.names) > 1 else "1 cell"
            return UserError(
                f"{self._path}",
                f"{cells} in every row, as in the header",
                f"{odd[0].actual_columns} in row {odd[0].number - 1}",
            )
        if "straddling" in str(error):
            return UserError(
                f"{self._path}",
                f"rows of at most {BLOCK // 2**20} MiB",
                "a longer one, or a quote that is not closed",
            )
        return UserError(f"{self._path}", f"a table of lines and {self.delimiter}s", f"{error}")


class _Cells:
    """One column, block by block. again: what came before its first text has to be read anew."""

    def __init__(self, name: str, text: bool, decimal: str) -> None:
        self.again = False
        self._name, self._text, self._decimal = name, text, decimal
        self._numbers, self._rows = np.empty(0), 0
        self._parts: list[pa.DictionaryArray] = []

    def take(self, cells: pa.Array, start: int) -> None:
        """The next cells, the first of them in row `start`. Raises UserError for a long one."""
        if self.again:
            return
        if not self._text:
            numbers = numbers_of(cells, self._decimal)
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
            self._numbers.resize(rows + ROOM, refcheck=False)
        self._numbers[self._rows : rows] = numbers
        self._rows = rows

    def column(self, written: Callable[[], pd.Series]) -> Column:
        if self._text:
            kind = pa.dictionary(pa.int32(), pa.string())
            return of_text(self._name, pa.chunked_array(self._parts, kind), self._decimal)
        self._numbers.resize(self._rows, refcheck=False)
        return Column(self._name, pd.Series(self._numbers, name=self._name, copy=False), written)


def _check_file(path: str) -> None:
    """Raise UserError for a file too large, and for one that is no text."""
    size = Path(path).stat().st_size
    if size > MAX_BYTES:
        raise UserError(f"{path}", f"at most {MAX_BYTES} bytes", f"{size}")
    with open(path, "rb") as stream:
        start = stream.read(8)
    for magic, what in NOT_TEXT.items():
        if start.startswith(magic):
            raise UserError(f"{path}", "a table of text", what)


def _decoded(path: str, asked: str) -> tuple[str, str]:
    """The encoding, after a look at the whole file, and how its text ends.

    `auto` takes what a byte order mark says, else UTF-8, else Windows' Western encoding.
    """
    with open(path, "rb") as stream:
        start = stream.read(3)
    marked = [name for mark, name in MARKS.items() if start.startswith(mark)]
    tried = [asked] if asked != "auto" else marked or ["utf-8", "cp1252"]
    for name in tried:
        try:
            end = _end(path, name)
        except UnicodeError as error:
            received = error
            continue
        if asked == "auto" and name != "utf-8":
            why = "it begins with that byte order mark" if marked else "it is not UTF-8"
            print(f"data.file.encoding: auto takes {path} for {name}, since {why}")
        return name, end
    raise UserError(f"{path}", f"text in {' or '.join(tried)}", f"{received}")


def _end(path: str, encoding: str) -> str:
    """The last characters, without blanks. Raises UnicodeError where the file is not in this
    encoding, and UserError for a NUL."""
    end = ""
    with open(path, "rb") as stream:
        blocks = iter(partial(stream.read, BLOCK), b"")
        for text in codecs.iterdecode(blocks, encoding):
            if "\0" in text:
                raise UserError(f"{path}", "text", "a NUL byte")
            end = (end + text)[-2 * MAX_FIELD :]
    return end.rstrip()


def _lines(start: str, mark: str) -> Iterator[list[str]]:
    """The cells of the first lines. Raises csv.Error."""
    lines = csv.reader(io.StringIO(start, newline=""), delimiter=mark)
    return itertools.islice(lines, SNIFFED_LINES)


def _delimiter(path: str, start: str, asked: str) -> str:
    """The name of the delimiter: of those that part all of the first lines alike, the one that
    gives the most cells; where none does, the one that parts the header most."""
    if asked != "auto":
        return asked

    def parted(name: str) -> tuple[bool, int]:
        try:
            widths = [len(line) for line in _lines(start, DELIMITERS[name]) if line] or [0]
        except csv.Error:
            return False, 0
        # The last line may be cut.
        whole = widths[:-1] or widths
        return len(set(whole)) == 1 and whole[0] > 1, widths[0]

    found = max(DELIMITERS, key=parted)
    if found != ("tab" if path.lower().endswith(".tsv") else "comma"):
        print(f"data.file.delimiter: auto takes {path} for a table of {found}s")
    return found
