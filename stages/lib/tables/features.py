"""The features of a user's table: which columns they are, and each as numbers or categories."""

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError, shown
from stages.lib.params.data import File
from stages.lib.tables import left_out
from stages.lib.tables.column import MAX_CELL, Column, check_finite


def leave_out(columns: dict[str, Column], params: File) -> dict[str, str]:
    """Remove identifiers, dates and empty columns from the columns.

    Args:
        columns: by name; changed in place.
        params: which columns the user keeps.

    Returns:
        The reason for each column that was removed, by name.
    """
    reasons = {}
    for name, column in list(columns.items()):
        reason = left_out.reason(column, params)
        if reason:
            del columns[name]
            reasons[name] = reason
    return reasons


def read_features(columns: dict[str, Column], params: File) -> pd.DataFrame:
    """The features as `Dataset` has them.

    Args:
        columns: by name, in their order.
        params: which of them are categorical although they look like numbers.

    Returns:
        One column per feature: float64 with NaN for gaps, or categories of text.

    Raises:
        UserError: a column holds a number that is not finite, or text among numbers.
    """
    # Without a copy: a large table is in memory once.
    return pd.DataFrame(
        {name: _feature(column, name in params.categorical) for name, column in columns.items()},
        copy=False,
    )


def _feature(column: Column, categorical: bool) -> pd.Series:
    where = f"column {column.name!r}"
    if categorical:
        return column.categories()
    numbers = column.numbers()
    if numbers is not None:
        check_finite(numbers, where)
        return numbers
    odd = column.odd_among_numbers()
    if odd:
        row, cell = odd
        mark = "point" if column.notation.decimal == "." else "comma"
        advice = column.advice(cell) or "mend it, name it in data.file.missing as a gap"
        if row == 1 and column.take(~_is_first(column)).numbers() is not None:
            advice = f"a line of types or units below the names? {advice}"
        raise UserError(
            where,
            f"numbers (digits, a {mark}, an exponent), as in most of its rows",
            f"{shown(cell, MAX_CELL)} in row {row}",
            f"{advice}, or name the column in data.file.categorical or data.file.ignore",
        )
    return column.categories()


def _is_first(column: Column) -> np.ndarray:
    """Which row is the file's first, bool [rows]."""
    return np.asarray(column.cells.index == 0)
