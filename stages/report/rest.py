"""What is left of the loss, as tables: its parts, the rows that cost most, and kinds of them."""

import math
from dataclasses import dataclass

import numpy as np

from stages.lib.diagnosis.evidence import WorstRow
from stages.lib.diagnosis.verdict import reference_name
from stages.report.run import Run
from stages.report.wording import number

# Of a row so many columns are shown.
MAX_CELLS = 8
# A label is suspect where another class is so many times as likely, as of LL230: where the law is
# the networks', luck comes to it in at most one row of a thousand (Markov's inequality).
SUSPECT_ODDS = 1000


@dataclass(frozen=True)
class Row:
    """A test row as the page shows it. number: from 1. cells: of the first columns."""

    number: int
    loss: str
    before: str
    target: str
    predicted: str
    suspect: bool
    cells: list[str]


def parts(run: Run) -> list[tuple[str, float, str]]:
    """The unexplained line in two: what the seeds differ by, and the rest; label, amount and
    interval in words. Empty where it is not known. The rest is left out where the account is of
    more rows than the run's own test rows, which the average is of."""
    found = run.evidence.variance
    if found is None:
        return []
    spread = found.variance
    variance = (
        f"variance: gone in the average of {found.networks} networks (train.members)",
        spread.mean,
        f"{number(spread.low)} to {number(spread.high)}",
    )
    if run.diagnosis.lead.seeds.splits > 1:
        return [variance]
    return [
        variance,
        (
            f"the rest: how far that average is above {reference_name(run.diagnosis.lead)}",
            run.diagnosis.lead.loss.unexplained - spread.mean,
            "",
        ),
    ]


def worst(run: Run) -> list[Row]:
    """The rows, the worst first. Several targets have no cell of their own."""
    card = run.card
    names = [column.name for column in card.columns][:MAX_CELLS]
    rows = []
    for found in run.evidence.worst_rows:
        if found.row >= len(run.test_rows):
            continue
        row = run.test_rows.iloc[found.row]
        rows.append(
            Row(
                found.row + 1,
                _loss(found.after),
                _loss(found.before),
                ", ".join(_cell(row[name]) for name in card.targets),
                _predicted(run, found),
                found.odds is not None and found.odds >= SUSPECT_ODDS,
                [_cell(row[name]) for name in names],
            )
        )
    return rows


def _predicted(run: Run, found: WorstRow) -> str:
    if found.predicted is None:
        return ""
    if not run.card.task.has_classes:
        return _cell(found.predicted)
    code = int(found.predicted)
    return run.card.classes[code] if 0 <= code < len(run.card.classes) else ""


def _loss(value: float) -> str:
    return number(value) if abs(value) < 1e4 else _cell(value)


def _cell(value: object) -> str:
    """A cell of a table of the user's, as it is or as four digits of it."""
    if value is None:
        return ""
    if not isinstance(value, float | np.floating):
        return str(value)
    number = float(value)
    if math.isnan(number):
        return ""
    return f"{number:,.4g}" if abs(number) < 1e4 else f"{number:,.0f}"
