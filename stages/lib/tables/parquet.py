"""Parquet tables, by their own types; what is neither number, truth value, date nor text is
refused."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.lib.core.errors import UserError
from stages.lib.params.data import File
from stages.lib.tables.column import Column, column_of_text
from stages.lib.tables.names import own_names
from stages.lib.tables.written_numbers import Notation

TEXT = (pa.string(), pa.large_string(), pa.string_view())
# Read as ISO 8601 text, as they would stand in a CSV.
TIMES = (pa.types.is_date, pa.types.is_time, pa.types.is_timestamp)


class ParquetTable:
    """The table in a Parquet file.

    Attributes:
        names: of its columns, in their order.
        repeated: those that were made up since another column has the name, by that name.
        header_hint: nothing to do about its header, ''.

    Raises:
        UserError: for anything it cannot read, with the file and the column.
    """

    header_hint = ""

    def __init__(self, path: str, params: File, file: Path | None = None) -> None:
        """Read the names and types of the columns.

        Args:
            path: of a file that exists, or what messages call `file`.
            params: which words in text are gaps, and how numbers in text are written.
            file: where it is, if not at `path`.
        """
        self._path = path
        self._notation = Notation.of(params)
        try:
            self._file = pq.ParquetFile(file or path)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise UserError(path, "a Parquet file", error) from None
        self.names, self.repeated = own_names(path, self._file.schema_arrow.names)

    def columns(self, names: list[str], text: Collection[str] = ()) -> dict[str, Column]:
        """Read some of the columns; their types say which are text, so `text` is not needed."""
        try:
            table = self._file.read()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise UserError(self._path, "a Parquet file", error) from None
        places = {name: place for place, name in enumerate(self.names)}
        return {name: self._column(name, table.column(places[name])) for name in names}

    def _column(self, name: str, cells: pa.ChunkedArray) -> Column:
        kind = cells.type
        if pa.types.is_dictionary(kind):
            cells, kind = cells.cast(kind.value_type), kind.value_type
        try:
            if pa.types.is_null(kind) or pa.types.is_boolean(kind):
                numbers = cells.cast(pa.float64() if pa.types.is_null(kind) else pa.int8())
                values = numbers.to_pandas().astype("float64").rename(name)
                return Column(name, values, truths=pa.types.is_boolean(kind))
            if pa.types.is_floating(kind) and kind.bit_width < 64:
                # Through text: 0.1 in float32 is the number 0.1 and not 0.10000000149.
                values = [
                    None if v is None else float(str(np.float32(v))) for v in cells.to_pylist()
                ]
                return Column(name, pd.Series(values, dtype="float64", name=name))
            if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
                values = cells.cast(pa.float64(), safe=False).to_pandas()
                return Column(name, values.astype("float64").rename(name))
            if kind in TEXT or any(is_time(kind) for is_time in TIMES):
                text = cells.cast(pa.string()).dictionary_encode()
                return column_of_text(name, text, self._notation)
        except pa.ArrowException as error:
            raise UserError(f"{self._path}: column {name!r}", "readable cells", error) from None
        raise UserError(
            f"{self._path}: column {name!r}",
            "numbers, truth values or text",
            kind,
            "convert it, or leave it out of the file",
        )
