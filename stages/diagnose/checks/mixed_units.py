"""LL231: one column in two units."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.core.distances import kolmogorov_smirnov
from stages.lib.trials.subject import Subject

# Usual units over each other.
RATIOS: Mapping[float, str] = {
    1.609344: "kilometres in a mile",
    2.204623: "pounds in a kilogram",
    2.54: "centimetres in an inch",
    3.28084: "feet in a metre",
    12.0: "inches in a foot",
    60.0: "minutes in an hour",
    100.0: "centimetres in a metre, percent in a share",
    1000.0: "a thousand, as grams in a kilogram",
    3600.0: "seconds in an hour",
    1e6: "a million",
}
MIN_ROWS, MIN_VALUES = 20, 10  # of each cluster
# Of the distance of the clusters' medians, in logarithms, what has to be empty between them.
EMPTY = 0.25
# Both clusters are of one distribution, but for the ratio: where they are, luck says otherwise in
# one column of a hundred.
ALPHA = 0.01


@dataclass(frozen=True)
class TwoUnits:
    """Two clusters of a column's values.

    Attributes:
        ratio: of a larger unit over a smaller, a key of RATIOS.
        share: of the rows in the upper cluster.
        low, high: the clusters' medians.
    """

    ratio: float
    share: float
    low: float
    high: float


def mixed_units(subject: Subject) -> Iterator[CheckFinding]:
    """Numeric columns whose values form two clusters that are one but for a ratio of units."""
    table = sample(subject.tables["train"])
    for column in subject.card.columns:
        if column.kind != "numeric":
            continue
        found = two_units(table[column.name].to_numpy("float64"))
        if found is not None:
            yield CHECK.finding(
                "one unit a column",
                f"{quoted(column.name)}: {1 - found.share:.0%} of the values lie around "
                f"{found.low:.4g} and {found.share:.0%} around {found.high:.4g}; divided by "
                f"{found.ratio:g} ({RATIOS[found.ratio]}) these are distributed as the others",
            )


def two_units(values: np.ndarray) -> TwoUnits | None:
    """The two clusters of a column, if it has two that differ by a ratio of units.

    Args:
        values: float64 [rows], NaN for a gap.
    """
    from scipy.special import kolmogorov

    known = np.abs(values[np.isfinite(values)])
    if not len(known) or known.min() <= 0 or np.ptp(np.sign(values[np.isfinite(values)])):
        return None
    logs = np.sort(np.log(known))
    inner = slice(MIN_ROWS - 1, len(logs) - MIN_ROWS)
    steps = np.diff(logs)[inner]
    if not len(steps):
        return None
    at = MIN_ROWS + int(steps.argmax())
    low, high = logs[:at], logs[at:]
    distance = float(np.median(high) - np.median(low))
    if steps.max() < EMPTY * distance or min(_count(low), _count(high)) < MIN_VALUES:
        return None
    ratio = min(RATIOS, key=lambda ratio: abs(math.log(ratio) - distance))
    rows = len(low) * len(high) / len(logs)
    apart = kolmogorov_smirnov(low, high - math.log(ratio))
    if kolmogorov(math.sqrt(rows) * apart) < ALPHA:
        return None
    medians = (float(np.exp(np.median(part))) for part in (low, high))
    return TwoUnits(ratio, len(high) / len(logs), *medians)


def _count(values: np.ndarray) -> int:
    return len(np.unique(values))


CHECK = Check(
    code="LL231",
    name="mixed_units",
    title="A column seems to be in two units",
    families=("data",),
    severities=("warning",),
    keys=(),
    about="Numeric columns of one sign whose logarithms form two clusters with nothing between "
    "them: whether the upper one, divided by a usual ratio of units (1,000, 100, 60, 12, 2.54, "
    "2.2046 and others), is distributed as the lower one. Rows of two sources, or of two habits of "
    "writing, leave such columns, and the network takes 180 and 1.80 for different heights.",
    source="The two-sample Kolmogorov-Smirnov test at 0.01 (Conover, Practical Nonparametric "
    "Statistics, 3rd ed., section 6.3). Ours: twenty rows and ten different values a cluster, and "
    "a quarter of the clusters' distance empty; clusters that overlap are not told apart.",
    remedy="Bring the column to one unit in the file, by the source of each row where it is known. "
    "If the two clusters are two kinds of things, the finding is no error: add a column that says "
    "which.",
    find=mixed_units,
)
