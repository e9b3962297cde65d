"""Which files can be read as a table. A new kind is one class and one entry of READERS."""

from collections.abc import Callable, Collection
from typing import Protocol

from stages.lib.params.data import File
from stages.lib.tables.column import Column
from stages.lib.tables.delimited import DelimitedTable
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


# By the suffix of a file: from its path and data.file of params.yaml to the table in it.
READERS: dict[str, Callable[[str, File], TableReader]] = {
    ".csv": DelimitedTable,
    ".tsv": DelimitedTable,
    ".parquet": ParquetTable,
}
