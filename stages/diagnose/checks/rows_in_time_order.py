"""LL237: rows in the order of time that are split at random."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import quoted
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

# Standard errors of a correlation of independent rows, 1 / sqrt(rows): one in a thousand is beyond.
ERRORS = 3.29


def rows_in_time_order(subject: Subject) -> Iterator[CheckFinding]:
    """Rows that stand in the order of a date by which they are not split."""
    dated = subject.card.dated
    if dated is None:
        return
    is_alike = dated.neighbours > ERRORS / np.sqrt(dated.rows)
    yield CHECK.finding(
        "later rows held out, where rows are in the order of time",
        f"the rows stand in the order of {quoted(dated.name)}, are split at random, and "
        f"neighbours' targets have the correlation {dated.neighbours:.2f}",
        severity="error" if is_alike else "note",
        keys=CHECK.keys if subject.card.source == "file" else (),
    )


CHECK = Check(
    code="LL237",
    name="rows_in_time_order",
    title="Rows in the order of time are split at random",
    families=("data",),
    severities=("error", "note"),
    keys=("data.file.time",),
    about="A column of dates is no feature, the rows stand in its order, and the split is drawn. "
    "Where neighbouring rows have like targets, held-out rows lie between training rows of the "
    "same hours, and their loss is lower than that of the days to come will be. A note where "
    "neighbours are not alike.",
    source="Dependent rows make a random split optimistic (Roberts et al., Cross-validation "
    "strategies for data with temporal, spatial, hierarchical, or phylogenetic structure, "
    "Ecography 40, 2017). The standard error of the first autocorrelation of independent rows is "
    "1 / sqrt(rows) (Bartlett); ours: 3.29 of them.",
    remedy="Name the column in data.file.time: the newest rows are then held out. Its hour or "
    "weekday can be a feature by data.file.dates.",
    find=rows_in_time_order,
)
