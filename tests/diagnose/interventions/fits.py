"""Programs on tables written by hand: which edits are proposed, and what they do to the loss."""

import numpy as np
import pandas as pd

from stages.diagnose.interventions.candidates import candidates, facts_of
from stages.diagnose.interventions.entry import Candidate
from stages.lib.params.edits import Edit, edited
from stages.lib.tables.dataset import Dataset
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.subject import Subject
from tests.diagnose.tables import table

SEEDS = Runs((0, 1))
FAST = {"train.layers": [16], "train.epochs": 40, "train.learning_rate": 0.01}


def halves(rng: np.random.Generator) -> Dataset:
    """Two classes by the sign of a sum."""
    x = rng.standard_normal((400, 2))
    label = pd.Series(np.where(x.sum(axis=1) > 0, "yes", "no"))
    return table(label, a=x[:, 0], b=x[:, 1])


def proposals(subject: Subject, intervention: str) -> list[Candidate]:
    """What this intervention proposes for the program of this run."""
    known = facts_of(subject, len(subject.x["train"]))
    every = candidates(subject.sections, known)
    return [candidate for candidate in every if candidate.intervention == intervention]


def losses(subject: Subject, edit: Edit, runs: Runs = SEEDS) -> tuple[float, float]:
    """The mean test loss over seeds of a program, as it is and with an edit."""
    laboratory = Laboratory(subject)
    programs = [subject.sections, edited(subject.sections, edit)]
    laboratory.train(programs, runs)
    before, after = (float(laboratory.means(p, runs, "test").mean()) for p in programs)
    return before, after
