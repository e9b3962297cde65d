"""A user's own table: a CSV or Parquet file below data/inputs/, with a named target or several.

Here a table is checked, so that the stages after this one can trust it. Every refusal names the
column, what was expected and what came. cells.py turns each column's cells into numbers or text.
"""

import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from stages.files import UserError, confined, printable
from stages.generate.cells import (
    Column,
    check_finite,
    read_csv_cells,
    read_parquet_cells,
)
from stages.generate.dataset import Dataset, task_of
from stages.params import File, nearest

INPUTS = "data/inputs"
# A text column with more levels than this, or with more than half as many as it has rows (and
# more than a few), is an identifier or a date; as one-hot columns it would only memorise rows.
MAX_LEVELS = 200
FEW_LEVELS = 20
# With `task: auto`, whole numbers of at most this many different values are taken for classes.
MAX_AUTO_CLASSES = 20

READERS = {".csv": read_csv_cells, ".parquet": read_parquet_cells}


def load(params: File) -> Dataset:
    """The table at `params.path`, checked. Raises UserError for anything it cannot stand behind."""
    for key in ("path", "target"):
        if getattr(params, key) is None:
            raise UserError(
                f"params.yaml: data.file.{key}: expected text, since data.source is file. "
                "Received: null"
            )
    columns = _read(params.path)
    _check_names(list(columns), params)
    splits = None if params.split is None else columns.pop(params.split).text()
    weights = None if params.weights is None else _weights(columns.pop(params.weights))
    targets = [columns.pop(name) for name in params.targets]
    for name in params.ignore:
        columns.pop(name)
    rows = len(targets[0])
    if not columns or not rows:
        beside = "the target" if len(targets) == 1 else "the targets"
        found = f"no column beside {beside}" if rows else "no rows"
        raise UserError(f"{params.path}: expected rows and features. Received: {found}")
    features = pd.DataFrame(
        {name: _feature(column, name in params.categorical) for name, column in columns.items()}
    )
    _check_levels(features)
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
        return Dataset(name, features, has, task, tuple(has), splits=splits, weights=weights)
    if task == "regression":
        numbers = pd.DataFrame({one.name: _number_target(one) for one in targets})
        return Dataset(name, features, numbers, task, splits=splits, weights=weights)
    dataset = _classes(name, features, targets[0], params.task)
    return replace(dataset, splits=splits, weights=weights)


def _read(path: str) -> dict[str, Column]:
    try:
        confined(path, INPUTS)
    except UserError as error:
        raise UserError(f"params.yaml: data.file.path: {error}") from None
    kind = Path(path).suffix.lower()
    if kind not in READERS:
        raise UserError(
            f"params.yaml: data.file.path: expected {' or '.join(READERS)}. Received: {path!r}"
        )
    return READERS[kind](path)


def _check_names(columns: list[str], params: File) -> None:
    """The names in params.yaml exist, and none but `target` names a target."""

    def unknown(key: str, name: str) -> UserError:
        shown = ", ".join(map(repr, columns[:20])) + (", ..." if len(columns) > 20 else "")
        hint = nearest(name, columns)
        if len(columns) == 1 and any(mark in columns[0] for mark in ";\t|"):
            hint = "; its header is one cell: expected commas between the columns"
        return UserError(
            f"params.yaml: data.file.{key}: expected a column of {params.path} ({shown}). "
            f"Received: {name!r}{hint}"
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
    for key, kind in (("split", "the column of splits"), ("weights", "the weights")):
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
        others[name] = kind
    for key in ("categorical", "ignore"):
        for name in getattr(params, key):
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


def _weights(column: Column) -> pd.Series:
    """float64 [rows]. Raises UserError for what is no number >= 0."""
    what = f"weights {column.name!r}"
    expected = "a number >= 0 in every row"
    numbers = column.all_numbers(what, expected)
    bad = ~(numbers >= 0).to_numpy()
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
        return column.text()
    numbers = column.numbers()
    if numbers is not None:
        check_finite(numbers, f"column {column.name!r}")
        return numbers
    odd = column.odd_among_numbers()
    if odd:
        raise UserError(
            f"column {column.name!r}: expected numbers (digits, a point, an exponent), as in most "
            f"of its rows. Received: {odd[1]!r:.60} in row {odd[0]}; mend it, or name the column "
            "in data.file.categorical"
        )
    return column.text()


def _check_levels(features: pd.DataFrame) -> None:
    """Refuse all identifiers and dates at once."""
    rows = len(features)
    most = min(MAX_LEVELS, max(FEW_LEVELS, rows // 2))
    text = features.select_dtypes(exclude="number")
    many = {name: text[name].nunique() for name in text if text[name].nunique() > most}
    if many:
        found = ", ".join(f"{levels} in column {name!r}" for name, levels in many.items())
        raise UserError(
            f"expected at most {most} categories a column, in {rows} rows. Received: {found}; "
            "if these are identifiers, dates or free text, add them to data.file.ignore"
        )


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
    cells = target.text() if target.numbers() is None else target.numbers()
    return (cells == values[1]).astype("float64").rename(target.name)


def _values(target: Column) -> list:
    """The different numbers or words of a column, in their order."""
    numbers = target.numbers()
    if numbers is not None:
        check_finite(numbers, f"target {target.name!r}")
    return sorted((target.text() if numbers is None else numbers).unique().tolist())


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
