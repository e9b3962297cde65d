"""How the losses spread: over the seeds of each line, and over the rows."""

from typing import Any

import numpy as np

from stages.diagnose.evidence.pair import Pair
from stages.lib.diagnosis.schema import Account

BINS = 32


def seeds_of_lines(pair: Pair, account: Account) -> list[list[float]]:
    """For each line of the ledger its amount at each judging seed, in the loss's unit; nothing for
    a line that is no mean over seeds."""
    runs, split = pair.ledger.runs, pair.question.judged_on
    laboratory, scale = pair.laboratory, pair.ledger.scale
    weights = laboratory.design(runs, split).weights

    def means(sections: Any, learnt: bool) -> np.ndarray:
        of = laboratory.learnt_losses if learnt else laboratory.losses
        return np.average(of(sections, runs, split), axis=1, weights=weights)

    before, after = means(pair.before, False), means(pair.after, False)
    shares = iter(line.by_seed for line in pair.ledger.lines)
    luck = account.amount("label_luck")
    values: list[np.ndarray] = []
    for line in account.ledger:
        if line.line == "loss":
            values.append(before)
        elif line.line == "above_chance":
            known = means(pair.before, True) - means(pair.after, True)
            values.append(before - after - known)
        elif line.line == "cause":
            values.append(next(shares))
        elif line.line == "unexplained":
            values.append(after - account.loss.floor - luck)
        else:
            values.append(np.empty(0))
    assert scale == account.about[0].scale
    return [value.tolist() for value in values]


def row_losses(pair: Pair) -> dict[str, Any] | None:
    """The share of rows and seeds by their loss. The bins are equally wide in the root of the loss,
    as most losses lie near 0; None where all rows have one loss."""
    runs, split = pair.ledger.runs, pair.question.judged_on
    before, after = (
        pair.laboratory.losses(sections, runs, split) for sections in (pair.before, pair.after)
    )
    most = float(max(before.max(), after.max()))
    if not most > min(before.min(), after.min()):
        return None
    edges = most * np.linspace(0.0, 1.0, BINS + 1) ** 2

    def shares(losses: np.ndarray) -> list[float]:
        counts = np.histogram(np.minimum(losses, most), bins=edges)[0]
        return [float(count) for count in 1000 * counts / losses.size]

    return {"edges": edges.tolist(), "before": shares(before), "after": shares(after)}
