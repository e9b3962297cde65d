"""Would more rows help: the program with the edits, trained on parts of its rows."""

from typing import Any

from stages.diagnose.evidence.pair import Pair
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import mean

# Of the training rows. Each part holds the smaller ones.
DIVISORS = (8, 4, 2)
# A part of fewer rows says more of its own luck than of how many there are.
LEAST_ROWS = 20
# Of the judging seeds, and of `diagnose.seconds` at nominal speeds.
MAX_SEEDS, ROWS_SHARE = 5, 0.08


def more_rows(pair: Pair) -> dict[str, Any] | None:
    """The mean test loss at 1/8, 1/4, 1/2 and all of the training rows, at the same seeds, and what
    the last doubling brought, paired over seeds and rows; None where there are too few rows or no
    time, and for rows in the order of time, of which a part is of another time.

    Measured, never extrapolated: the curve of a network need not be a power law (Viering, Loog, The
    Shape of Learning Curves, IEEE TPAMI 45, 2023).
    """
    subject, whole = pair.subject, pair.laboratory
    count = len(whole.frames["train"])
    parts = [count // divisor for divisor in DIVISORS]
    if parts[0] < LEAST_ROWS or not pair.question.rows_vary or subject.ordered:
        return None
    runs = Runs(pair.ledger.runs.seeds[:MAX_SEEDS])
    table = whole.frames["train"]
    # One order of the rows, of which each part is the beginning.
    shuffled = table.sample(frac=1.0, random_state=0)
    frames = [whole.frames | {"train": shuffled.head(rows).sort_index()} for rows in parts]
    smaller = Laboratory(
        subject, None, whole.on_progress, whole.backend, divided=frames, epochs=whole.epochs
    )
    of_parts = Runs(runs.seeds, len(frames))
    if not all(smaller.runs(pair.after, fold) for fold in range(len(frames))):
        return None
    if smaller.seconds([pair.after], of_parts) > ROWS_SHARE * pair.seconds:
        return None
    losses = smaller.losses(pair.after, of_parts, "test")
    tested = len(whole.frames["test"])
    each = [losses[:, k * tested : (k + 1) * tested] for k in range(len(frames))]
    each.append(whole.losses(pair.after, runs, "test"))
    weights = whole.design(runs, "test").weights
    last = pair.paired(each[-2] - each[-1])
    low, high = last.interval()
    return {
        "rows": [*parts, count],
        "losses": [mean(one, weights) for one in each],
        "seeds": len(runs.seeds),
        "last": {"mean": last.mean, "low": low, "high": high},
    }
