"""Edits of one program trained beside each other, and the gains that are judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stages.diagnose.interventions.candidates import candidates
from stages.diagnose.interventions.entry import Candidate, Facts
from stages.diagnose.ledger.lines import Protocol
from stages.lib.params.edits import Edit, Sections, edited
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import Paired, mean, paired

# The level below which a p-value proves a gain.
LEVEL = 0.05
HELD_OUT = ("validation", "test")


@dataclass
class Bench:
    """The program under diagnosis, and what the steps of the ledger ask of it.

    judging: the judging runs so far; they grow with close calls. tested: the p-values of all
    judgements, for Holm's correction.
    """

    laboratory: Laboratory
    sections: Sections
    facts: Facts
    protocol: Protocol
    judging: Runs = field(init=False)
    tested: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.judging = self.protocol.judging

    def program(self, edit: Edit) -> Sections:
        """The program with this edit."""
        return edited(self.sections, edit)

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

    def mean(self, edit: Edit, runs: Runs, split: str) -> float:
        """The mean loss of the edited program over seeds and rows."""
        losses = self.laboratory.losses(self.program(edit), runs, split)
        return mean(losses, self.laboratory.design(runs, split).weights)

    def validation_losses(self, edit: Edit, further: Sequence[Edit]) -> list[np.ndarray]:
        """Validation losses [seeds, rows] at the screening seeds of the edited program, then with
        each further edit too."""
        runs = self.protocol.screening
        edits = [edit, *(edit | extra for extra in further)]
        self.train(edits, runs)
        return [
            self.laboratory.losses(self.program(combined), runs, "validation") for combined in edits
        ]

    def held_out_losses(self, edit: Edit, runs: Runs) -> np.ndarray:
        """Losses of the edited program on validation and test rows, float64 [seeds, rows]."""
        program = self.program(edit)
        return np.concatenate(
            [self.laboratory.losses(program, runs, split) for split in HELD_OUT], axis=1
        )

    def judged_gain(self, before: Edit, after: Edit, split: str = "test") -> Paired:
        """What `after` gains over `before` in the judging runs."""
        runs = self.judging
        self.train([before, after], runs)
        old, new = (
            self.laboratory.losses(self.program(edit), runs, split) for edit in (before, after)
        )
        return paired(old - new, self.laboratory.design(runs, split))

    def is_proven(self, before: Edit, after: Edit) -> bool:
        """Whether `after` gains what matters over `before`, clear of zero."""
        gain = self.judged_gain(before, after)
        return gain.p_value < LEVEL and gain.mean > self.protocol.min_gain

    def double_judging_seeds(self) -> None:
        """As many judging seeds again, following the last one."""
        seeds = self.judging.seeds
        following = range(seeds[-1] + 1, seeds[-1] + 1 + len(seeds))
        more = tuple(seed % 2**32 for seed in following)
        self.judging = replace(self.judging, seeds=seeds + more)
