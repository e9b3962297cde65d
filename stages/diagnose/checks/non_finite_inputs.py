"""LL201: NaN or infinity among the inputs."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import MAX_ROWS, quoted
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def non_finite_inputs(subject: Subject) -> Iterator[CheckFinding]:
    """NaN or infinite cells, of all rows, by column."""
    bad = {name: _bad_cells(x) for name, x in subject.x.items()}
    total = np.sum([counts for counts in bad.values()], axis=0)
    for j in np.argsort(-total, kind="stable")[: (total > 0).sum()]:
        where = ", ".join(
            f"{counts[j]} of {len(subject.x[name])} {name} rows"
            for name, counts in bad.items()
            if counts[j]
        )
        yield CHECK.finding(
            "finite inputs, e.g. normalize.missing: median",
            f"NaN or infinity in {quoted(subject.state.inputs[j])}: {where}",
        )


def _bad_cells(x: np.ndarray) -> np.ndarray:
    """The number of non-finite cells of each column, int64 [inputs]."""
    counts = np.zeros(x.shape[1], dtype="int64")
    for start in range(0, len(x), MAX_ROWS):
        counts += (~np.isfinite(x[start : start + MAX_ROWS])).sum(axis=0)
    return counts


CHECK = Check(
    code="LL201",
    name="non_finite_inputs",
    title="Some inputs are NaN or infinite",
    families=("input_normalization",),
    severities=("error",),
    keys=("normalize.missing",),
    about="All cells of the inputs, in all splits. One that is not finite is enough to make the "
    "loss and, a step later, every weight NaN; behind relu it may instead stay unseen.",
    source="Floating-point arithmetic (IEEE 754): NaN spreads through every sum.",
    remedy="Set normalize.missing: median (or mean, or zero), and look where the gaps come from.",
    find=non_finite_inputs,
)
