"""The ledger's lines as steps from this run's loss down to the floor."""

from dataclasses import dataclass

from stages.lib.diagnosis.schema import Diagnosis
from stages.report.wording import words


@dataclass(frozen=True)
class Step:
    """A row of the waterfall: from `start` to `end` on the axis of the loss."""

    label: str
    kind: str
    amount: float
    start: float
    end: float
    low: float | None = None
    high: float | None = None


def steps(diagnosis: Diagnosis) -> list[Step]:
    """The ledger's lines in their order, each where the one before it ended."""
    result: list[Step] = []
    at = 0.0
    for line in diagnosis.ledger:
        kind, amount = line.line, line.amount
        if kind in ("loss", "floor"):
            start, end = 0.0, amount
        else:
            start, end = at, at - amount
        label = {
            "loss": "this run's loss",
            "this_run": "seed luck",
            "unexplained": "unexplained",
            "floor": "floor" if diagnosis.loss.floor_is_exact else "floor, at most",
        }.get(kind) or words(line.families)
        result.append(Step(label, kind, amount, start, end, line.low, line.high))
        at = amount if kind == "loss" else end
    return result
