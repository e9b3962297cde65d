"""What a ledger holds, and the protocol by which it is made."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from stages.diagnose.interventions.entry import Candidate, families_of
from stages.lib.params.edits import Edit
from stages.lib.trials.laboratory import Runs
from stages.lib.trials.statistics import Paired

# On which scale losses are compared. raw: as they are. learnt: a seed above chance counts as
# chance (`Laboratory.learnt_losses`), so a gain is one of knowledge.
Scale = Literal["raw", "learnt"]


@dataclass(frozen=True)
class Question:
    """What an account is of.

    Attributes:
        name: as in `diagnose.question`.
        chosen_on: the split on whose rows edits are chosen, at the screening seeds.
        judged_on: the split on whose rows they are judged, at the judging seeds.
        rows_vary: whether the rows stand for others; intervals are over seeds only where not.
        population: of which the intervals speak.
    """

    name: Literal["fit", "generalize"]
    chosen_on: str
    judged_on: str
    rows_vary: bool
    population: str


FIT = Question("fit", "train", "train", False, "new seeds, for these training rows")
GENERALIZE = Question(
    "generalize", "validation", "test", True, "new seeds and new rows, for this training table"
)


@dataclass(frozen=True)
class Protocol:
    """screening and judging: runs at disjoint seeds; further judging seeds follow the last one.
    min_gain: the smallest gain that matters, in the loss's unit. on_status: called with what is
    being tried. seconds: what the search may take, at nominal speeds."""

    screening: Runs
    judging: Runs
    min_gain: float
    on_status: Callable[[str], None]
    question: Question = GENERALIZE
    seconds: float = math.inf


@dataclass(frozen=True)
class Equivalent:
    """Another edit in a line's place, and what it takes off the judged loss there."""

    edit: Edit
    gain: float


@dataclass(frozen=True)
class Line:
    """One cause, over the judging seeds, in the loss's unit on the ledger's scale.

    Attributes:
        share: the Shapley share of the line's edit in what all lines take off the loss; the shares
            add up to it.
        alone: what the edit takes off the program as it is.
        last: what it takes off the program that has the other lines' edits already.
        by_seed: the share at each seed, float64 [seeds].
        equivalents: edits of other families that bring as much.
    """

    edit: Edit
    share: Paired
    alone: Paired
    last: Paired
    by_seed: np.ndarray
    equivalents: list[Equivalent] = field(default_factory=list)

    @property
    def families(self) -> tuple[str, ...]:
        return families_of(self.edit)


@dataclass(frozen=True)
class Tried:
    """One edit, and what it gains on the rows and seeds that judge: over a number of each."""

    candidate: Candidate
    gain: Paired
    seeds: int
    rows: int


# Each family's edits that were tried.
Screened = dict[str, list[Tried]]


@dataclass(frozen=True)
class Ledger:
    """lines: the one with the largest share first. edit: all of them. runs: those in which the
    lines were judged. scale: of their gains. as_given: the families' edits tried on the program as
    it is. further: the same on the program with all lines applied. untried: edits of the program
    as it is for which there was no time."""

    lines: list[Line]
    edit: Edit
    runs: Runs
    scale: Scale
    as_given: Screened
    further: Screened
    untried: list[Candidate] = field(default_factory=list)
