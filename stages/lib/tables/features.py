"""The features of a user's table: which columns they are, and each as numbers or categories."""

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError, shown
from stages.lib.params.data import File
from stages.lib.tables import left_out
from stages.lib.tables.column import MAX_CELL, Column, check_finite

# Further texts, and columns, that a message shows.
MOST_SHOWN = 4


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
    odd = [
        name
        for name, column in columns.items()
        if name not in params.categorical
        and column.numbers() is None
        and column.odd_among_numbers()
    ]
    if odd:
        raise _mistake(columns[odd[0]], odd[1:])
    # Without a copy: a large table is in memory once.
    return pd.DataFrame(
        {name: _feature(column, name in params.categorical) for name, column in columns.items()},
        copy=False,
    )


def _feature(column: Column, categorical: bool) -> pd.Series:
    numbers = column.numbers()
    if categorical or numbers is None:
        return column.categories()
    check_finite(numbers, f"column {column.name!r}")
    return numbers


def _mistake(column: Column, others: list[str]) -> UserError:
    """What to do about texts among a column's numbers. others: columns that have some, too."""
    [(row, cell), *_] = odd = column.texts_among_numbers()
    more = [shown(text, MAX_CELL) for _, text in odd[1 : 1 + MOST_SHOWN]]
    more += ["..."] * (len(odd) > 1 + MOST_SHOWN)
    received = f"{shown(cell, MAX_CELL)} in row {row}"
    received += f", and {len(odd) - 1} more: {', '.join(more)}" if more else ""
    mark = "point" if column.notation.decimal == "." else "comma"
    words = "as a gap" if len(odd) == 1 else "as gaps"
    advice = column.advice(cell) or f"mend it, name it in data.file.missing {words}"
    if len(odd) > 1:
        advice = advice.replace("mend it, name it", "mend them, name them")
    if row == 1 and column.take(~_is_first(column)).numbers() is not None:
        advice = f"a line of types or units below the names? {advice}"
    hint = f"{advice}, or name the column in data.file.categorical or data.file.ignore"
    if others:
        names = ", ".join(shown(name, MAX_CELL) for name in others[:MOST_SHOWN])
        hint += f"; so in {names}" + ", ..." * (len(others) > MOST_SHOWN)
    return UserError(
        f"column {column.name!r}",
        f"numbers (digits, a {mark}, an exponent), as in most of its rows",
        received,
        hint,
    )


def _is_first(column: Column) -> np.ndarray:
    """Which row is the file's first, bool [rows]."""
    return np.asarray(column.cells.index == 0)
