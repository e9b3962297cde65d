"""LL224: whole numbers that look like codes: their order says nothing of the target."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import numbers_of_one_input
from stages.diagnose.checks.cyclic_column import cycles_of
from stages.diagnose.checks.turns import MIN_PARTS, Turning, turning_columns
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

MAX_LEVELS = 100
MIN_ROWS_A_LEVEL = 10


def coded_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Columns of few whole numbers whose effect turns more than once."""
    for coded in codes_of(subject):
        yield CHECK.finding(
            "numbers whose order means something, or one input a code (one_hot)",
            coded.described("whole numbers", subject),
        )


def codes_of(subject: Subject) -> list[Turning]:
    """The columns that are scaled as numbers and look like codes, and not like numbers that go
    round (LL233)."""
    cyclic = {cycle.name for cycle in cycles_of(subject)}
    names = [name for name in numbers_of_one_input(subject) if name not in cyclic]
    return turning_columns(subject, names, _levels)


def _levels(values: np.ndarray) -> np.ndarray | None:
    """The position of each row's number among those that enough rows have, int [rows], -1 for none;
    None where the column is not of few whole numbers."""
    known = np.isfinite(values)
    if not known.any() or (values[known] != np.round(values[known])).any():
        return None
    numbers, codes, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    usual = counts >= MIN_ROWS_A_LEVEL
    if usual.sum() < MIN_PARTS or len(numbers) > MAX_LEVELS:
        return None
    positions = np.where(usual, np.cumsum(usual) - 1, -1)
    levels = np.full(len(values), -1)
    levels[known] = positions[codes]
    return levels


CHECK = Check(
    code="LL224",
    name="coded_column",
    title="A column of whole numbers looks like codes",
    families=("input_normalization",),
    severities=("warning",),
    keys=("normalize.columns",),
    about="Numeric columns of five to a hundred whole numbers: the mean of the target (its rank, "
    "or the share of each class) at each of them, against the best curve that rises and then "
    "falls, or falls and then rises. What turns more often, and goes not round once (LL233), is "
    "a code (a shop, a postal area) or several cycles. One weight for such a number makes the "
    "network build each level from steps of hidden units.",
    source="F test of what the best such curve leaves, with all degrees of freedom of the levels, "
    "which makes it careful (pool adjacent violators: Robertson, Wright, Dykstra, Order Restricted "
    "Statistical Inference, 1988). Ours: 0.001 after Bonferroni, ten rows a level, and a fifth of "
    "what the levels say.",
    remedy="Set normalize.columns to one_hot for it, or name it in data.file.categorical.",
    find=coded_columns,
)
