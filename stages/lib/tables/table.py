"""A user's own table: a CSV or Parquet file below data/inputs/, with a named target or several.

Here a table is checked, so that the stages after this one can trust it. Every refusal names the
column, what was expected and what came. delimited.py and parquet.py read the files, cells.py turns
each column's cells into numbers or text, left_out.py knows identifiers and dates.
"""

import unicodedata
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.core.paths import resolve_within
from stages.lib.core.text import printable
from stages.lib.params.data import File
from stages.lib.tables import left_out
from stages.lib.tables.cells import Column, check_exact, check_finite
from stages.lib.tables.dataset import Dataset, task_of
from stages.lib.tables.delimited import DelimitedTable
from stages.lib.tables.parquet import ParquetTable

INPUTS = "data/inputs"
# With `task: auto`, whole numbers of at most this many different values are taken for classes.
MAX_AUTO_CLASSES = 20

# Keys that name a column which is no feature, and what it is called in messages.
ROLES = {
    "split": "the column of splits",
    "groups": "the groups",
    "time": "the time",
    "weights": "the weights",
}

READERS = {".csv": DelimitedTable, ".tsv": DelimitedTable, ".parquet": ParquetTable}


def load(params: File) -> Dataset:
    """The table at `params.path`, checked. Raises UserError for anything it cannot stand behind."""
    for key in ("path", "target"):
        if getattr(params, key) is None:
            raise UserError(
                f"params.yaml: data.file.{key}: expected text, since data.source is file. "
                "Received: null"
            )
    source = _opened(params)
    _check_names(source, params)
    dividing = params.split or params.groups or params.time
    columns = source.columns(
        [name for name in source.names if name not in params.ignore],
        {*params.targets, *params.categorical, dividing},
    )
    divider = columns.pop(dividing) if dividing else None
    weights = columns.pop(params.weights) if params.weights else None
    targets = [columns.pop(name) for name in params.targets]
    rows = len(targets[0])
    gone = _without(columns, params) if rows else {}
    if not columns or not rows:
        beside = "the target" if len(targets) == 1 else "the targets"
        left = f", after {', '.join(map(repr, gone))} was left out" if gone else ""
        found = f"no column beside {beside}{left:.300}" if rows else "no rows"
        raise UserError(f"{params.path}: expected rows and features. Received: {found}")
    known = {"left_out": gone}
    if divider is not None:
        known |= _division(divider, params)
    if weights is not None:
        known["weights"] = _weights(weights)
    # Without a copy: a large table is in memory once.
    features = pd.DataFrame(
        {name: _feature(column, name in params.categorical) for name, column in columns.items()},
        copy=False,
    )
    for target in targets:
        gaps = target.gaps
        if gaps.any():
            raise UserError(
                f"{params.path}: target {target.name!r}: expected a value in every row. Received: "
                f"{int(gaps.sum())} empty, the first in row {int(np.flatnonzero(gaps)[0]) + 1}"
            )
    name = Path(params.path).stem
    task = _task_of_several(targets, params.task) if targets[1:] else _task(*targets, params.task)
    if task == "multilabel":
        has = pd.DataFrame({one.name: _label(one) for one in targets})
        return Dataset(name, features, has, task, tuple(has), **known)
    if task == "regression":
        numbers = pd.DataFrame({one.name: _number_target(one) for one in targets})
        return Dataset(name, features, numbers, task, **known)
    return replace(_classes(name, features, targets[0], params.task), **known)


def _opened(params: File) -> DelimitedTable | ParquetTable:
    try:
        resolve_within(params.path, INPUTS)
    except UserError as error:
        raise UserError(f"params.yaml: data.file.path: {error}") from None
    kind = Path(params.path).suffix.lower()
    if kind not in READERS:
        raise UserError(
            f"params.yaml: data.file.path: expected one of {', '.join(READERS)}. "
            f"Received: {params.path!r}"
        )
    return READERS[kind](params.path, params)


def _without(columns: dict[str, Column], params: File) -> dict[str, str]:
    """Takes identifiers and dates out of the columns; why, by name."""
    gone = {}
    for name, column in list(columns.items()):
        why = left_out.reason(column, params)
        if why:
            del columns[name]
            gone[name] = why
            key = left_out.keeping(column)
            print(f"column {name!r:.200}: left out, since {why}; {key} keeps it")
    return gone


def _check_names(source: DelimitedTable | ParquetTable, params: File) -> None:
    """The names in params.yaml exist, and none but `target` names a target."""
    columns = source.names

    def unknown(key: str, name: str) -> UserError:
        known = ", ".join(map(repr, columns[:20])) + (", ..." if len(columns) > 20 else "")
        hint = nearest(name, columns)
        if len(columns) == 1 and isinstance(source, DelimitedTable):
            hint = f"its header is one cell: expected {source.delimiter}s between the columns"
        return UserError(
            f"params.yaml: data.file.{key}",
            f"a column of {params.path} ({known})",
            shown(name),
            hint,
        )

    for name in params.targets:
        if name not in columns:
            raise unknown("target", name)
        if [printable(one) for one in params.targets].count(printable(name)) > 1:
            raise UserError(
                f"params.yaml: data.file.target: expected different columns. Received: {name!r}, "
                "or what looks like it, twice"
            )
    others = {
        **dict.fromkeys(params.targets, "the target"),
        **dict.fromkeys(params.ignore, "an ignored column"),
    }
    for key, what in ROLES.items():
        name = getattr(params, key)
        if name is None:
            continue
        if name not in columns:
            raise unknown(key, name)
        if name in others:
            raise UserError(
                f"params.yaml: data.file.{key}: expected a column of its own. "
                f"Received: {others[name]}, {name!r}"
            )
        others[name] = what
    for key in ("categorical", "ignore", "keep"):
        names = getattr(params, key)
        for name in [] if names == "all" else names:
            if name not in columns:
                raise unknown(key, name)
            if name in params.targets:
                kind = "the target" if len(params.targets) == 1 else "a target"
                raise UserError(
                    f"params.yaml: data.file.{key}: expected features. Received: {kind}, {name!r}"
                )

    def folded(name: str) -> str:
        return unicodedata.normalize("NFKC", name).strip().casefold()

    twins = {folded(target): target for target in params.targets}
    for name in columns:
        target = twins.get(folded(name))
        if target and name not in params.targets and name not in params.ignore:
            raise UserError(
                f"{params.path}: column {name!r}: expected no feature of the target's name "
                f"({target!r}); if it is meant, rename it, else add it to data.file.ignore"
            )


def _division(column: Column, params: File) -> dict[str, pd.Series]:
    """What this column divides the rows by, as `Dataset` has it."""
    if params.split is not None:
        return {"splits": column.text()}
    if params.groups is not None:
        return {"groups": _groups(column)}
    return {"time": _time(column)}


def _groups(column: Column) -> pd.Series:
    """A code for each group, int64 [rows], in the order of their first rows. Numbers are equal
    however they are written."""
    _refuse_gaps(column, "a group")
    check_exact(column, f"column {column.name!r}")
    numbers = column.numbers()
    codes, _ = pd.factorize(column.text() if numbers is None else numbers)
    return pd.Series(codes.astype("int64"), name=column.name)


def _time(column: Column) -> pd.Series:
    """The rank of each row's moment among all, int64 [rows], equal ones alike. Dates are those
    that pandas can read in one format; which range they span is printed."""
    _refuse_gaps(column, "a number or a date")
    check_exact(column, f"column {column.name!r}")
    moments = column.numbers()
    if moments is None:
        moments = _dates(column)
        # 01.02. may be January or February: the reader can tell by the range.
        print(f"data.file.time: {column.name!r} runs from {moments.min()} to {moments.max()}")
    ranks = moments.rank(method="dense").astype("int64") - 1
    return ranks.rename(column.name)


def _dates(column: Column) -> pd.Series:
    """ISO dates, in whatever precision and time zone, or all in the format of the first one."""
    written = column.text()
    # Without a digit pandas would take "now" and "today" for the moment at which it reads them.
    text = written.where(written.str.contains(r"\d"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a first cell that reads in one way only
        guesses = {guess_datetime_format(written.iloc[0], dayfirst=day) for day in (False, True)}
    formats = ["ISO8601", *sorted(guesses - {None})]
    read = [pd.to_datetime(text, format=one, errors="coerce", utc=True) for one in formats]
    whole = [dates for dates in read if dates.notna().all()]
    if len(whole) == 1 or (whole and whole[0] is read[0]):
        return whole[0]
    expected = "dates that tell the day from the month"
    row, cell = 1, written.iloc[0]
    if not whole:
        expected = "numbers, or dates of one format"
        first = int(np.flatnonzero(read[-1].isna())[0])
        row, cell = column.odd_among_numbers() or (first + 1, written.iloc[first])
    raise UserError(
        f"column {column.name!r}: expected {expected}, best as in 2024-12-31. "
        f"Received: {cell!r:.60} in row {row}"
    )


def _refuse_gaps(column: Column, expected: str) -> None:
    if column.gaps.any():
        raise UserError(
            f"column {column.name!r}: expected {expected} in every row. Received: "
            f"{int(column.gaps.sum())} empty, the first in row "
            f"{int(np.flatnonzero(column.gaps)[0]) + 1}"
        )


def _weights(column: Column) -> pd.Series:
    """float64 [rows]. Raises UserError for what is no number >= 0, or none that float32, in which
    the network is trained, can add up."""
    what = f"weights {column.name!r}"
    expected = "0, or a number from 1e-30 to 1e30, in every row"
    numbers = column.all_numbers(what, expected)
    bad = ~((numbers == 0) | numbers.between(1e-30, 1e30)).to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        found = "an empty cell" if column.gaps[row] else f"{numbers.iloc[row]:g}"
        raise UserError(f"{what}: expected {expected}. Received: {found} in row {row + 1}")
    return numbers


def _feature(column: Column, categorical: bool) -> pd.Series:
    """A column as float64 with NaN for gaps, or as text with None for gaps."""
    if column.gaps.all():
        raise UserError(
            f"column {column.name!r}: expected values. Received: every cell empty; "
            "add it to data.file.ignore"
        )
    if categorical:
        return column.categories()
    numbers = column.numbers()
    if numbers is not None:
        check_finite(numbers, f"column {column.name!r}")
        return numbers
    odd = column.odd_among_numbers()
    if odd:
        mark = "point" if column.decimal == "." else "comma"
        raise UserError(
            f"column {column.name!r}: expected numbers (digits, a {mark}, an exponent), as in most "
            f"of its rows. Received: {odd[1]!r:.60} in row {odd[0]}; mend it, set "
            "data.file.decimal, or name the column in data.file.categorical"
        )
    return column.categories()


def _task_of_several(targets: list[Column], asked: str) -> str:
    """'multilabel' or 'regression'; for `auto` the reason is printed."""
    if asked in ("binary", "multiclass"):
        raise UserError(
            f"params.yaml: data.file.task: expected auto, multilabel or regression for several "
            f"targets. Received: {asked}"
        )
    if asked != "auto":
        return asked
    for one in targets:
        _refuse_odd(one)
    values = {one.name: len(_values(one)) for one in targets}
    if max(values.values()) <= 2:
        task, why = "multilabel", "each of them holds two values"
    elif min(values.values()) > 2 and all(one.numbers() is not None for one in targets):
        task, why = "regression", "all of them hold numbers"
    else:
        found = ", ".join(
            f"{values[one.name]} {'words' if one.numbers() is None else 'numbers'} in {one.name!r}"
            for one in targets
        )
        raise UserError(
            "params.yaml: data.file.target: expected columns of two values each, for labels, or "
            f"columns of numbers. Received: {found:.300}; name one target, or set data.file.task"
        )
    names = ", ".join(repr(one.name) for one in targets[:5]) + ", ..." * (len(targets) > 5)
    print(f"data.file.task: auto takes {names} for {task}, since {why}")
    return task


def _refuse_odd(target: Column) -> None:
    """Text in a column that is numbers for the most part is no class, but a mistake."""
    odd = target.odd_among_numbers() if target.numbers() is None else None
    if odd:
        raise UserError(
            f"target {target.name!r}: expected numbers, or classes, in all rows. Received: "
            f"{odd[1]!r:.60} in row {odd[0]} among numbers; mend it, or set data.file.task"
        )


def _label(target: Column) -> pd.Series:
    """1.0 where a row has the label, else 0.0: the larger of two numbers, or the later of two
    words, stands for it. What is not written 0 and 1, or as truth values, is printed."""
    values = _values(target)
    shown = [f"{one:g}" if isinstance(one, float) else repr(one)[:40] for one in values]
    if len(values) != 2:
        more = ", ..." * (len(values) > 4)
        raise UserError(
            f"target {target.name!r}: expected two values, with and without the label. "
            f"Received: {len(values)}: {', '.join(shown[:4])}{more}"
        )
    if values != [0, 1]:
        print(f"target {target.name!r}: {shown[1]} has the label, {shown[0]} has not")
    cells = target.cells
    return (cells == values[1]).astype("float64").rename(target.name)


def _values(target: Column) -> list:
    """The different numbers or words of a column, in their order."""
    numbers = target.numbers()
    if numbers is not None:
        check_finite(numbers, f"target {target.name!r}")
    return sorted(target.cells.unique().tolist())


def _task(target: Column, asked: str) -> str:
    """'regression' or 'classes'; for `auto` the reason is printed."""
    if asked == "multilabel":
        raise UserError(
            f"params.yaml: data.file.target: expected a list of columns for multilabel. "
            f"Received: {target.name!r} alone"
        )
    if asked != "auto":
        return "regression" if asked == "regression" else "classes"
    _refuse_odd(target)
    numbers = target.numbers()
    if numbers is None:
        task, why = "classes", "it holds text"
    else:
        values = numbers.nunique()
        whole = np.isfinite(numbers).all() and (numbers == numbers.round()).all()
        few = whole and values <= MAX_AUTO_CLASSES and len(numbers) >= 5 * values
        kind = "numbers" if values > 2 or not target.truths else "truth values"
        task = "classes" if values <= 2 or few else "regression"
        why = f"it holds {values} different {kind}" + (", whole and few" if few else "")
    print(f"data.file.task: auto takes {target.name!r} for {task}, since {why}")
    return task


def _number_target(target: Column) -> pd.Series:
    numbers = target.all_numbers(f"target {target.name!r}", "numbers for a regression")
    if numbers.nunique() < 2:
        raise UserError(
            f"target {target.name!r}: expected different values. "
            f"Received: {numbers.iloc[0]:g} in every row"
        )
    return numbers


def _classes(name: str, features: pd.DataFrame, target: Column, asked: str) -> Dataset:
    """The classes in the order of their numbers, or of the alphabet."""
    labels, numbers = target.text(), target.numbers()
    if numbers is None:
        classes = tuple(sorted(labels.unique()))
    else:
        check_finite(numbers, f"target {target.name!r}")
        check_exact(target, f"target {target.name!r}")
        # Of equal numbers written differently (1 and 1.0), the first spelling names the class.
        first = labels.groupby(numbers).first()
        labels, classes = numbers.map(first).astype("str").rename(target.name), tuple(first)
    if len(classes) < 2:
        raise UserError(
            f"target {target.name!r}: expected at least two classes. "
            f"Received: {classes[0]!r:.60} in every row"
        )
    if asked in ("binary", "multiclass") and task_of(classes) != asked:
        raise UserError(
            f"target {target.name!r}: expected the classes of a {asked} task. "
            f"Received: {len(classes)} classes"
        )
    return Dataset(name, features, labels.to_frame(), task_of(classes), classes)
