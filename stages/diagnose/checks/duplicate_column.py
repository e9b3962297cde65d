"""LL208: inputs that are copies of others."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import ignore_keys, is_constant, quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def duplicate_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Inputs equal to an earlier one in every training row."""
    x, names = subject.x["train"], subject.state.inputs
    columns = np.ascontiguousarray(sample(x).T) + np.float32(0)  # -0 and 0 are equal
    first: dict[bytes, int] = {}
    for j, column in enumerate(columns):
        if is_constant(column):
            continue
        i = first.setdefault(column.tobytes(), j)
        if i != j and np.array_equal(x[:, i], x[:, j], equal_nan=True):
            yield CHECK.finding(
                "inputs that differ from each other",
                f"{quoted(names[j])} equals {quoted(names[i])} in every training row",
                keys=ignore_keys(subject),
            )


CHECK = Check(
    code="LL208",
    name="duplicate_column",
    title="An input is a copy of another",
    families=("data",),
    severities=("note",),
    keys=("data.file.ignore",),
    about="Inputs that are equal to an earlier one in every training row, after scaling. They say "
    "nothing new, and a column that was joined twice hints at a mistake.",
    source="Arithmetic: equal in every row.",
    remedy="Leave one of the two out (data.file.ignore).",
    find=duplicate_columns,
)
