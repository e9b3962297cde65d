"""Which files can be read as a table. A new kind is one class and one entry of READERS."""

import weakref
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

from stages.lib.core.errors import UserError, shown
from stages.lib.params.data import File
from stages.lib.tables.column import Column
from stages.lib.tables.compressed import unpack
from stages.lib.tables.delimited import DelimitedTable
from stages.lib.tables.excel import ExcelTable
from stages.lib.tables.parquet import ParquetTable


class TableReader(Protocol):
    """A table in a file.

    Attributes:
        names: of its columns, in their order.
        repeated: those that were made up since another column has the name, by that name.
        header_hint: what to do where a column is not among them because the header was not parted;
            '' where it was.
    """

    names: list[str]
    repeated: dict[str, str]

    @property
    def header_hint(self) -> str: ...

    def columns(self, names: list[str], text: Collection[str] = ()) -> dict[str, Column]:
        """Read some of the columns; text: those whose text is sure to be needed."""


# By the ending of a file's name: from its path in messages, data.file of params.yaml and, where it
# is not at that path, the file itself, to the table in it.
READERS: dict[str, Callable[[str, File, Path | None], TableReader]] = {
    ".csv": DelimitedTable,
    ".tsv": DelimitedTable,
    ".parquet": ParquetTable,
    ".xlsx": ExcelTable,
    ".xlsm": ExcelTable,
}
_WORKBOOKS = (".xlsx", ".xlsm")
COMPRESSED = (".gz", ".zip")
ENDINGS = ", ".join([*READERS, ".csv.gz", ".tsv.gz", ".zip"])
_OTHER_SHEETS = (".xls", ".xlsb", ".ods")
_MAYBE_TEXT = ("", ".txt", ".dat", ".data", ".tab")


def may_have_sheets(path: str) -> bool:
    """Whether a file of this name can be a workbook, or hold one."""
    return path.lower().endswith((*_WORKBOOKS, *COMPRESSED))


def open_table(path: str, params: File, where: str) -> TableReader:
    """The table in a file.

    Args:
        path: of a file that exists.
        params: how it is written.
        where: what a message calls the setting that names it.

    Raises:
        UserError: it is no table that can be read.
    """
    suffix = Path(path).suffix.lower()
    if suffix in READERS:
        return READERS[suffix](path, params, None)
    if suffix not in COMPRESSED:
        other = suffix in _OTHER_SHEETS
        hint = "save it as .xlsx or .csv in the program that wrote it" if other else ""
        if suffix in _MAYBE_TEXT:
            hint = "name it .csv if it is a table of text; commas, tabs and others are told apart"
        raise UserError(where, f"a file {ENDINGS}", shown(path), hint)
    file, folder = unpack(path)
    if file.suffix not in READERS:
        raise UserError(path, f"a {' or '.join(READERS)} inside", shown(file.suffix or "no ending"))
    source = READERS[file.suffix](path, params, file)
    # Columns are read from the file later on: it goes with the table.
    weakref.finalize(source, folder.cleanup)
    return source
