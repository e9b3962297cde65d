"""What a ledger holds, and the protocol by which it is made."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stages.diagnose.interventions.entry import Candidate, families_of
from stages.lib.params.edits import Edit
from stages.lib.trials.laboratory import Runs
from stages.lib.trials.statistics import Paired


@dataclass(frozen=True)
class Protocol:
    """screening and judging: runs at disjoint seeds; further judging seeds follow the last one.
    min_gain: the smallest gain that matters, in the loss's unit. on_status: called with what is
    being tried."""

    screening: Runs
    judging: Runs
    min_gain: float
    on_status: Callable[[str], None]


@dataclass(frozen=True)
class Equivalent:
    """Another edit in a line's place, and what it takes off the test loss there."""

    edit: Edit
    gain: float


@dataclass(frozen=True)
class Line:
    """One proven cause: what its edit takes off the test loss, over the judging seeds.

    training: what it takes off the training loss. p_value: after Holm's correction. equivalents:
    edits of other families that bring as much.
    """

    edit: Edit
    gain: Paired
    training: float
    p_value: float
    equivalents: list[Equivalent] = field(default_factory=list)

    @property
    def families(self) -> tuple[str, ...]:
        return families_of(self.edit)


# Each family's edits tried on the program with all lines applied, with their gain over it on
# validation and test rows.
Screened = dict[str, list[tuple[Candidate, Paired]]]


@dataclass(frozen=True)
class Ledger:
    """lines: in the order of their edits. edit: all of them. runs: those in which the lines were
    judged."""

    lines: list[Line]
    edit: Edit
    runs: Runs
    screened: Screened
