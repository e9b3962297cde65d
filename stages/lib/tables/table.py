"""A user's own table: a CSV or Parquet file below data/inputs/, with a named target or several.

Here a table is checked, so that the stages after this one can trust it. Every refusal names the
column, what was expected and what came. delimited.py and parquet.py read the files, cells.py turns
each column's cells into numbers or text, left_out.py knows identifiers and dates.
"""

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.core.paths import resolve_within
from stages.lib.core.text import printable
from stages.lib.params.data import File
from stages.lib.tables import left_out
from stages.lib.tables.cells import Column, check_finite
from stages.lib.tables.dataset import Dataset
from stages.lib.tables.delimited import DelimitedTable
from stages.lib.tables.parquet import ParquetTable
from stages.lib.tables.roles import division, row_weights
from stages.lib.tables.targets import read_targets

INPUTS = "data/inputs"

# Keys that name a column which is no feature, and what it is called in messages.
ROLES = {
    "split": "the column of splits",
    "groups": "the groups",
    "time": "the time",
    "weights": "the weights",
}

READERS: dict[str, type[DelimitedTable] | type[ParquetTable]] = {
    ".csv": DelimitedTable,
    ".tsv": DelimitedTable,
    ".parquet": ParquetTable,
}


def load(params: File) -> Dataset:
    """The table at `params.path`, checked. Raises UserError for anything it cannot stand behind."""
    if params.path is None or params.target is None:
        key = "path" if params.path is None else "target"
        raise UserError(f"params.yaml: data.file.{key}", "text, since data.source is file", "null")
    source = _opened(params.path, params)
    _check_names(source, params)
    dividing = params.split or params.groups or params.time
    columns = source.columns(
        [name for name in source.names if name not in params.ignore],
        {*params.targets, *params.categorical, *([dividing] if dividing else [])},
    )
    divider = columns.pop(dividing) if dividing else None
    weights = columns.pop(params.weights) if params.weights else None
    targets = [columns.pop(name) for name in params.targets]
    rows = len(targets[0])
    gone = _without(columns, params) if rows else {}
    if not columns or not rows:
        beside = "the target" if len(targets) == 1 else "the targets"
        left = f", after {', '.join(map(repr, gone))} was left out" if gone else ""
        received = f"no column beside {beside}{left:.300}" if rows else "no rows"
        raise UserError(params.path, "rows and features", received)
    roles: dict[str, pd.Series] = {}
    if divider is not None:
        roles |= division(divider, params)
    if weights is not None:
        roles["weights"] = row_weights(weights)
    # Without a copy: a large table is in memory once.
    features = pd.DataFrame(
        {name: _feature(column, name in params.categorical) for name, column in columns.items()},
        copy=False,
    )
    for target in targets:
        gaps = target.gaps
        if gaps.any():
            raise UserError(
                f"{params.path}: target {target.name!r}",
                "a value in every row",
                f"{int(gaps.sum())} empty, the first in row {int(np.flatnonzero(gaps)[0]) + 1}",
            )
    kind, answers, classes = read_targets(targets, params.task)
    return Dataset(
        Path(params.path).stem,
        features,
        answers,
        kind,
        classes,
        left_out=gone,
        splits=roles.get("splits"),
        groups=roles.get("groups"),
        time=roles.get("time"),
        weights=roles.get("weights"),
    )


def _opened(path: str, params: File) -> DelimitedTable | ParquetTable:
    try:
        resolve_within(path, INPUTS)
    except UserError as error:
        raise error.at("params.yaml: data.file.path") from None
    kind = Path(path).suffix.lower()
    if kind not in READERS:
        raise UserError("params.yaml: data.file.path", f"one of {', '.join(READERS)}", shown(path))
    return READERS[kind](path, params)


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
                "params.yaml: data.file.target",
                "different columns",
                f"{name!r}, or what looks like it, twice",
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
                f"params.yaml: data.file.{key}", "a column of its own", f"{others[name]}, {name!r}"
            )
        others[name] = what
    for key in ("categorical", "ignore", "keep"):
        names = getattr(params, key)
        for name in [] if names == "all" else names:
            if name not in columns:
                raise unknown(key, name)
            if name in params.targets:
                kind = "the target" if len(params.targets) == 1 else "a target"
                raise UserError(f"params.yaml: data.file.{key}", "features", f"{kind}, {name!r}")

    def folded(name: str) -> str:
        return unicodedata.normalize("NFKC", name).strip().casefold()

    twins = {folded(target): target for target in params.targets}
    for name in columns:
        target = twins.get(folded(name))
        if target and name not in params.targets and name not in params.ignore:
            raise UserError(
                f"{params.path}: column {name!r}",
                f"no feature of the target's name ({target!r})",
                hint="if it is meant, rename it, else add it to data.file.ignore",
            )


def _feature(column: Column, categorical: bool) -> pd.Series:
    """A column as float64 with NaN for gaps, or as text with None for gaps."""
    if column.gaps.all():
        raise UserError(
            f"column {column.name!r}", "values", "every cell empty", "add it to data.file.ignore"
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
            f"column {column.name!r}",
            f"numbers (digits, a {mark}, an exponent), as in most of its rows",
            f"{odd[1]!r:.60} in row {odd[0]}",
            "mend it, set data.file.decimal, or name the column in data.file.categorical",
        )
    return column.categories()
