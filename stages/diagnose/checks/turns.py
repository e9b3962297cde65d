"""Columns along which a target turns more than once: two checks look for a kind of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stages.diagnose.checks.common import one_row_a_group, quoted, responses_of
from stages.diagnose.checks.curves import rising_errors
from stages.lib.trials.subject import Subject

ALPHA = 0.001  # after Bonferroni over columns and targets
SHARE = 0.2  # of what the parts say of the target, left by the best curve of one turn
# Any three means lie on a curve of one turn, and four nearly always do.
MIN_PARTS = 5


@dataclass(frozen=True)
class Turning:
    """A column along which a target turns more than once.

    Attributes:
        name, target: of the columns.
        parts: of the column's numbers, that were compared.
        share: of the variance between the parts' means that the best curve of one turn leaves.
        p_value: of so much left where the means do follow such a curve.
    """

    name: str
    target: str
    parts: int
    share: float
    p_value: float

    def described(self, parts: str, subject: Subject) -> str:
        """What a finding says of it. parts: what the column's parts are called."""
        suffix = f" {quoted(self.target)}" if len(subject.targets) > 1 else ""
        return (
            f"{quoted(self.name)}: along its {self.parts} {parts} the target{suffix} turns more "
            f"than once; a curve of one turn leaves {self.share:.0%} of what they say of it, "
            f"p = {self.p_value:.1e}"
        )


def turning_columns(
    subject: Subject, names: Sequence[str], parts_of: Callable[[np.ndarray], np.ndarray | None]
) -> list[Turning]:
    """Of each of these columns along which a target turns more than once, the target that shows it
    most.

    Args:
        parts_of: from a column, float64 [rows], to the part of each row, int [rows], -1 for none;
            None where a column has not enough of them.
    """
    table = one_row_a_group(subject)
    responses = responses_of(subject, table)
    tests = len(names) * len(responses)
    found = []
    for name in names:
        parts = parts_of(table[name].to_numpy("float64"))
        if parts is None:
            continue
        kept = parts >= 0
        best = max(
            (
                (share, -p_value, target)
                for target, response in responses
                for share, p_value in [_left_by_one_turn(parts[kept], response[kept])]
                if p_value * tests < ALPHA and share > SHARE
            ),
            default=None,
        )
        if best is not None:
            found.append(Turning(name, best[2], int(parts.max()) + 1, best[0], -best[1]))
    return found


def _left_by_one_turn(parts: np.ndarray, response: np.ndarray) -> tuple[float, float]:
    """What the best curve of one turn leaves of the parts' means: the share of their variance, and
    the p-value of so much. 0 and 1 where a constant leaves no more than noise does.

    The remainder over the variance within the parts is compared with F of all the parts' degrees
    of freedom, as if the curve had none: the true p-value is smaller.
    """
    from scipy.special import fdtrc  # the F distribution beyond a value

    count = np.bincount(parts).astype("float64")
    mean = np.bincount(parts, response) / count
    within = float(((response - mean[parts]) ** 2).sum())
    freedom, rest = len(count) - 1, len(parts) - len(count)
    overall = float(np.average(mean, weights=count))
    between = float((count * (mean - overall) ** 2).sum())
    if between <= 0 or rest <= 0:
        return 0.0, 1.0
    noise = max(within / rest, 1e-12 * between)
    # What a constant leaves is more than what a curve leaves, and cheap to rule out by.
    if fdtrc(freedom, rest, between / freedom / noise) > ALPHA:
        return 0.0, 1.0
    left = min(one_turn(mean, count), one_turn(-mean, count))
    return left / between, float(fdtrc(freedom, rest, left / freedom / noise))


def one_turn(mean: np.ndarray, count: np.ndarray) -> float:
    """The weighted squared distance of the means from the nearest curve that rises, then falls."""
    rising = rising_errors(mean, count)
    falling = rising_errors(mean[::-1], count[::-1])[::-1]
    return float((rising + falling).min())
