"""Replicates of the search on measured losses, and what they come to."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cache

import numpy as np

from stages.diagnose.interventions.entry import families_of
from stages.diagnose.ledger.account import subsets_before
from stages.diagnose.ledger.build import build_ledger
from stages.diagnose.ledger.lines import Ledger, Protocol
from stages.diagnose.verdicts import verdicts
from stages.lib.params.edits import edited
from stages.lib.params.schema import Diagnose
from stages.lib.trials.laboratory import Runs
from stages.lib.trials.statistics import paired
from tests.bench.null.laboratory import StandIn, Stock
from tests.bench.null.losses import PROGRAMS, measured
from tests.conftest import settings


@dataclass(frozen=True)
class Cell:
    """Replicates of one kind.

    Attributes:
        program: an entry of PROGRAMS.
        rows: validation rows, and as many test rows.
        seeds: judging seeds.
        gain: the planted one in units of the smallest gain that matters; 0: none is planted.
        harm: candidates that cost something keep that; else every other one's gain is nothing.
    """

    program: str
    rows: int
    seeds: int
    gain: float = 0.0
    harm: bool = False


@dataclass
class Counts:
    """What the replicates of a cell come to; each a number of replicates, unless it says lines.

    Attributes:
        false: some line's true gain over the lines before it is nothing, or less.
        detected: the planted edit is in the ledger.
        wrong: some line names no family of the planted edit.
        ruled_out: a family of the planted edit is ruled out.
        lines: of all replicates.
        covered: lines whose stated interval holds their true gain.
        unselected: the interval of the planted edit's gain holds it, on the rows and seeds on which
            it would be judged, whether or not it was.
        edits: the edits of false lines, each with how many lines.
    """

    replicates: int = 0
    false: int = 0
    detected: int = 0
    wrong: int = 0
    ruled_out: int = 0
    lines: int = 0
    covered: int = 0
    unselected: int = 0
    edits: Counter = field(default_factory=Counter)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{name: own + vars(other)[name] for name, own in vars(self).items()})


@cache
def stock_of(program: str, harm: bool) -> Stock:
    """The measured losses of an entry of PROGRAMS, without gains."""
    return Stock(measured(program), harm)


@cache
def diagnose_settings() -> Diagnose:
    """The committed ones."""
    return settings().diagnose


def replicate(cell: Cell, number: int) -> Counts:
    """One search on seeds and rows drawn for it: the same draw for every gain and for both
    kinds of null, so that these are compared on the same luck."""
    stock = stock_of(cell.program, cell.harm)
    losses = stock.measured
    key = [list(PROGRAMS).index(cell.program), cell.rows, cell.seeds, number]
    rng = np.random.default_rng(key)
    # All recommended values at once name many families: nothing could be told from them.
    single = [i for i, one in enumerate(losses.candidates, 1) if one.intervention != TOGETHER]
    planted = int(rng.choice(single))
    diagnose = diagnose_settings()
    min_gain = diagnose.min_gain * losses.chance
    laboratory = StandIn(stock, rng, cell.rows)
    if cell.gain:
        laboratory.planted, laboratory.gain = planted, cell.gain * min_gain
    screening = Runs(tuple(range(diagnose.screening_seeds)))
    first = diagnose.screening_seeds
    judging = Runs(tuple(range(first, first + cell.seeds)))
    protocol = Protocol(screening, judging, min_gain, lambda what: None)
    ledger = build_ledger(laboratory, losses.sections, losses.facts, protocol, set())
    return counted(laboratory, ledger, protocol)


TOGETHER = "recommended_program"
# A sum of gains of nothing is no more than this.
ROUNDING = 1e-9


def counted(laboratory: StandIn, ledger: Ledger, protocol: Protocol) -> Counts:
    """What one replicate's ledger comes to."""
    losses = laboratory.stock.measured
    counts = Counts(replicates=1)
    for number, line in enumerate(ledger.lines):
        true = true_share(laboratory, ledger, number)
        low, high = line.share.interval()
        counts.lines += 1
        counts.covered += int(low <= true <= high)
        if true <= ROUNDING:
            counts.false = 1
            counts.edits[_words(line.edit)] += 1
    if laboratory.planted is None:
        return counts
    edit = losses.candidates[laboratory.planted - 1].edit
    families = set(families_of(edit))
    counts.detected = int(laboratory.true_gain(edited(losses.sections, ledger.edit)) > ROUNDING)
    counts.wrong = int(any(not families & set(line.families) for line in ledger.lines))
    found = verdicts(ledger, [], [], protocol.min_gain)
    ruled_out = ("no_effect", "too_little")
    counts.ruled_out = int(
        any(one["status"] in ruled_out for one in found if one["family"] in families)
    )
    present, better = (
        laboratory.losses(program, protocol.judging, "test")
        for program in (losses.sections, edited(losses.sections, edit))
    )
    low, high = paired(present - better).interval()
    counts.unselected = int(low <= laboratory.gain <= high)
    return counts


def true_share(laboratory: StandIn, ledger: Ledger, number: int) -> float:
    """The Shapley share of a line's edit in what all lines' edits truly gain."""

    def gain(lines: frozenset[int]) -> float:
        edit = {key: new for i in sorted(lines) for key, new in ledger.lines[i].edit.items()}
        return laboratory.true_gain(edited(laboratory.stock.measured.sections, edit))

    others = frozenset(range(len(ledger.lines))) - {number}
    return sum(
        weight * (gain(before | {number}) - gain(before))
        for before, weight in subsets_before(others)
    )


def _words(edit: dict) -> str:
    return ", ".join(f"{key}={new}" for key, new in edit.items())


def of_task(task: tuple[Cell, range]) -> tuple[Cell, range, Counts]:
    """A cell, the numbers of replicates, and what they come to: for other processes."""
    cell, numbers = task
    return cell, numbers, sum((replicate(cell, number) for number in numbers), Counts())


def record_of(cell: Cell, numbers: range, counts: Counts) -> dict:
    """The same as JSON has it."""
    span = numbers.start, numbers.stop
    return {"cell": asdict(cell), "numbers": span, "counts": vars(counts)}


def of_record(record: dict) -> tuple[Cell, range, Counts]:
    """And back."""
    numbers = range(*record["numbers"])
    counts = Counts(**record["counts"] | {"edits": Counter(record["counts"]["edits"])})
    return Cell(**record["cell"]), numbers, counts
