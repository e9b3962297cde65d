"""Parquet tables, whole or some rows at a time."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.lib.core.atomic import replace_file
from stages.lib.core.errors import UserError
from stages.lib.core.paths import written_file
from stages.lib.core.prefetch import prefetch

# Bytes of a large table that are held at once, at eight a cell.
BLOCK_BYTES = 2**26


def write_table(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a Parquet file whose bytes depend on the frame alone (no pandas metadata)."""
    write_tables(path, [frame])


def write_tables(path: str | Path, frames: Iterable[pd.DataFrame]) -> None:
    """The same from the table's parts, one after the other, of which few are held at a time.

    The rows lie in groups of about BLOCK_BYTES, which is how `TableFile` reads them. Categories are
    written as the text that they are.
    """

    def write(partial: Path) -> None:
        writer: pq.ParquetWriter | None = None
        waiting: list[pa.Table] = []
        try:
            for frame in prefetch(frames):
                table = _plain(pa.Table.from_pandas(frame, preserve_index=False))
                waiting.append(table)
                if writer is None:
                    # Numbers seldom repeat: a dictionary of them is time and room for nothing.
                    text = [
                        field.name for field in table.schema if pa.types.is_large_string(field.type)
                    ]
                    # Nor does a reader here ask for statistics.
                    writer = pq.ParquetWriter(
                        partial, table.schema, use_dictionary=text, write_statistics=False
                    )
                size = max(1, BLOCK_BYTES // (8 * table.num_columns))
                if sum(len(table) for table in waiting) >= size:
                    whole = pa.concat_tables(waiting)
                    ready = len(whole) - len(whole) % size
                    writer.write_table(whole.slice(0, ready).combine_chunks(), size)
                    waiting = [whole.slice(ready)] if ready < len(whole) else []
            if writer and waiting:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
        finally:
            if writer:
                writer.close()

    replace_file(Path(path), write)


def _plain(table: pa.Table) -> pa.Table:
    """The same without pandas' metadata, and with text in place of categories."""
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            text = table[position].cast(pa.large_string())
            table = table.set_column(position, field.name, text)
    return table.replace_schema_metadata(None)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a Parquet file that `write_table` wrote. Raises UserError naming the file."""
    return TableFile(path).whole()


class TableFile:
    """A Parquet file that `write_table` wrote, read some rows at a time.

    rows: how many it has. Raises UserError naming the file when it is missing or broken.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = written_file(path)
        with self._explained():
            # ParquetFile rather than pq.read_table: the latter takes key=value folders for columns.
            self._file = pq.ParquetFile(self.path)
        self.rows = self._file.metadata.num_rows
        self._kinds = {field.name: field.type for field in self._file.schema_arrow}
        self._only: pa.Table | None = None
        self._held: tuple[str, list[pd.Series]] = ("", [])

    def kind(self, name: str) -> str:
        """What a column holds: 'numbers', 'text', another type of Arrow's, or 'none'."""
        kind = self._kinds.get(name)
        if kind is None:
            return "none"
        if pa.types.is_floating(kind) or pa.types.is_integer(kind):
            return "numbers"
        return "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else str(kind)

    def whole(self) -> pd.DataFrame:
        """All rows at once."""
        with self._explained():
            frame: pd.DataFrame = self._file.read().to_pandas(ignore_metadata=True)
        return frame

    def blocks(self, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """These columns, or all. Raises UserError for one that the file lacks."""
        for name in columns or []:
            if name not in self._kinds:
                raise UserError(self.path, f"the column {name!r}")
        return self._read(columns)

    def column(self, name: str) -> Iterator[pd.Series]:
        """One column, likewise. The last one is held if all of it is no larger than a block."""
        if self.kind(name) != "numbers" or 8 * self.rows > BLOCK_BYTES:
            return (block[name] for block in self.blocks([name]))
        if self._held[0] != name:
            self._held = (name, [block[name] for block in self.blocks([name])])
        return iter(self._held[1])

    def _read(self, columns: list[str] | None) -> Iterator[pd.DataFrame]:
        groups = self._file.metadata.num_row_groups
        for group in range(groups):
            with self._explained():
                if groups > 1:
                    table = self._file.read_row_group(group, columns)
                else:
                    # One block is held anyway; read once for each of thousands of columns it
                    # would take minutes.
                    self._only = self._only or self._file.read()
                    table = self._only.select(columns or self._only.column_names)
            yield table.to_pandas(ignore_metadata=True)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, ValueError) as error:
            raise UserError(self.path, "a Parquet file", error) from None


def numbered(table: pd.DataFrame, name: str) -> np.ndarray:
    """A table's columns name_0, name_1, ..., or the one of this name alone, [rows, columns]."""
    return table.filter(regex=rf"^{name}(_\d+)?$").to_numpy()
