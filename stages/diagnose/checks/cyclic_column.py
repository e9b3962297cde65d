"""LL233: numbers that go round: what comes after the last one is the first one."""

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
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.transforms.columns import TRANSFORMS
from stages.lib.trials.subject import Subject

ALPHA = 0.001  # after Bonferroni over columns and targets
# Of what the levels say of the target, what the sine may leave. Of seven means without order it
# leaves so little in one draw of 25.
LEFT = 0.2
# By so much twice the logarithm of the likelihood of a line or a parabola has to be lower.
STRONG = 6.0
# Of the curve's span, what the step from the last twelfth of the levels to the first may be beyond
# the curve's own.
SEAM, SEAM_PARTS = 0.5, 12
MIN_LEVELS, MAX_LEVELS = 7, 60
BINS = 24  # of a column of more levels, or of measured numbers
MIN_ROWS_A_LEVEL = 5


@dataclass(frozen=True)
class Cycle:
    """A column along which a target goes round once.

    Attributes:
        name, target: of the columns.
        period: of one turn, in the column's own unit.
        levels: how many were compared.
        left: of what the levels say of the target, the share that the sine leaves.
        p_value: of so much of it in a target that the column says nothing of.
    """

    name: str
    target: str
    period: float
    levels: int
    left: float
    p_value: float


def cyclic_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Columns of numbers whose effect closes up after one turn."""
    for cycle in cycles_of(subject):
        suffix = f" {quoted(cycle.target)}" if len(subject.targets) > 1 else ""
        yield CHECK.finding(
            "inputs in which the last number lies beside the first one (cyclic)",
            f"{quoted(cycle.name)}: along its {cycle.levels} levels the target{suffix} follows a "
            f"sine of period {cycle.period:g}, which leaves {cycle.left:.0%} of what they say of "
            f"it, and the last one is a neighbour of the first, p = {cycle.p_value:.1e}",
        )


def cycles_of(subject: Subject) -> list[Cycle]:
    """Of each column that is scaled as a number and goes round, the target that shows it most.

    Whatever the levels say anything of has to go round: a class that is usual in the middle only
    is no sign of it where the share of another one rises all the way.
    """
    table = one_row_a_group(subject)
    names, responses = numbers_of_one_input(subject), responses_of(subject, table)
    level = ALPHA / max(1, len(names) * len(responses))
    found = []
    for name in names:
        values = table[name].to_numpy("float64")
        known = np.isfinite(values)
        levels = _levels(values[known])
        if levels is None:
            continue
        fits = [(_fit(levels, response[known]), target) for target, response in responses]
        telling = [(fit, target) for fit, target in fits if fit.p_of_levels < level]
        sines = [(fit, target) for fit, target in telling if fit.is_sine and fit.p_value < level]
        if sines and not any(fit.is_one_way for fit, _ in telling):
            fit, target = min(sines, key=lambda sine: sine[0].left)
            period = TRANSFORMS["cyclic"].fit([values])["period"]
            count = int(levels.max()) + 1
            found.append(Cycle(name, target, period, count, fit.left, fit.p_value))
    return found


def _levels(values: np.ndarray) -> np.ndarray | None:
    """The level of each number, int [rows]: of whole numbers in equal steps each of them, of others
    one of BINS equal parts of the range; None where some level has few rows."""
    if not len(values) or np.ptp(values) == 0:
        return None
    low, span = values.min(), np.ptp(values)
    step = TRANSFORMS["cyclic"].fit([values])["period"] - span
    if step > 0 and span / step < MAX_LEVELS:
        levels = np.round((values - low) / step).astype("int64")
    else:
        levels = np.minimum((values - low) / span * BINS, BINS - 1).astype("int64")
    count = np.bincount(levels)
    return levels if len(count) >= MIN_LEVELS and count.min() >= MIN_ROWS_A_LEVEL else None


@dataclass(frozen=True)
class _Fit:
    """A sine of one turn along the levels.

    Attributes:
        p_of_levels, p_value: of what the levels, and the sine, say of a response that the column
            says nothing of.
        left: of what the levels say, the share that the sine leaves.
        is_one_way: a curve that only rises, or only falls, leaves no more.
        is_sine: little is left, a parabola leaves more, and the last level is a neighbour of the
            first.
    """

    p_of_levels: float
    p_value: float
    left: float
    is_one_way: bool
    is_sine: bool


def _fit(levels: np.ndarray, response: np.ndarray) -> _Fit:
    """The sine of a response.

    Args:
        levels: of each row, int [rows], each from 0 to the highest one there.
        response: float64 [rows].
    """
    from scipy.special import fdtrc  # the F distribution beyond a value

    count = np.bincount(levels).astype("float64")
    mean = np.bincount(levels, response) / count
    within = float(((response - mean[levels]) ** 2).sum())
    between = float((count * (mean - np.average(mean, weights=count)) ** 2).sum())
    freedom, rest = len(count) - 1, len(levels) - len(count)
    if between <= 0:
        return _Fit(1.0, 1.0, 1.0, True, False)
    noise = max(within / rest, 1e-12 * between)
    p_of_levels = float(fdtrc(freedom, rest, between / freedom / noise))
    if p_of_levels >= ALPHA:  # cheap to rule out by
        return _Fit(p_of_levels, 1.0, 1.0, True, False)
    turn = 2 * np.pi * np.arange(len(count)) / len(count)
    sine, parabola = (
        _curve(mean, count, *shapes) for shapes in ((np.sin(turn), np.cos(turn)), (turn, turn**2))
    )
    of_sine, of_parabola = (
        float((count * (mean - curve) ** 2).sum()) for curve in (sine, parabola)
    )
    one_way = min(rising_errors(mean, count)[-1], rising_errors(-mean, count)[-1])
    # Without what noise by itself leaves.
    left = max(of_sine - (freedom - 2) * noise, 0.0) / max(between - freedom * noise, 1e-300)
    gain = len(levels) * np.log((rest * noise + of_parabola) / (rest * noise + of_sine))
    return _Fit(
        p_of_levels,
        float(fdtrc(2, rest, max(between - of_sine, 0.0) / 2 / noise)),
        left,
        bool(of_sine >= one_way),
        bool(left <= LEFT and gain >= STRONG and _closes(mean, count, sine, noise)),
    )


def _closes(mean: np.ndarray, count: np.ndarray, sine: np.ndarray, noise: float) -> bool:
    """Whether the last levels are neighbours of the first ones. noise: variance within a level."""
    first = slice(0, max(1, len(count) // SEAM_PARTS))
    last = slice(-first.stop, None)
    beyond = [np.average((mean - sine)[end], weights=count[end]) for end in (first, last)]
    error = np.sqrt(noise * (1 / count[first].sum() + 1 / count[last].sum()))
    return bool(abs(beyond[0] - beyond[1]) + 1.96 * error <= SEAM * np.ptp(sine))


def _curve(mean: np.ndarray, count: np.ndarray, *shapes: np.ndarray) -> np.ndarray:
    """The levels' means [levels] by a constant and these shapes, least squares over the rows."""
    design = np.column_stack([np.ones(len(mean)), *shapes])
    root = np.sqrt(count)
    return design @ np.linalg.lstsq(design * root[:, None], mean * root, rcond=None)[0]


CHECK = Check(
    code="LL233",
    name="cyclic_column",
    title="A column of numbers goes round",
    families=("input_normalization",),
    severities=("warning",),
    keys=("normalize.columns",),
    about="Numeric columns of 7 to 60 whole numbers in equal steps, or of measured numbers in 24 "
    "equal parts of their range, each with five rows at least: whether the mean of the target (its "
    "rank, or the share of each class) follows a sine of one turn along them, better than a line, "
    "a parabola or whatever only rises or falls, and comes back at the last level to where it is "
    "at the first. What else the levels say, of another class, may not only rise or fall. Hours, "
    "weekdays, months and directions go round: 23 lies beside 0, but one weight puts them farthest "
    "apart, and the network builds the turn from steps of hidden units.",
    source="F test of the sine, 0.001 after Bonferroni (Mardia, Jupp, Directional Statistics, "
    "section 11.3, cosine regression). A lead of 6 in twice the log likelihood over a parabola, "
    "which has as many coefficients: strong evidence (Kass, Raftery, Bayes Factors, JASA 90, "
    "1995). Ours: a fifth of what the levels say left to other curves; half the curve's span as "
    "the 95 % bound of the step from the last twelfth to the first, beyond the curve's own.",
    remedy="Set normalize.columns to cyclic for it; where the table does not hold a whole turn, "
    "name the period: {name: cyclic, period: 24}.",
    find=cyclic_columns,
)
