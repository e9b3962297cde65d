"""A user's own table: a CSV or Parquet file below data/inputs/, with a named target.

Here a table is checked, so that the stages after this one can trust it. Every refusal names the
column, what was expected and what came.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from stages.files import UserError, confined, read_table
from stages.generate.dataset import Dataset, task_of
from stages.params import File, nearest

INPUTS = "data/inputs"
# A text column with more levels than this is an identifier or a date; as one-hot columns it
# would only memorise rows.
MAX_LEVELS = 200
# With `task: auto`, whole numbers of at most this many different values are taken for classes.
MAX_AUTO_CLASSES = 20
# Beyond it a value becomes infinite in float32, in which the network computes.
FLOAT32_MAX = float(np.finfo(np.float32).max)


def load(params: File) -> Dataset:
    """The table at `params.path`, checked. Raises UserError for anything it cannot stand behind."""
    for key in ("path", "target"):
        if getattr(params, key) is None:
            raise UserError(
                f"params.yaml: data.file.{key}: expected text, since data.source is file. "
                "Received: null"
            )
    frame = _read(params.path)
    _check_names(frame.columns, params)
    target = frame.pop(params.target)
    frame = frame.drop(columns=params.ignore)
    if frame.empty:
        found = "no rows" if len(frame) == 0 else "no column beside the target"
        raise UserError(f"{params.path}: expected rows and features. Received: {found}")
    features = pd.DataFrame(
        {name: _feature(frame[name], name in params.categorical) for name in frame.columns}
    )
    if target.isna().any():
        raise UserError(
            f"{params.path}: target {params.target!r}: expected a value in every row. Received: "
            f"{int(target.isna().sum())} empty, the first in row {_first(target.isna())}"
        )
    name = Path(params.path).stem
    if _task(target, params.task) == "regression":
        return Dataset(name, features, _number_target(target), task="regression")
    labels = target.map(_label).astype("str")
    # Numbers in the order of their size (so that 10 follows 9), text in the alphabet's.
    order = np.unique(target) if _is_number(target) else sorted(labels.unique())
    classes = tuple(_label(value) for value in order)
    if len(classes) < 2:
        raise UserError(
            f"target {params.target!r}: expected at least two classes. "
            f"Received: {classes[0]!r} in every row"
        )
    if params.task in ("binary", "multiclass") and task_of(classes) != params.task:
        raise UserError(
            f"target {params.target!r}: expected the classes of a {params.task} task. "
            f"Received: {len(classes)} classes"
        )
    return Dataset(name, features, labels, task=task_of(classes), classes=classes)


def _read(path: str) -> pd.DataFrame:
    """The file as a frame of numbers, booleans and text; empty cells are missing."""
    confined(path, INPUTS)
    kind = Path(path).suffix.lower()
    if kind == ".parquet":
        frame = read_table(path)
        frame.columns = [str(name) for name in frame.columns]
        return frame
    if kind != ".csv":
        raise UserError(f"params.yaml: data.file.path: expected .csv or .parquet. Received: {path}")
    with open(path, "rb") as stream:
        if any(b"\0" in block for block in iter(lambda: stream.read(2**20), b"")):
            raise UserError(f"{path}: expected UTF-8 text. Received: a NUL byte")
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader(stream), [])
            # pandas would rename a repeated column, and take surplus cells for an index.
            _check_repeats(path, header)
            stream.seek(0)
            return pd.read_csv(stream, index_col=False, on_bad_lines="error", low_memory=False)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: expected UTF-8 text. Received: {error}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, ValueError) as error:
        raise UserError(
            f"{path}: expected a table of commas and lines. Received: {error}"
        ) from None


def _check_repeats(path: str, header: list[str]) -> None:
    if not any(name.strip() for name in header):
        raise UserError(f"{path}: expected column names in the first line. Received: none")
    for position, name in enumerate(header):
        if not name.strip():
            raise UserError(f"{path}: column {position + 1}: expected a name. Received: {name!r}")
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise UserError(f"{path}: expected different column names. Received: {repeated[0]!r} twice")


def _check_names(columns: Iterable[str], params: File) -> None:
    """The names in params.yaml exist, and none but `target` is the target."""
    columns = list(columns)
    _check_repeats(params.path, columns)
    if params.target not in columns:
        raise UserError(
            f"params.yaml: data.file.target: expected a column of {params.path}. "
            f"Received: {params.target!r}{nearest(params.target, columns)}"
        )
    for key in ("categorical", "ignore"):
        for name in getattr(params, key):
            if name not in columns:
                raise UserError(
                    f"params.yaml: data.file.{key}: expected columns of {params.path}. "
                    f"Received: {name!r}{nearest(name, columns)}"
                )
            if name == params.target:
                raise UserError(
                    f"params.yaml: data.file.{key}: expected features. "
                    f"Received: the target, {name!r}"
                )
    for name in columns:
        twin = name.strip().casefold() == params.target.strip().casefold()
        if twin and name != params.target and name not in params.ignore:
            raise UserError(
                f"{params.path}: column {name!r}: expected no feature of the target's name "
                f"({params.target!r}); if it is meant, rename it, else add it to data.file.ignore"
            )


def _feature(column: pd.Series, categorical: bool) -> pd.Series:
    """A column as float64 with NaN for gaps, or as text."""
    if column.isna().all():
        raise UserError(
            f"column {column.name!r}: expected values. Received: every cell empty; "
            "add it to data.file.ignore"
        )
    if categorical or not (_is_number(column) or pd.api.types.is_bool_dtype(column)):
        return _text(column, categorical)
    numbers = column.astype("float64")
    _check_finite(numbers, f"column {column.name!r}")
    return numbers


def _text(column: pd.Series, named_categorical: bool) -> pd.Series:
    """A text column, unless it is a numeric one with some text in it, or an identifier."""
    present = column.dropna()
    text = present.map(_label)
    parsed = pd.to_numeric(text, errors="coerce")
    if not named_categorical and parsed.notna().mean() > 0.5:
        row = parsed.index[parsed.isna()]
        if len(row) == 0:  # numbers that came as text
            return _feature(pd.to_numeric(column, errors="coerce").rename(column.name), False)
        raise UserError(
            f"column {column.name!r}: expected numbers, as in most of its rows. Received: "
            f"{text[row[0]][:60]!r} in row {row[0] + 1}; mend it, or name the column in "
            "data.file.categorical"
        )
    levels = text.nunique()
    if levels > MAX_LEVELS:
        raise UserError(
            f"column {column.name!r}: expected at most {MAX_LEVELS} categories. Received: {levels} "
            f"in {len(column)} rows; if it is an identifier or a date, add it to data.file.ignore"
        )
    return text.reindex(column.index).astype("str").rename(column.name)


def _task(target: pd.Series, asked: str) -> str:
    """'regression' or 'classes'; for `auto` the reason is printed."""
    if asked == "regression" and not _is_number(target):
        raise UserError(
            f"target {target.name!r}: expected numbers for a regression. "
            f"Received: {str(target.iloc[0])[:60]!r}"
        )
    if asked != "auto":
        return "regression" if asked == "regression" else "classes"
    values = target.nunique()
    whole = _is_number(target) and np.isfinite(target).all() and (target == target.round()).all()
    if not _is_number(target):
        task, why = "classes", "it holds text"
    elif values <= 2 or (whole and values <= MAX_AUTO_CLASSES and len(target) >= 5 * values):
        task, why = "classes", f"it holds {values} different numbers"
    else:
        task, why = "regression", f"it holds {values} different numbers"
    print(f"data.file.task: auto takes {target.name!r} for {task}, since {why}")
    return task


def _number_target(target: pd.Series) -> pd.Series:
    numbers = target.astype("float64")
    _check_finite(numbers, f"target {target.name!r}")
    if numbers.nunique() < 2:
        raise UserError(
            f"target {target.name!r}: expected different values. "
            f"Received: {numbers.iloc[0]:g} in every row"
        )
    return numbers


def _check_finite(numbers: pd.Series, what: str) -> None:
    beyond = numbers.abs() > FLOAT32_MAX
    if beyond.any():
        row = _first(beyond)
        raise UserError(
            f"{what}: expected finite numbers within float32 (3.4e38). "
            f"Received: {numbers.iloc[row - 1]:g} in row {row}"
        )


def _is_number(column: pd.Series) -> bool:
    kind = column.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _label(value: object) -> str:
    """A category's name: 2.0 and 2 are the same."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _first(mask: pd.Series) -> int:
    """The first true row, counted from 1 below the header."""
    return int(np.flatnonzero(mask.to_numpy())[0]) + 1
