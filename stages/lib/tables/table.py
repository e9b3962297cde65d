"""A user's own table: a CSV or Parquet file below data/inputs/, with a named target or several.

Here a table is checked, so that the stages after this one can trust it. Every message names the
column, what was expected and what came.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from stages.lib.core.errors import UserError, shown
from stages.lib.core.paths import resolve_within
from stages.lib.params.data import File
from stages.lib.tables import left_out
from stages.lib.tables.column import Column
from stages.lib.tables.dataset import Dataset
from stages.lib.tables.dates import read_dates, with_date_parts
from stages.lib.tables.features import leave_out, read_features
from stages.lib.tables.look import lines_of
from stages.lib.tables.names import ROLES, check_columns
from stages.lib.tables.readers import TableReader, may_have_sheets, open_table
from stages.lib.tables.roles import read_division, read_weights
from stages.lib.tables.targets import read_targets

INPUTS = "data/inputs"


def load(params: File) -> Dataset:
    """The table at `params.path`, checked.

    Args:
        params: the section data.file of params.yaml.

    Raises:
        UserError: the file, a name in params.yaml or a cell is not what the pipeline can work on.
    """
    if params.path is None or params.target is None:
        key = "path" if params.path is None else "target"
        raise UserError(f"params.yaml: data.file.{key}", "text, since data.source is file", "null")
    source = _open(params.path, params)
    check_columns(source.names, params, source.header_hint, source.repeated)
    dividing = params.split or params.groups or params.time
    columns = source.columns(
        [name for name in source.names if name not in params.ignore],
        {
            *params.targets,
            *params.categorical,
            *params.dates,
            *([dividing] if dividing else []),
        },
    )
    divider = columns.pop(dividing) if dividing else None
    weights = columns.pop(params.weights) if params.weights else None
    columns = {name: column.with_gaps(params.missing) for name, column in columns.items()}
    targets = [columns.pop(name) for name in params.targets]
    known = _have_targets(params.path, targets, [*columns.values(), divider, weights])
    gone = int((~known).sum())
    if gone:
        columns = {name: column.take(known) for name, column in columns.items()}
        targets = [target.take(known) for target in targets]
        divider = divider and divider.take(known)
        weights = weights and weights.take(known)
    rows = int(known.sum())
    if divider is not None and divider.name in params.dates:
        columns[divider.name] = divider  # which may say when, and be a feature in parts
    whole = {column.name: column for column in [*targets, divider, weights] if column is not None}
    whole |= columns
    columns = with_date_parts(columns, params) if rows else columns
    reasons = leave_out(columns, params) if rows else {}
    roles = {getattr(params, key): key for key in ROLES} | dict.fromkeys(params.targets, "target")
    lines = lines_of(source.names, whole, roles, reasons, params, source.repeated)
    if not columns or not rows:
        beside = "the target" if len(targets) == 1 else "the targets"
        after = f", after {', '.join(map(repr, reasons))} was left out" if reasons else ""
        received = f"no column beside {beside}{after:.300}" if rows else "no rows"
        hint = next((left_out.remedy(whole[name]) for name in reasons if name in whole), "")
        raise UserError(params.path, "rows and features", received, hint.removeprefix("; "))
    division = {} if divider is None else read_division(divider, params)
    row_weights = None if weights is None else read_weights(weights)
    features = read_features(columns, params)
    kind, answers, classes = read_targets([target.spelled() for target in targets], params.task)
    if gone:
        # By now no message names a row but those of a column of splits, which keep their numbers.
        features, answers = features.reset_index(drop=True), answers.reset_index(drop=True)
        row_weights = None if row_weights is None else row_weights.reset_index(drop=True)
        division = {
            key: cells if key == "splits" else cells.reset_index(drop=True)
            for key, cells in division.items()
        }
    return Dataset(
        Path(params.path).name.removesuffix(".gz").rpartition(".")[0],
        features,
        answers,
        kind,
        classes,
        left_out=reasons,
        ignored=tuple(params.ignore),
        kept=tuple(name for name in features if params.keep != "all" and name in params.keep),
        splits=division.get("splits"),
        groups=division.get("groups"),
        time=division.get("time"),
        weights=row_weights,
        rows_left_out=gone,
        dated=_ordering_date(whole, reasons, params),
        auto_classes=params.task == "auto" and bool(classes) and targets[0].numbers() is not None,
        lines=lines,
    )


def _ordering_date(columns: dict[str, Column], reasons: dict[str, str], params: File) -> str | None:
    """The first column of dates that is left out and never falls, or never rises, from row to row,
    or None."""
    for name, reason in reasons.items():
        if reason == left_out.DATED:
            with contextlib.suppress(UserError):  # the day and the month may change places
                moments = read_dates(columns[name], params).dropna()
                ordered = moments.is_monotonic_increasing or moments.is_monotonic_decreasing
                if ordered and moments.nunique() > 2:
                    return name
    return None


def _have_targets(path: str, targets: list[Column], others: Iterable[Column | None]) -> np.ndarray:
    """Which rows have all targets, bool [rows]; how many have not is printed.

    Raises:
        UserError: there are rows, and none of them has.
    """
    known = np.asarray(~np.any([target.gaps for target in targets], axis=0))
    gone = int((~known).sum())
    if not gone:
        return known
    empty = ~known
    for column in [*targets, *others]:
        empty &= True if column is None else column.gaps
    names = ", ".join(repr(target.name) for target in targets if target.gaps.any())
    if gone == len(known):
        raise UserError(f"{path}: target {names:.200}", "a value in some row", "none")
    also = f", {int(empty.sum())} of them empty in every column" if empty.any() else ""
    left_out = f"{gone} of {len(known)} rows left out"
    print(f"{path:.200}: {left_out}, since they have no target ({names:.200}){also}")
    return known


def _open(path: str, params: File) -> TableReader:
    try:
        resolve_within(path, INPUTS)
    except UserError as error:
        raise error.at("params.yaml: data.file.path") from None
    if params.sheet is not None and not may_have_sheets(path):
        expected = f"null, since {path} is no workbook"
        raise UserError("params.yaml: data.file.sheet", expected, shown(params.sheet))
    return open_table(path, params, "params.yaml: data.file.path")
