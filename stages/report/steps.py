"""The ledger's lines as steps from this run's loss down to the floor."""

from dataclasses import dataclass

from stages.lib.diagnosis.schema import Account, Diagnosis, Line
from stages.lib.diagnosis.summary import label


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

    @property
    def whisker(self) -> tuple[float, float] | None:
        """Where the bar may end, on the axis of the loss: the ends of its interval."""
        if self.low is None or self.high is None:
            return None
        return self.start - self.high, self.start - self.low

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and the highest loss that the bar and its whisker come to."""
        points = [self.start, self.end, *(self.whisker or ())]
        return min(points), max(points)


def extent(rows: list[Step]) -> tuple[float, float]:
    """The lowest and the highest loss that the steps come to, 0 within them."""
    lowest = min(0.0, *(step.reach[0] for step in rows))
    return lowest, max(step.reach[1] for step in rows) or 1.0


def steps(diagnosis: Diagnosis, account: Account | None = None) -> list[Step]:
    """The ledger's lines in their order, each where the one before it ended; of the leading account
    if none is named."""
    account = account or diagnosis.lead
    result: list[Step] = []
    at = 0.0
    for line in account.ledger:
        kind, amount = line.line, line.amount
        if kind in ("loss", "floor"):
            start, end = 0.0, amount
        else:
            start, end = at, at - amount
        result.append(
            Step(
                short_label(line, account),
                kind,
                amount,
                start,
                end,
                line.low,
                line.high,
            )
        )
        at = amount if kind == "loss" else end
    return result


def short_label(line: Line, account: Account) -> str:
    """A line in the words of the terminal, without what stands in brackets."""
    text = label(line, account).strip()
    return text if line.line == "cause" else text.split(" (")[0].split(",")[0]
