"""Dates of a user's table: moments, and the parts of them that can be features."""

import re
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from stages.lib.core.errors import UserError, shown
from stages.lib.params.data import DatePart, File
from stages.lib.tables.column import MAX_CELL, Column, row_number
from stages.lib.tables.left_out import TIMES

# What stands behind a time: by it moments are compared, but the hour is the one on the wall.
_ZONE = r"(?<=:\d\d)(\.\d+)?\s*(?:Z|[+-]\d{2}:?\d{2})$"
_DAY = pd.Timedelta(days=1)

# Each part as a number, from moments to [rows].
PARTS: dict[DatePart, Callable[[pd.Series], pd.Series]] = {
    "year": lambda moments: moments.dt.year,
    "month": lambda moments: moments.dt.month,
    "day": lambda moments: moments.dt.day,
    "day_of_year": lambda moments: moments.dt.day_of_year,
    "weekday": lambda moments: moments.dt.day_of_week,
    "hour": lambda moments: moments.dt.hour,
    "minute": lambda moments: moments.dt.minute,
    "days": lambda moments: (moments - pd.Timestamp(0, tz="UTC")) / _DAY,
}


def part_name(column: str, part: str) -> str:
    """The name of the feature that a part of a date becomes."""
    return f"{column} {part}"


def in_parts(column: Column, parts: Sequence[DatePart], params: File) -> dict[str, Column]:
    """The parts of a column of dates, each a column of numbers by its name.

    Args:
        column: of dates or times, with gaps or without.
        parts: the names of some of PARTS.
        params: `day_first`.

    Raises:
        UserError: a cell is no date, or the day cannot be told from the month.
    """
    moments = read_dates(column, params, zones=False)
    numbers = {part: PARTS[part](moments).astype("float64") for part in parts}
    return {
        part_name(column.name, part): Column(
            part_name(column.name, part), cells.rename(part_name(column.name, part))
        )
        for part, cells in numbers.items()
    }


def with_date_parts(columns: dict[str, Column], params: File) -> dict[str, Column]:
    """The columns with parts in the place of the dates that `data.file.dates` names; which range
    they span is printed.

    Raises:
        UserError: as `in_parts` does, or a part has the name of another column.
    """
    found: dict[str, Column] = {}
    for name, column in columns.items():
        if name not in params.dates:
            found[name] = column
            continue
        parts = in_parts(column, params.dates[name], params)
        for part in parts:
            if part in columns:
                raise UserError(
                    f"params.yaml: data.file.dates: {shown(name)}",
                    f"no column of the name {part!r:.200} beside its part",
                    hint="rename it in the file",
                )
        moments = read_dates(column, params).dropna()
        print(f"column {name!r:.200}: in parts; from {moments.min()} to {moments.max()}")
        found |= parts
    return found


def read_dates(column: Column, params: File, *, zones: bool = True) -> pd.Series:
    """Moments in UTC, NaT for a gap: ISO dates, in whatever precision and time zone, or all cells
    in the format of the first one.

    Args:
        column: of text, or of numbers such as 20241231.
        params: `day_first`, where a date such as 01/02/2024 leaves it open.
        zones: whether the time zone counts; without, 12:00+02:00 is twelve.

    Raises:
        UserError: a cell is no date, or the day cannot be told from the month.
    """
    written = column.text().dropna()
    if not zones:
        written = written.str.replace(_ZONE, "", regex=True)
    if not len(written):
        return pd.Series(pd.NaT, column.cells.index, dtype="datetime64[ns, UTC]")
    # Without a digit pandas would take "now" and "today" for the moment at which it reads them.
    text = written.where(written.str.contains(r"\d"))
    orders = (False, True) if params.day_first == "auto" else (params.day_first,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a first cell that reads in one way only
        guesses = {guess_datetime_format(written.iloc[0], dayfirst=day) for day in orders}
    formats = ["ISO8601", *sorted(guess for guess in guesses if guess is not None)]
    formats += TIMES if re.match(r"\d{1,2}[:.]\d\d\b", written.iloc[0]) else ()
    read = [pd.to_datetime(text, format=form, errors="coerce", utc=True) for form in formats]
    whole = [dates for dates in read if dates.notna().all()]
    if len(whole) == 1 or (whole and whole[0] is read[0]):
        return whole[0].reindex(column.cells.index)
    expected, hint = "dates that tell the day from the month", ""
    row, cell = row_number(written, 0), written.iloc[0]
    if whole:
        hint = "data.file.day_first says which it is"
    else:
        expected = "numbers, or dates of one format"
        first = int(np.flatnonzero(read[-1].isna())[0])
        odd = column.odd_among_numbers() if column.numbers() is None else None
        row, cell = odd or (row_number(written, first), written.iloc[first])
    raise UserError(
        f"column {column.name!r}",
        f"{expected}, best as in 2024-12-31",
        f"{shown(cell, MAX_CELL)} in row {row}",
        hint,
    )
