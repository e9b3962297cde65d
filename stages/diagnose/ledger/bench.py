"""Edits of one program trained beside each other, and the gains that are judged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stages.diagnose.interventions.candidates import candidates
from stages.diagnose.interventions.entry import Candidate, Facts
from stages.diagnose.interventions.layers import edited
from stages.diagnose.ledger.lines import Protocol, Scale
from stages.diagnose.ledger.spending import Spending
from stages.lib.params.edits import Edit, Sections, identity
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import Paired, mean, paired, paired_over_seeds


@dataclass
class Bench:
    """The program under diagnosis, and what the steps of the ledger ask of it.

    judging: the judging runs so far; they grow with close calls. spending: the error rate that
    confirmations share. started: what the laboratory had spent when the search began, in seconds.
    """

    laboratory: Laboratory
    sections: Sections
    facts: Facts
    protocol: Protocol
    judging: Runs = field(init=False)
    started: float = field(init=False)
    spending: Spending = field(default_factory=Spending)
    _programs: dict[str, Sections] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.judging = self.protocol.judging
        self.started = 0.0 if math.isinf(self.protocol.seconds) else self.laboratory.spent

    def seconds_left(self, share: float) -> float:
        """What is left of this share of the search's seconds, at nominal speeds; infinite where
        they are."""
        if math.isinf(self.protocol.seconds):
            return math.inf
        return self.started + share * self.protocol.seconds - self.laboratory.spent

    def has_time(self, edits: Sequence[Edit], runs: Runs, seconds: float) -> bool:
        """Whether the program with each of the edits can be trained in these seconds."""
        if math.isinf(seconds):
            return True
        return self.laboratory.seconds([self.program(edit) for edit in edits], runs) <= seconds

    def affordable(
        self, edit: Edit, options: Sequence[Candidate], runs: Runs, seconds: float, least: int = 0
    ) -> list[Candidate]:
        """Those of the edited program's further edits that can be trained in these seconds beside
        it, at nominal speeds, the earlier ones before the later ones; the `least` first in any
        case."""
        if math.isinf(seconds):
            return list(options)
        programs = [self.program(edit | option.edit) for option in options]
        fits = self.laboratory.affordable([self.program(edit)], programs, runs, seconds)
        return [
            option
            for position, (option, fit) in enumerate(zip(options, fits, strict=True))
            if fit or position < least
        ]

    def program(self, edit: Edit) -> Sections:
        """The program with this edit; the same object each time, not to be changed."""
        name = identity(edit)
        if name not in self._programs:
            self._programs[name] = edited(self.sections, edit)
        return self._programs[name]

    def can_run(self, edit: Edit) -> bool:
        """Whether the program with this edit can be trained at all."""
        return self.laboratory.runs(self.program(edit))

    def candidates(self, edit: Edit) -> list[Candidate]:
        """The edits of the edited program that can be trained."""
        return [
            candidate
            for candidate in candidates(self.program(edit), self.facts)
            if self.can_run(edit | candidate.edit)
        ]

    def train(self, edits: Sequence[Edit], runs: Runs) -> None:
        """Train the program with each of the edits, all in one go."""
        self.laboratory.train([self.program(edit) for edit in edits], runs)

    def losses(self, edit: Edit, runs: Runs, split: str, scale: Scale) -> np.ndarray:
        """Losses of the edited program on the rows of a split, float64 [seeds, rows]."""
        of = self.laboratory.learnt_losses if scale == "learnt" else self.laboratory.losses
        return of(self.program(edit), runs, split)

    def mean(self, edit: Edit, runs: Runs, split: str, scale: Scale) -> float:
        """The mean of those losses."""
        weights = self.laboratory.design(runs, split).weights
        return mean(self.losses(edit, runs, split, scale), weights)

    def screened_losses(
        self, edit: Edit, further: Sequence[Edit], scale: Scale
    ) -> list[np.ndarray]:
        """Losses [seeds, rows] at the screening seeds, on the rows that choose, of the edited
        program, then with each further edit too."""
        runs = self.protocol.screening
        edits = [edit, *(edit | extra for extra in further)]
        self.train(edits, runs)
        split = self.protocol.question.chosen_on
        return [self.losses(combined, runs, split, scale) for combined in edits]

    def paired(self, difference: np.ndarray, runs: Runs, split: str) -> Paired:
        """A difference of losses [seeds, rows] over the question's population."""
        design = self.laboratory.design(runs, split)
        if self.protocol.question.rows_vary:
            return paired(difference, design)
        return paired_over_seeds(difference, design.weights)

    def judged_gain(
        self, before: Edit, after: Edit, scale: Scale, runs: Runs | None = None
    ) -> Paired:
        """What `after` gains over `before` on the rows that judge, in these runs or the judging
        ones."""
        runs, split = runs or self.judging, self.protocol.question.judged_on
        self.train([before, after], runs)
        old, new = (self.losses(edit, runs, split, scale) for edit in (before, after))
        return self.paired(old - new, runs, split)

    def is_confirmed(self, before: Edit, after: Edit, margin: float, scale: Scale) -> bool:
        """Whether `after` is shown to gain more than `margin` over `before`; a test that is paid
        for."""
        return self.spending.rejects(self.judged_gain(before, after, scale).p_above(margin))

    def twice_the_judging_seeds(self) -> Runs:
        """The judging runs with as many seeds again, following the last one."""
        seeds = self.judging.seeds
        following = range(seeds[-1] + 1, seeds[-1] + 1 + len(seeds))
        more = tuple(seed % 2**32 for seed in following)
        return replace(self.judging, seeds=seeds + more)
