"""Columns that are no features: what divides the rows (splits, groups, time), and weights."""

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError
from stages.lib.params.data import File
from stages.lib.tables.column import Column, check_exact, check_no_gaps, row_number
from stages.lib.tables.dates import read_dates


def read_division(column: Column, params: File) -> dict[str, pd.Series]:
    """What this column divides the rows by, under the name that `Dataset` has for it.

    Args:
        column: the one that params.yaml names.
        params: of split, groups and time, one names it.

    Returns:
        {"splits": text}, {"groups": int64 codes} or {"time": int64 ranks}, each [rows].

    Raises:
        UserError: it has gaps, or no moments where moments are meant.
    """
    if params.split is not None:
        return {"splits": column.text()}
    if params.groups is not None:
        return {"groups": _groups(column)}
    return {"time": _time(column, params)}


def _groups(column: Column) -> pd.Series:
    """A code for each group, int64 [rows], in the order of their first rows. Numbers are equal
    however they are written."""
    check_no_gaps(column, f"column {column.name!r}", "a group")
    check_exact(column, f"column {column.name!r}")
    numbers = column.numbers()
    codes, _ = pd.factorize(column.text() if numbers is None else numbers)
    return pd.Series(codes.astype("int64"), column.cells.index, name=column.name)


def _time(column: Column, params: File) -> pd.Series:
    """The rank of each row's moment among all, int64 [rows], equal ones alike. Dates are those
    that pandas can read in one format; which range they span is printed."""
    check_no_gaps(column, f"column {column.name!r}", "a number or a date")
    check_exact(column, f"column {column.name!r}")
    moments = column.numbers()
    if moments is None:
        moments = read_dates(column, params)
        # 01.02. may be January or February: the reader can tell by the range.
        print(f"data.file.time: {column.name!r} runs from {moments.min()} to {moments.max()}")
    ranks = moments.rank(method="dense").astype("int64") - 1
    return ranks.rename(column.name)


def read_weights(column: Column) -> pd.Series:
    """How many rows each row stands for, float64 [rows].

    Raises:
        UserError: a cell is no number >= 0, or none that float32, in which the network is trained,
            can add up.
    """
    where = f"weights {column.name!r}"
    expected = "0, or a number from 1e-30 to 1e30, in every row"
    numbers = column.all_numbers(where, expected)
    bad = ~((numbers == 0) | numbers.between(1e-30, 1e30)).to_numpy()
    if bad.any():
        position = int(np.flatnonzero(bad)[0])
        cell = "an empty cell" if column.gaps[position] else f"{numbers.iloc[position]:g}"
        raise UserError(where, expected, f"{cell} in row {row_number(numbers, position)}")
    return numbers
