"""CSV files of our own, which DVC plots."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from stages.lib.core.atomic import replace_file
from stages.lib.core.errors import UserError, missing

# Twice the history of a million epochs.
MAX_CSV_BYTES = 2**28


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a CSV for DVC's plots: no index, empty cells for NaN, 8 significant digits."""
    replace_file(
        Path(path), lambda partial: frame.to_csv(partial, index=False, float_format="%.8g")
    )


def read_csv(
    path: str | Path, numbers: Iterable[str] = (), words: Iterable[str] = ()
) -> pd.DataFrame:
    """Read a CSV that `write_csv` wrote, with these columns of numbers (NaN for an empty cell) and
    of words; others may stand beside them. Raises UserError naming the file."""
    path = Path(path)
    if not path.is_file():
        raise missing(path)
    if path.stat().st_size > MAX_CSV_BYTES:
        raise UserError(str(path), f"at most {MAX_CSV_BYTES} bytes")
    try:
        with path.open("rb") as stream:
            table = pd.read_csv(
                stream, dtype=dict.fromkeys(words, "str"), keep_default_na=False, na_values=[""]
            )  # fmt: skip
    except ValueError as error:  # pandas' own errors and bad UTF-8 are kinds of it
        raise UserError(str(path), "a table of commas and lines", str(error)) from None
    if not isinstance(table.index, pd.RangeIndex):  # what a longer first row would become
        raise UserError(str(path), "as many cells in every row as in the first line")
    for name in (*numbers, *words):
        if name not in table:
            raise UserError(str(path), f"the column {name!r}")
    for name in numbers:
        if len(table) and table[name].dtype.kind not in "iuf":
            raise UserError(f"{path}: column {name!r}", "numbers")
    for name in words:
        if table[name].isna().any():
            raise UserError(f"{path}: column {name!r}", "a name in every row")
    return table
