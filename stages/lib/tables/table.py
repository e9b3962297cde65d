"""A user's own table: a CSV or Parquet file below data/inputs/, with a named target or several.

Here a table is checked, so that the stages after this one can trust it. Every message names the
column, what was expected and what came.
"""

from pathlib import Path

from stages.lib.core.errors import UserError, shown
from stages.lib.core.paths import resolve_within
from stages.lib.params.data import File
from stages.lib.tables.column import check_no_gaps
from stages.lib.tables.dataset import Dataset
from stages.lib.tables.features import leave_out, read_features
from stages.lib.tables.names import check_columns
from stages.lib.tables.readers import READERS, TableReader
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
    check_columns(source.names, params, source.header_hint)
    dividing = params.split or params.groups or params.time
    columns = source.columns(
        [name for name in source.names if name not in params.ignore],
        {*params.targets, *params.categorical, *([dividing] if dividing else [])},
    )
    divider = columns.pop(dividing) if dividing else None
    weights = columns.pop(params.weights) if params.weights else None
    columns = {name: column.with_gaps(params.missing) for name, column in columns.items()}
    targets = [columns.pop(name) for name in params.targets]
    rows = len(targets[0])
    reasons = leave_out(columns, params) if rows else {}
    if not columns or not rows:
        beside = "the target" if len(targets) == 1 else "the targets"
        after = f", after {', '.join(map(repr, reasons))} was left out" if reasons else ""
        received = f"no column beside {beside}{after:.300}" if rows else "no rows"
        raise UserError(params.path, "rows and features", received)
    division = {} if divider is None else read_division(divider, params)
    row_weights = None if weights is None else read_weights(weights)
    features = read_features(columns, params)
    for target in targets:
        hint = f"leave out the rows of {params.missing} too" if params.missing else ""
        check_no_gaps(target, f"{params.path}: target {target.name!r}", "a value", hint)
    kind, answers, classes = read_targets(targets, params.task)
    return Dataset(
        Path(params.path).stem,
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
    )


def _open(path: str, params: File) -> TableReader:
    try:
        resolve_within(path, INPUTS)
    except UserError as error:
        raise error.at("params.yaml: data.file.path") from None
    suffix = Path(path).suffix.lower()
    if suffix not in READERS:
        raise UserError("params.yaml: data.file.path", f"one of {', '.join(READERS)}", shown(path))
    return READERS[suffix](path, params)
