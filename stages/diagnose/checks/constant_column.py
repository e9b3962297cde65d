"""LL207: inputs of a single value."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import ignore_keys, is_constant, quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def constant_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Inputs of one value in the training split."""
    x, names = subject.x["train"], subject.state.inputs
    small = sample(x)
    for j in np.flatnonzero((small == small[0]).all(axis=0)):
        # A rare category may miss the sample.
        if small is x or is_constant(x[:, j]):
            yield CHECK.finding(
                "inputs that differ from row to row",
                f"{quoted(names[j])} is {x[0, j]:g} in every training row",
                keys=ignore_keys(subject),
            )


CHECK = Check(
    code="LL207",
    name="constant_column",
    title="An input has the same value in every training row",
    families=("data",),
    severities=("note",),
    keys=("data.file.ignore",),
    about="Inputs of one value in the training split: nothing can be learnt from them, and their "
    "weights stay at random.",
    source="Arithmetic: equal in every row.",
    remedy="Leave the column out (data.file.ignore), or look whether it was read as it should be.",
    find=constant_columns,
)
