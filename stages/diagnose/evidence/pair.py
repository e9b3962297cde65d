"""The two programs that the evidence is of, on the rows that judged them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stages.diagnose.interventions.layers import edited
from stages.diagnose.ledger.lines import Ledger, Question
from stages.lib.params.edits import Sections
from stages.lib.params.model import is_model
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.refits import Refits, refit
from stages.lib.trials.statistics import Paired, paired
from stages.lib.trials.subject import Subject

# Of `diagnose.seconds`, what training the two programs again may take on one core at nominal
# speeds, of a chain of layers and of a Keras model, whose fit takes longer; and at how many seeds
# at most: a picture of ten curves shows what one of forty does.
REFIT_SHARE, REFIT_SHARE_OF_MODELS, MAX_REFITS = 0.05, 0.25, 10


@dataclass(frozen=True)
class Pair:
    """The program as it is and with the leading ledger's edits.

    laboratory: that trained them. seconds: `diagnose.seconds`.
    """

    subject: Subject
    laboratory: Laboratory
    question: Question
    ledger: Ledger
    seconds: float

    @property
    def before(self) -> Sections:
        """The program as it is."""
        return self.subject.sections

    @cached_property
    def after(self) -> Sections:
        """The program with the edits; as it is where there are none."""
        return edited(self.subject.sections, self.ledger.edit)

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return bool(self.ledger.edit)

    @property
    def own(self) -> Runs:
        """The judging seeds on the split itself."""
        return Runs(self.ledger.runs.seeds)

    def losses(self, sections: Sections, split: str) -> np.ndarray:
        """Of the judging seeds on the rows of the split itself, float64 [seeds, rows]."""
        return self.laboratory.losses(sections, self.own, split)

    def paired(self, difference: np.ndarray, rows: np.ndarray | None = None) -> Paired:
        """A difference of losses [seeds, rows] on test rows of the split itself, or on these of
        them, over new seeds and rows."""
        design = self.laboratory.design(self.own, "test")
        return paired(difference, design if rows is None else design.take(rows))

    @cached_property
    def refits(self) -> tuple[Refits, Refits] | None:
        """Both programs trained again with what an account does not keep, or None where there is
        no time: the first of the judging seeds, as many as the share of `diagnose.seconds`
        suffices for, at least two."""
        share = REFIT_SHARE_OF_MODELS if is_model(self.before) else REFIT_SHARE
        seeds = self.ledger.runs.seeds[:MAX_REFITS]
        programs = [self.before, self.after][: 1 + self.changed]
        while len(seeds) > 1 and self._refit_seconds(programs, seeds) > share * self.seconds:
            seeds = seeds[:-1]
        if len(seeds) < 2:
            return None
        fits = refit(self.laboratory, programs, seeds)
        return fits[0], fits[-1]

    def _refit_seconds(self, programs: list[Sections], seeds: tuple[int, ...]) -> float:
        """At nominal speeds, the arithmetic of training and of each epoch's evaluation."""
        return sum(self.laboratory.refit_seconds(sections, seeds) for sections in programs)
