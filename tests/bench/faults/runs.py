"""A case as a run under diagnosis, and its program judged on rows that the diagnosis never saw."""

import copy
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from stages.generate.__main__ import SOURCES
from stages.generate.split import split_rows
from stages.lib import params
from stages.lib.params.edits import Sections
from stages.lib.trials.folds import Frames
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import Paired, paired
from stages.lib.trials.subject import Subject
from tests.bench.faults.cases import Case, number
from tests.bench.faults.spoils import SPOILS
from tests.conftest import content_of
from tests.subjects import spoilt, subject_of

# Rows of the table newly drawn for the cure of a synthetic case.
FRESH_ROWS = 5_000
_NO_ROWS = np.array([], "int64")


def sections(case: Case, changes: dict) -> Sections:
    """normalize and train of params.yaml: the healthy program with these changes."""
    content = content_of(**(case.healthy | changes))
    return {name: copy.deepcopy(content[name]) for name in ("normalize", "train")}


def subject(case: Case, **changes) -> Subject:
    """The trained run under diagnosis, with these further changes. Raises UserError where the
    program cannot run."""
    content = content_of(**(case.healthy | case.changes | changes))
    return subject_of(content, None if case.spoil is None else SPOILS[case.spoil])


def clean(case: Case) -> Subject:
    """The sound program's run on the table without its spoil."""
    return subject_of(content_of(**case.healthy))


def fresh_rows(case: Case, spoil: str | None) -> pd.DataFrame | None:
    """Newly drawn rows, with this spoil in them (but for what it does to training rows); None of
    real data, of which there are none. Of rows in the order of time, the last ones."""
    content = content_of(**case.healthy)
    if content["data"]["source"] != "synthetic":
        return None
    content["data"]["synthetic"]["rows"] = FRESH_ROWS
    seed = number(f"{content['data']['seed']}/fresh")
    content["data"]["seed"] = seed
    given = params.check(content).data
    dataset = SOURCES["synthetic"](given)
    if spoil is not None:
        dataset = spoilt(dataset, SPOILS[spoil], _NO_ROWS, seed)
    if dataset.time is not None:
        return dataset.table.iloc[split_rows(dataset, given.split, seed)["test"]]
    return dataset.table


class Undivided(Laboratory):
    """A laboratory that takes the split as it is, however few its test rows are."""

    @cached_property
    def folds(self) -> list[Frames]:
        """One division."""
        return [dict(self.subject.tables)]


class Judged:
    """Programs trained on a run's table, and what they lose on its own test rows and on fresh ones.

    Where fresh rows are drawn they stand below the own ones. Real data has none: there the fresh
    rows are those of all divisions of its table, or, of a spoilt one, its test rows, by which no
    edit was chosen.
    """

    def __init__(self, run: Subject, fresh: pd.DataFrame | None, divided: bool) -> None:
        own = run.tables["test"]
        self.own = slice(0, len(own))
        self.fresh = slice(0 if fresh is None else len(own), None)
        tables = dict(run.tables)
        if fresh is not None:
            tables["test"] = pd.concat([own, fresh], ignore_index=True)
        kind = Laboratory if divided and fresh is None else Undivided
        self.laboratory = kind(replace(run, tables=tables))
        self.chance = float(run.card.chance.test or 0.0)

    def runs(self, program: Sections) -> bool:
        """Whether the program can be trained at all."""
        return self.laboratory.runs(program)

    def train(self, programs: list[Sections], seeds: tuple[int, ...]) -> None:
        """All in one go."""
        self.laboratory.train(programs, self._runs(seeds))

    def mean(self, program: Sections, seeds: tuple[int, ...]) -> float:
        """The mean loss on fresh rows over these seeds."""
        return float(self._losses(program, seeds).mean())

    def gain(self, before: Sections, after: Sections, seeds: tuple[int, ...]) -> Paired:
        """What the second program takes off the first one's loss on fresh rows, with the error
        over seeds and rows."""
        return paired(self._losses(before, seeds) - self._losses(after, seeds))

    def obtained(self, program: Sections, seeds: tuple[int, ...], split: str) -> list[float]:
        """The mean loss at each seed on the run's own rows of a split."""
        losses = self.laboratory.losses(program, Runs(seeds), split)
        rows = self.own if split == "test" else slice(None)
        return [float(loss) for loss in losses[:, rows].mean(axis=1)]

    def _losses(self, program: Sections, seeds: tuple[int, ...]) -> np.ndarray:
        return self.laboratory.losses(program, self._runs(seeds), "test")[:, self.fresh]

    def _runs(self, seeds: tuple[int, ...]) -> Runs:
        return Runs(seeds, len(self.laboratory.folds))


def judged(case: Case, run: Subject) -> Judged:
    """The case's own table."""
    return Judged(run, fresh_rows(case, case.spoil), case.spoil is None)


def judged_clean(case: Case) -> Judged:
    """The table without its spoil."""
    return Judged(clean(case), fresh_rows(case, None), False)
