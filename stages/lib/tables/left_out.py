"""Columns that say which row it is, or when, rather than what it is like: identifiers and dates.

The network would learn the rows by heart from the one, and cannot count the other. They are left
out of the features, with a line that names the key that keeps them.
"""

import contextlib

import numpy as np
import pandas as pd
import pyarrow as pa

from stages.lib.core.identifiers import (
    FEW_LEVELS,
    IDENTIFYING,
    is_named_like_code,
    is_named_like_identifier,
    rises_with_the_rows,
)
from stages.lib.params.data import File
from stages.lib.tables.cells import is_gap
from stages.lib.tables.column import Column

EMPTY, DATED = "every cell is empty", "every cell is a date or a time"
# As pandas.to_datetime takes them. Day and month may stand either way round: here it does not
# matter which.
DATES = (
    "ISO8601", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%Y", "%d-%m-%Y",
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
TIMES = ("%H:%M", "%H:%M:%S", "%H.%M.%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
FORMATS = (*DATES, *(f"{date} {time}" for date in DATES[1:] for time in TIMES), *TIMES)

# Texts of a column of dates, at most, that are none.
MOST_ODD = 3


def reason(column: Column, params: File) -> str | None:
    """Why a feature is left out, or None.

    Args:
        column: of the user's table.
        params: which columns the user keeps: `categorical` and `keep`.
    """
    if column.gaps.all():
        return EMPTY
    if column.name in params.categorical:
        return None
    numbers = column.numbers()
    if numbers is not None:
        kept = params.keep == "all" or column.name in params.keep
        return None if kept else _of_numbers(column.name, numbers)
    levels = column.cells.cat.categories
    if _are_dates(levels):
        return DATED
    if column.odd_among_numbers():
        return None  # numbers, one of which is to be mended
    rows = int(column.cells.notna().sum())
    if len(levels) > FEW_LEVELS and len(levels) > IDENTIFYING * rows:
        return f"it has {len(levels)} different texts in {rows} rows"
    return None


def remedy(column: Column) -> str:
    """What a message says of a column that is left out: the keys that make something of it."""
    if column.gaps.all():
        return ""
    if column.numbers() is not None:
        return "; data.file.keep keeps it"
    keeps = "data.file.categorical keeps it"
    if _are_dates(column.cells.cat.categories):
        return f"; data.file.time splits the rows by it, data.file.dates takes parts of it, {keeps}"
    return f"; {keeps}"


def counts_rows(numbers: pd.Series) -> bool:
    """Whole numbers from 0 or 1 on, in the order of the rows."""
    values = numbers.to_numpy("float64")
    return len(values) > FEW_LEVELS and values[0] in (0, 1) and bool((np.diff(values) == 1).all())


def is_in_order(column: Column, params: File) -> bool:
    """Whole numbers in whose order the rows stand, where nothing of params.yaml divides them."""
    divided = params.split or params.groups or params.time
    numbers = None if divided or column.name in params.keep else column.numbers()
    return numbers is not None and rises_with_the_rows(numbers.to_numpy("float64"))


def is_repeated_identifier(column: Column) -> bool:
    """Many different whole numbers under an identifier's name, some of them in several rows."""
    numbers = column.numbers()
    if numbers is None or not is_named_like_identifier(column.name):
        return False
    known = numbers.dropna()
    whole = np.isfinite(known) & (known == known.round())
    return bool(whole.all()) and known.nunique() > max(FEW_LEVELS, 0.05 * len(known))


def are_dates_in_digits(numbers: pd.Series) -> bool:
    """Days as 20241231, of the years 1800 to 2199."""
    known = numbers.dropna().to_numpy()
    if not np.isfinite(known).all():
        return False
    year, rest = np.divmod(known, 10_000)
    month, day = np.divmod(rest, 100)
    inside = (year >= 1800) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day < 32)
    return len(known) > 0 and bool((inside & (day == np.round(day))).all())


def is_code(column: Column) -> bool:
    """Several whole numbers under a code's name."""
    numbers = column.numbers()
    if numbers is None or column.truths or not is_named_like_code(column.name):
        return False
    known = numbers.dropna()
    whole = np.isfinite(known) & (known == known.round())
    return bool(whole.all()) and known.nunique() > 2


def _of_numbers(name: str, numbers: pd.Series) -> str | None:
    if not is_named_like_identifier(name):
        return None
    known = numbers.dropna()
    whole = np.isfinite(known) & (known == known.round())
    if not whole.all() or not known.is_unique or len(known) < IDENTIFYING * len(numbers):
        return None
    if len(known) == len(numbers) and (np.diff(numbers) == 1).all():
        return "it counts the rows"
    return "it has another whole number in every row"


def odd_among_dates(levels: pd.Index) -> list[str]:
    """The few texts of a column without which it is one of dates, such as 2024-02-30, or none."""
    dates = levels[~is_gap(pa.array(levels))]
    if len(dates) <= FEW_LEVELS or not _are_likely_dates(dates):
        return []
    for form in DATES:
        odd = dates[pd.to_datetime(dates, format=form, errors="coerce").isna()]
        if len(odd) <= MOST_ODD:
            return [str(word) for word in odd]
    return []


def _are_likely_dates(dates: pd.Index) -> bool:
    """Every format has two numbers, or one of four digits; this is many times faster to see."""
    return len(dates) > 0 and bool(dates[:10].str.contains(r"\d.*\d").all())


def _are_dates(levels: pd.Index) -> bool:
    dates = levels[~is_gap(pa.array(levels))]
    for form in FORMATS if _are_likely_dates(dates) else ():
        with contextlib.suppress(ValueError):
            pd.to_datetime(dates[:10], format=form)
            pd.to_datetime(dates, format=form)
            return True
    return False
