"""LL224: whole numbers that look like codes: their order says nothing of the target."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stages.diagnose.checks.common import (
    numbers_of_one_input,
    one_row_a_group,
    quoted,
    responses_of,
)
from stages.diagnose.checks.curves import rising_errors
from stages.diagnose.checks.cyclic_column import cycles_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

ALPHA = 0.001  # after Bonferroni over columns and targets
SHARE = 0.2  # of what the levels say of the target, left by the best curve of one turn
# Any three means lie on a curve of one turn, and four nearly always do.
MIN_LEVELS, MAX_LEVELS = 5, 100
MIN_ROWS_A_LEVEL = 10


@dataclass(frozen=True)
class Coded:
    """A column whose order says little of a target.

    Attributes:
        name, target: of the columns.
        levels: how many different numbers were compared.
        share: of the variance between the levels' means that the best curve of one turn leaves.
        p_value: of so much left where the means do follow such a curve.
    """

    name: str
    target: str
    levels: int
    share: float
    p_value: float


def coded_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Columns of few whole numbers whose effect turns more than once."""
    for coded in codes_of(subject):
        suffix = f" {quoted(coded.target)}" if len(subject.targets) > 1 else ""
        yield CHECK.finding(
            "numbers whose order means something, or one input a code (one_hot)",
            f"{quoted(coded.name)}: along its {coded.levels} whole numbers the target{suffix} "
            f"turns more than once; a curve of one turn leaves {coded.share:.0%} of what they say "
            f"of it, p = {coded.p_value:.1e}",
        )


def codes_of(subject: Subject) -> list[Coded]:
    """Of each column that is scaled as a number and looks like codes, and not like a number that
    goes round (LL233), the target that shows it most."""
    table = one_row_a_group(subject)
    cyclic = {cycle.name for cycle in cycles_of(subject)}
    names = [name for name in numbers_of_one_input(subject) if name not in cyclic]
    responses = responses_of(subject, table)
    tests = len(names) * len(responses)
    found = []
    for name in names:
        values = table[name].to_numpy("float64")
        levels = _levels(values)
        if levels is None:
            continue
        kept = levels >= 0
        best = max(
            (
                (share, -p_value, target)
                for target, response in responses
                for share, p_value in [_left_by_one_turn(levels[kept], response[kept])]
                if p_value * tests < ALPHA and share > SHARE
            ),
            default=None,
        )
        if best is not None:
            found.append(Coded(name, best[2], levels.max() + 1, best[0], -best[1]))
    return found


def _levels(values: np.ndarray) -> np.ndarray | None:
    """The position of each row's number among those that enough rows have, int [rows], -1 for none;
    None where the column is not of few whole numbers."""
    known = np.isfinite(values)
    if not known.any() or (values[known] != np.round(values[known])).any():
        return None
    numbers, codes, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    usual = counts >= MIN_ROWS_A_LEVEL
    if usual.sum() < MIN_LEVELS or len(numbers) > MAX_LEVELS:
        return None
    positions = np.where(usual, np.cumsum(usual) - 1, -1)
    levels = np.full(len(values), -1)
    levels[known] = positions[codes]
    return levels


def _left_by_one_turn(levels: np.ndarray, response: np.ndarray) -> tuple[float, float]:
    """What the best curve of one turn leaves of the levels' means: the share of their variance, and
    the p-value of so much.

    The remainder over the variance within the levels is compared with F of all the levels' degrees
    of freedom, as if the curve had none: the true p-value is smaller.
    """
    from scipy.special import fdtrc  # the F distribution beyond a value

    count = np.bincount(levels).astype("float64")
    mean = np.bincount(levels, response) / count
    within = float(((response - mean[levels]) ** 2).sum())
    freedom, rest = len(count) - 1, len(levels) - len(count)
    overall = float(np.average(mean, weights=count))
    between = float((count * (mean - overall) ** 2).sum())
    if between <= 0 or rest <= 0:
        return 0.0, 1.0
    noise = max(within / rest, 1e-12 * between)
    # What a straight line leaves is more than what a curve leaves, and cheap to rule out by.
    if fdtrc(freedom, rest, between / freedom / noise) > ALPHA:
        return 0.0, 1.0
    left = min(_one_turn(mean, count), _one_turn(-mean, count))
    return left / between, float(fdtrc(freedom, rest, left / freedom / noise))


def _one_turn(mean: np.ndarray, count: np.ndarray) -> float:
    """The weighted squared distance of the means from the nearest curve that rises, then falls."""
    rising = rising_errors(mean, count)
    falling = rising_errors(mean[::-1], count[::-1])[::-1]
    return float((rising + falling).min())


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
