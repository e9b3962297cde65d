"""Predict new rows from a file.

python -m stages predict FILE [--out FILE.csv]: predictions for new rows.

FILE is a .csv, .tsv, .parquet or .xlsx, or one of them in a .gz or .zip, below this repository,
with the columns that the model was trained on, found by name; others are left out, the target too
if it is there. Cells are read as in training (by the keys of data.file, or the options below) and
normalized by its saved state. Written is, row by row, for classes `prediction` and a column
`probability of CLASS` each, for labels `probability of LABEL`, for numbers `predicted TARGET`.
Gaps, levels that training had not and numbers far outside of its own are counted and said.
Default of --out: data/export/predictions.csv. Of data/ only export/ and new/ are free, and neither
reports/ nor what git tracks is.
"""

import numpy as np
import pandas as pd

from stages.lib import params
from stages.lib.core.atomic import write_text
from stages.lib.core.command import command_line, run_command
from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.core.paths import resolve_within
from stages.lib.core.text import printable
from stages.lib.mlp import runtime
from stages.lib.params.contract import Contract
from stages.lib.params.data import File
from stages.lib.tables.column import Column
from stages.lib.tables.dates import in_parts, part_name
from stages.lib.tables.readers import TableReader, may_have_sheets, open_table
from stages.lib.transforms import frame
from stages.lib.transforms.state import NormalizationState
from stages.tools.deploy.destination import destination
from stages.tools.deploy.model import read_model
from stages.tools.deploy.new_rows import notes, training_ranges
from stages.tools.deploy.reading import add_options, as_written, named_as_options


def main() -> None:
    parser = command_line("python -m stages predict", __doc__)
    parser.add_argument("file")
    parser.add_argument("--out", default="data/export/predictions.csv")
    add_options(parser)
    arguments = parser.parse_args()
    out = destination(arguments.out, ".csv", "--out")
    runtime.configure(1)
    model = read_model()
    state = model.state
    written = as_written(arguments, params.load("data").file)
    file = resolve_within(arguments.file, ".")
    if arguments.sheet and not may_have_sheets(str(file)):
        raise UserError("--sheet", "a workbook", shown(arguments.file))
    if out.resolve() == file.resolve():
        raise UserError("--out", "another file than the rows", shown(arguments.out))
    with named_as_options():
        source = open_table(str(file), written, "")
        table = features(source, state, written)
    x = frame.apply(state, table)
    found = prediction_table(model.predictions(x), model.contract, state)
    write_text(out, found.to_csv(index=False, float_format="%.9g"))
    print(f"{out}: {len(found)} rows of {printable(', '.join(found.columns)):.300}")
    for line in notes(state, table, training_ranges(state)):
        print(line)


def features(source: TableReader, state: NormalizationState, written: File) -> pd.DataFrame:
    """The table that the state is applied to, with gaps and parts of dates as `written` has them.
    Raises UserError naming the column that is missing, or has a cell that training could not have
    had."""
    kinds = {column.name: column.kind for column in state.columns}
    parts = {part_name(name, part): name for name in written.dates for part in written.dates[name]}
    columns = list(dict.fromkeys(parts.get(name, name) for name in kinds))
    for name in columns:
        if name not in source.names:
            raise UserError("", f"the column {name!r}", hint=nearest(name, source.names))
    text = [name for name, kind in kinds.items() if kind == "categorical"]
    cells = source.columns(columns, [*text, *written.dates])
    table = {}
    for name in columns:
        column = cells[name].with_gaps(written.missing)
        if name in text:
            table[name] = column.text()
        elif name in parts.values():
            dated = in_parts(column, written.dates[name], written)
            table |= {part: dated[part].cells for part in dated if part in kinds}
        else:
            table[name] = _numbers(column)
    found = pd.DataFrame(table)
    if found.empty:
        raise UserError("", "rows", "none")
    return found


def _numbers(column: Column) -> pd.Series:
    try:
        return column.all_numbers(f"column {column.name!r}", "numbers, as in training")
    except UserError as error:
        advised = error.hint or column.numbers() is not None
        raise error if advised else error.with_hint("--missing names a gap") from None


def prediction_table(
    predictions: np.ndarray, contract: Contract, state: NormalizationState
) -> pd.DataFrame:
    """Predictions, as `Model.predictions` has them, in the names of the data."""
    if contract.kind.is_regression:
        names = [f"predicted {target.name}" for target in state.targets]
        return pd.DataFrame(predictions, columns=names)
    found = pd.DataFrame(predictions, columns=[f"probability of {name}" for name in state.classes])
    if contract.kind.has_classes:
        classes = np.array(state.classes, dtype=object)
        found.insert(0, "prediction", classes[predictions.argmax(axis=1)])
    return found


if __name__ == "__main__":
    run_command(main)
