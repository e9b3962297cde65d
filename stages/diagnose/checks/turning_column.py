"""LL238: a measured number along which the target turns more than once."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.coded_column import codes_of
from stages.diagnose.checks.common import numbers_of_one_input
from stages.diagnose.checks.cyclic_column import cycles_of
from stages.diagnose.checks.turns import MIN_PARTS, Turning, turning_columns
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

MAX_BINS = 32
MIN_ROWS_A_BIN = 20


def turning_column(subject: Subject) -> Iterator[CheckFinding]:
    """Columns of measured numbers whose effect turns more than once."""
    for turning in turns_of(subject):
        yield CHECK.finding(
            "an effect that a few hidden units can follow, or an input for each piece of the range "
            "(piecewise_linear)",
            turning.described("parts of equally many rows", subject),
        )


def turns_of(subject: Subject) -> list[Turning]:
    """The columns that are scaled as numbers, look neither like codes (LL224) nor like numbers that
    go round (LL233), and along which the target turns more than once."""
    others = {cycle.name for cycle in cycles_of(subject)}
    others |= {coded.name for coded in codes_of(subject)}
    names = [name for name in numbers_of_one_input(subject) if name not in others]
    return turning_columns(subject, names, _bins)


def _bins(values: np.ndarray) -> np.ndarray | None:
    """The bin of each row among bins of equally many rows, int [rows], -1 for a gap; None where
    the rows do not fill enough of them."""
    known = np.isfinite(values)
    count = min(MAX_BINS, int(known.sum()) // MIN_ROWS_A_BIN)
    if count < MIN_PARTS:
        return None
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, count + 1)[1:-1]))
    bins = np.full(len(values), -1)
    # Edges that many rows share leave bins without any.
    _, bins[known] = np.unique(np.searchsorted(edges, values[known]), return_inverse=True)
    return bins if bins.max() + 1 >= MIN_PARTS else None


CHECK = Check(
    code="LL238",
    name="turning_column",
    title="The target turns more than once along a column",
    families=("input_normalization",),
    severities=("warning",),
    keys=("normalize.columns",),
    about="Numeric columns cut into up to 32 parts of equally many rows, twenty or more each: the "
    "mean of the target (its rank, or the share of each class) in each of them, against the best "
    "curve that rises and then falls, or falls and then rises. What turns more often, and is "
    "neither a code (LL224) nor goes round once (LL233), asks of a network that has the number as "
    "one input for hidden units that switch at each turn, which training finds late or never.",
    source="F test of what the best such curve leaves, with all degrees of freedom of the parts, "
    "which makes it careful (pool adjacent violators: Robertson, Wright, Dykstra, Order Restricted "
    "Statistical Inference, 1988). The remedy: Gorishniy, Rubachev, Babenko, On Embeddings for "
    "Numerical Features in Tabular Deep Learning, NeurIPS 2022, arXiv:2203.05556. Ours: 0.001 "
    "after Bonferroni, twenty rows a part, and a fifth of what the parts say.",
    remedy="Set normalize.columns to piecewise_linear for it, with more bins where it turns often.",
    find=turning_column,
)
