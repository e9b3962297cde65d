"""Excel workbooks: the cells of one sheet as lines of text, read from there on as any text table.

So titles, missing names, gaps, units and dates follow the same rules as in a CSV. A number stands
as Python writes it, a date in ISO 8601, a formula as the value that was saved with it.
"""

import csv
import datetime
import re
import tempfile
import warnings
import weakref
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.params.data import File
from stages.lib.tables.column import Column
from stages.lib.tables.compressed import most_unpacked
from stages.lib.tables.delimited import MAX_COLUMNS, DelimitedTable

# Rows of a sheet: the format has no more (ECMA-376, part 1; Excel specifications and limits).
MAX_ROWS = 2**20
# Rows in which formulas without a saved value are looked for.
LOOKED_AT = 1000
# The first bytes of an OLE file: an old workbook, or a new one that is encrypted.
OLE = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# A line break in a cell, also as Excel writes one into its XML.
_BREAK = re.compile(r"(?:\r\n|[\r\n]|_x000[dD]_\n?)+")
# A range of merged cells in a sheet's XML (ECMA-376, part 1, 18.3.1.54), and more bytes than it
# has.
_MERGED = re.compile(
    rb"<(?:\w{1,20}:)?mergeCell\s[^<>]{0,80}?\bref=[\"']([A-Z]+\d+:[A-Z]+\d+)[\"']"
)
_MOST_OF_MERGED = 200
# Bytes that are looked through at once.
PIECE = 2**20


class ExcelTable:
    """The table in a sheet of a workbook.

    Attributes:
        names: of its columns, in their order.
        repeated: those that were made up since another column has the name, by that name.
        header_hint: nothing to do about its header, ''.

    Raises:
        UserError: for anything it cannot read, with the file, the sheet, the column and the row.
    """

    header_hint = ""

    def __init__(self, path: str, params: File, file: Path | None = None) -> None:
        """Read the whole sheet, and its header.

        Args:
            path: of a file that exists, or what messages call `file`.
            params: the sheet, where the names are, and how numbers in text are written.
            file: where it is, if not at `path`.
        """
        folder = tempfile.TemporaryDirectory(prefix="table-")
        text = Path(folder.name) / "sheet.tsv"
        as_text = params.model_copy(update={"delimiter": "tab", "encoding": "utf-8"})
        try:
            _write_text(path, file or Path(path), params, text)
            self._table = DelimitedTable(path, as_text, text)
        except UserError:
            folder.cleanup()
            raise
        # Columns are read from the text later on: it goes with the table.
        weakref.finalize(self, folder.cleanup)
        self.names, self.repeated = self._table.names, self._table.repeated

    def columns(self, names: list[str], text: Collection[str] = ()) -> dict[str, Column]:
        """Read some of the columns; text: those whose text is sure to be needed."""
        return self._table.columns(names, text)


def _write_text(path: str, file: Path, params: File, text: Path) -> None:
    """The rectangle of cells that hold something, a line a row of the sheet, tabs between them."""
    most = most_unpacked(file)
    _check_archive(path, file, most)
    raw = text.with_suffix(".raw")
    try:
        with warnings.catch_warnings(), raw.open("w", encoding="utf-8", newline="") as out:
            warnings.simplefilter("ignore")  # of what is no cell: charts, formats, validation
            first, width = _write_rows(path, file, params, out, most)
    except UserError:
        raise
    except Exception as error:
        # openpyxl lets through whatever the XML of a damaged file leads to.
        raise UserError(
            path,
            "a workbook that can be read",
            f"{type(error).__name__}: {error}",
            "open it in the program that wrote it, and save it as .xlsx or .csv",
        ) from None
    with (
        raw.open(encoding="utf-8", newline="") as source,
        text.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        below = False
        for cells in csv.reader(source, delimiter="\t"):
            below = below or bool(cells)
            # Empty lines above the table are skipped as in any text; those in it are rows.
            wide = [*cells[first:], *[""] * (width - max(len(cells), first))] if below else []
            writer.writerow(wide)
            _check_size(path, out, most)


def _write_rows(path: str, file: Path, params: File, out: IO[str], most: int) -> tuple[int, int]:
    """Write the rows without what is empty at their ends and below the last one.

    Returns:
        The first column with something in it, from 0, and the position behind the last one.
    """
    from openpyxl import load_workbook  # a third of a second that other files do not need

    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheet = _sheet(path, book, params.sheet)
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    first, width, empty, has_gaps = MAX_COLUMNS, 0, 0, False
    errors: Counter[str] = Counter()
    durations = 0
    for row, cells in enumerate(_rows(sheet)):
        if row >= MAX_ROWS:
            raise UserError(path, f"at most {MAX_ROWS} rows", "more")
        errors.update(str(cell.value) for cell in cells if cell.data_type == "e")
        durations += sum(isinstance(cell.value, datetime.timedelta) for cell in cells)
        texts = [_text(cell.value, cell.data_type, params) for cell in cells]
        filled = [k for k, text in enumerate(texts) if text]
        if not filled:
            empty += 1
            continue
        first, width = min(first, filled[0]), max(width, filled[-1] + 1)
        if width > MAX_COLUMNS:
            raise UserError(path, f"at most {MAX_COLUMNS} columns", "more")
        writer.writerows([] for _ in range(empty))
        writer.writerow(texts[: filled[-1] + 1])
        has_gaps = has_gaps or len(filled) < width - first
        empty = 0
        _check_size(path, out, most)
    book.close()
    if not width:
        others = [name for name in book.sheetnames if name != sheet.title]
        hint = f"data.file.sheet takes another one: {shown(', '.join(others))}" if others else ""
        raise UserError(path, "a table", f"no cells in the sheet {shown(sheet.title, 60)}", hint)
    _say_errors(path, errors, durations)
    _say_merged(path, file, sheet)
    if has_gaps:
        _check_formulas(path, file, sheet.title)
    return first, width


def _check_archive(path: str, file: Path, most: int) -> None:
    """Raise UserError for what is no workbook by its first bytes, or unpacks to too much."""
    with file.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(OLE):
        locked = ENCRYPTED in file.read_bytes()
        received = "one with a password" if locked else "an old Excel workbook (.xls)"
        hint = "save it without the password" if locked else "save it as .xlsx or .csv"
        raise UserError(path, "an Excel workbook (.xlsx) that is open to read", received, hint)
    try:
        with zipfile.ZipFile(file) as archive:
            # The sizes that it states: Python unpacks no member beyond its own.
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        hint = "if it is text, name it .csv or .tsv; else save it anew as .xlsx or .csv"
        raise UserError(path, "an Excel workbook (.xlsx)", error, hint) from None
    if size > most:
        raise UserError(path, f"at most {most} bytes when unpacked", size)


def _sheet(path: str, book: Any, name: str | None) -> Any:
    """The sheet of this name, or the first one that is not hidden; which one of several is
    printed."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        raise UserError(path, "a sheet of cells", "none")
    known = shown(", ".join(sheets), 200)
    if name is not None:
        if name not in sheets:
            where = "params.yaml: data.file.sheet (of new rows: --sheet)"
            raise UserError(
                where, f"a sheet of {path} ({known})", shown(name), nearest(name, sheets)
            )
        return sheets[name]
    visible = [sheet for sheet in sheets.values() if sheet.sheet_state == "visible"]
    sheet = [*visible, *sheets.values()][0]
    if len(sheets) > 1:
        taken = f"takes the first of {len(sheets)} sheets of {path:.200}"
        print(f"data.file.sheet: null {taken}, {shown(sheet.title, 60)}, of {known}")
    return sheet


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """The cells of each row, up to its last one, also of a sheet whose stated size is wrong."""
    sheet.reset_dimensions()
    yield from sheet.iter_rows()


def _text(value: Any, kind: str, params: File) -> str:
    """A cell as it would stand in a text file; '' for none, and for an error."""
    if value is None or kind == "e":
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds() / 3600
    if isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) < 2**53 else value
        return str(value) if params.decimal == "point" else str(value).replace(".", ",")
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    # A lone half of a pair of code units is no text.
    return _BREAK.sub(" ", str(value)).encode("utf-8", "replace").decode("utf-8")


def _check_size(path: str, out: IO[str], most: int) -> None:
    """A long text may stand once in the file, and in a million cells."""
    if out.tell() > most:
        raise UserError(path, f"at most {most} bytes of text", "more")


def _say_errors(path: str, errors: Counter[str], durations: int) -> None:
    if errors:
        kinds = ", ".join(f"{name:.20} {count}" for name, count in errors.most_common(5))
        print(f"{path:.200}: cells that hold an error are gaps ({kinds})")
    if durations:
        print(f"{path:.200}: {durations} cells hold a duration, taken in hours")


def _say_merged(path: str, file: Path, sheet: Any) -> None:
    """Print how many ranges of cells are merged: the format keeps one value
    for each, in its first cell. Whether the others have it too is not told."""
    ranges: list[str] = []
    with zipfile.ZipFile(file) as archive, archive.open(sheet._worksheet_path) as stream:
        rest = b""
        while piece := stream.read(PIECE):
            part = rest + piece
            found = list(_MERGED.finditer(part))
            ranges += [one[1].decode() for one in found]
            # What may begin a range that ends in the next piece, and is not counted yet.
            rest = part[max(len(part) - _MOST_OF_MERGED, found[-1].end() if found else 0) :]
    if ranges:
        which = f"{len(ranges)} ranges are" if len(ranges) > 1 else "1 range is"
        print(
            f"{path:.200}: {which} merged, as {ranges[0]:.20}; the first cell has the value, "
            "and the others are gaps: where they mean the same value, unmerge and fill them"
        )


def _check_formulas(path: str, file: Path, sheet: str) -> None:
    """Raise UserError for a formula whose value was not saved, as programs leave it that compute
    none: its cell only looks like a gap. One whose value is an empty text is a gap."""
    from openpyxl import load_workbook

    values, formulas = (
        load_workbook(file, read_only=True, data_only=saved, keep_links=False)
        for saved in (True, False)
    )
    rows = zip(_rows(values[sheet]), _rows(formulas[sheet]), range(LOOKED_AT), strict=False)
    for of_values, of_formulas, row in rows:
        for value, formula in zip(of_values, of_formulas, strict=False):
            if formula.data_type == "f" and value.value is None and value.data_type == "n":
                raise UserError(
                    path,
                    "values of formulas, which Excel saves with them",
                    f"a formula without one in {formula.column_letter}{row + 1}: "
                    f"{shown(str(formula.value), 60)}",
                    "open it in Excel or LibreOffice and save it",
                )
    values.close()
    formulas.close()
