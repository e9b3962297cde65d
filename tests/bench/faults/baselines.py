"""What the diagnosis is compared with: other ways of choosing among its own edits, each with as
many fits as it took, and the evidence by itself.

A new one is a function and an entry of BASELINES. None sees a test row.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from unittest.mock import patch

import numpy as np

from stages.diagnose.interventions.candidates import (
    candidates,
    facts_of,
    recommended_program,
)
from stages.diagnose.interventions.entry import Candidate, Facts, Rank, families_of
from stages.diagnose.ledger import bench, build, search
from stages.diagnose.plan import plan
from stages.lib.params.edits import Edit, Sections, edited, effective
from stages.lib.params.schema import Diagnose
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.subject import Subject

# Edits of one trial of random search.
MAX_EDITS = 3
# Combinations without shapes, and those tried before, cost no fit: at most so many are drawn a fit.
MAX_DRAWS_A_FIT = 2
# Trials that TPE asks for before it is told what came out: compiling takes longer than training.
TRIALS_A_ROUND = 10
# Seeds of a program in reset and prune, where the fits suffice.
MAX_SEEDS = 10

# Fits so far, and the families named after them.
Course = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Found:
    """What a method prescribes and names.

    Attributes:
        edit: the whole prescription.
        causes: in their order, each with its families.
        fits: that it took.
        course: what it would have named with fewer fits.
    """

    edit: Edit
    causes: list[dict]
    fits: int = 0
    course: Course = field(default_factory=list)

    def plain(self) -> dict:
        """As a record has it."""
        return {
            "causes": self.causes,
            "edit": self.edit,
            "fits": self.fits,
            "course": [[fits, list(named)] for fits, named in self.course],
        }


@dataclass
class Trials:
    """A run's program and its candidate edits, trained and compared on validation rows.

    fits: at most so many may be spent.
    """

    subject: Subject
    settings: Diagnose
    fits: int

    def __post_init__(self) -> None:
        planned = plan(self.subject, self.settings, 1, 1)
        self.laboratory = Laboratory(self.subject, planned.rows, epochs=planned.epochs)
        self.present: Sections = self.subject.sections
        rows = len(self.subject.tables["train"])
        self.facts: Facts = facts_of(self.subject, rows, self.settings.families)
        self.pool: list[Candidate] = candidates(self.present, self.facts)
        self.min_gain = self.settings.min_gain * float(self.subject.card.chance.test or 0.0)
        self.once = Runs((self.present["train"]["seed"],))

    def seeds(self, count: int) -> Runs:
        """So many, from the run's own on."""
        return Runs(tuple((self.once.seeds[0] + i) % 2**32 for i in range(count)))

    def can_run(self, edit: Edit) -> bool:
        """Whether the edited program can be trained at all."""
        return self.laboratory.runs(edited(self.present, edit))

    def losses(self, edits: list[Edit], runs: Runs) -> list[float]:
        """The mean validation loss of the program with each edit."""
        programs = [edited(self.present, edit) for edit in edits]
        self.laboratory.train(programs, runs)
        return [float(self.laboratory.losses(one, runs, "validation").mean()) for one in programs]

    def best(self, edits: list[Edit], losses: list[float]) -> Edit:
        """The edit of the lowest loss; none, if it gains less than the smallest gain that matters,
        as in the diagnosis. The first edit is none."""
        lowest = int(np.argmin(losses))
        return edits[lowest] if losses[0] - losses[lowest] > self.min_gain else {}


def _by_family(edit: Edit) -> list[dict]:
    """A cause for each family of an edit."""
    return [{"families": [family]} for family in families_of(edit)]


def linter(subject: Subject, settings: Diagnose, fits: int, seed: int) -> Found:
    """Without any fit: every recommended edit that changes the program is named, in the table's
    order, and all of them are prescribed."""
    trials = Trials(subject, settings, 0)
    families = [
        family for option in trials.pool if option.rank.is_recommended for family in option.families
    ]
    named = list(dict.fromkeys(families))
    edit = recommended_program(trials.present, trials.facts).edit
    causes = [{"families": [family]} for family in named]
    return Found(edit if trials.can_run(edit) else {}, causes, course=[(0, named)])


def reset_and_prune(subject: Subject, settings: Diagnose, fits: int, seed: int) -> Found:
    """All recommended edits; then, in the table's order, those are dropped without which the
    validation loss is no higher.

    An edit is what one candidate contributes. The fits are shared out as seeds of each program.
    """
    trials = Trials(subject, settings, fits)
    whole = recommended_program(trials.present, trials.facts).edit
    if not whole or not trials.can_run(whole):
        return Found({}, [])
    units: list[Edit] = []
    for option in trials.pool:
        taken = {key for unit in units for key in unit}
        unit = {key: whole[key] for key in option.edit if key in whole and key not in taken}
        if option.rank.is_recommended and unit:
            units.append(unit)
    # What no candidate of the program as it is contributes (how many epochs are enough depends on
    # the batch size).
    rest = {key: new for key, new in whole.items() if not any(key in unit for unit in units)}
    units += [rest] if rest else []
    runs = trials.seeds(min(MAX_SEEDS, max(1, fits // (len(units) + 2))))
    before, loss = trials.losses([{}, whole], runs)
    course: Course = [(trials.laboratory.fits, list(families_of(whole)))]
    for unit in units:
        if trials.laboratory.fits + len(runs) > fits:
            break
        without = {key: new for key, new in whole.items() if key not in unit}
        if not trials.can_run(without):
            continue
        [own] = trials.losses([without], runs)
        if own <= loss:
            whole, loss = without, own
            course.append((trials.laboratory.fits, list(families_of(whole))))
    edit = whole if before - loss > trials.min_gain else {}
    course.append((trials.laboratory.fits, list(families_of(edit))))
    return Found(edit, _by_family(edit), trials.laboratory.fits, course)


def random_search(subject: Subject, settings: Diagnose, fits: int, seed: int) -> Found:
    """The best of `fits` - 1 random edits and the program as it is, one training seed each.

    An edit is one to three of the candidates together.
    """
    trials = Trials(subject, settings, fits)
    rng = np.random.default_rng(seed)
    edits: list[Edit] = [{}]
    for _ in range(MAX_DRAWS_A_FIT * fits):
        if len(edits) >= fits:
            break
        count = min(len(trials.pool), int(rng.integers(1, MAX_EDITS + 1)))
        edit: Edit = {}
        for i in rng.choice(len(trials.pool), count, replace=False):
            edit = trials.pool[i].edit | edit
        edit = effective(trials.present, edit)
        if edit not in edits and trials.can_run(edit):
            edits.append(edit)
    losses = trials.losses(edits, trials.once)
    best = trials.best(edits, losses)
    return Found(best, _by_family(best), trials.laboratory.fits, _course(trials, edits, losses))


def tpe(subject: Subject, settings: Diagnose, fits: int, seed: int) -> Found:
    """Optuna's tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl, NeurIPS
    2011), one training seed a trial.

    A variable for each set of families that candidates have: as it is, or one of these candidates.
    The first trial is the program as it is.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trials = Trials(subject, settings, fits)
    choices: dict[str, list[Edit]] = {}
    for option in trials.pool:
        choices.setdefault("+".join(option.families), [{}]).append(option.edit)
    sampler = optuna.samplers.TPESampler(seed=seed % 2**32, constant_liar=True)
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial(dict.fromkeys(choices, 0))
    edits: list[Edit] = []
    losses: list[float] = []
    while (room := fits - trials.laboratory.fits) > 0 and len(
        study.trials
    ) < MAX_DRAWS_A_FIT * fits:
        asked = []
        for _ in range(min(TRIALS_A_ROUND, room) if edits else 1):
            trial = study.ask()
            edit: Edit = {}
            for name, options in choices.items():
                edit |= options[trial.suggest_categorical(name, range(len(options)))]
            edit = effective(trials.present, edit)
            if trials.can_run(edit):
                asked.append((trial, edit))
            else:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
        found = trials.losses([edit for _, edit in asked], trials.once)
        for (trial, edit), loss in zip(asked, found, strict=True):
            study.tell(trial, loss)
            edits.append(edit)
            losses.append(loss)
    best = trials.best(edits, losses)
    return Found(best, _by_family(best), trials.laboratory.fits, _course(trials, edits, losses))


def _course(trials: Trials, edits: list[Edit], losses: list[float]) -> Course:
    """What is best after each trial, whenever that changes; trials of an edit that was known
    cost no fit."""
    course: Course = []
    fits, known = 0, set[str]()
    for i, edit in enumerate(edits):
        fits += repr(sorted(edit.items())) not in known
        known.add(repr(sorted(edit.items())))
        named = list(families_of(trials.best(edits[: i + 1], losses[: i + 1])))
        if not course or course[-1][1] != named:
            course.append((fits, named))
    return course


# subject, settings, fits that may be spent, seed of what is drawn -> what the method finds
Method = Callable[[Subject, Diagnose, int, int], Found]
BASELINES: Mapping[str, Method] = {
    "linter": linter,
    "reset and prune": reset_and_prune,
    "random search": random_search,
    "TPE": tpe,
}


def symptom_families(diagnosis: dict) -> list[str]:
    """The families that the fired symptoms name, each once, in the symptoms' order."""
    shown = diagnosis.get("symptoms", [])
    return list(dict.fromkeys(family for one in shown for family in one["families"]))


@contextmanager
def watched() -> Iterator[Course]:
    """What a diagnosis that is made meanwhile has accepted after so many fits, round by round."""
    course: Course = []
    find = build.find_next_edit

    def watch(bench: bench.Bench, edit: Edit, evidence: set[str], number: int) -> Edit | None:
        step = find(bench, edit, evidence, number)
        course.append((bench.laboratory.fits, list(families_of(edit | (step or {})))))
        return step

    with patch.object(build, "find_next_edit", watch):
        yield course


@contextmanager
def without_ranks() -> Iterator[None]:
    """A diagnosis that is made meanwhile takes all its edits for equally far-going: each for one
    that searches beyond recommended values."""

    def level(option: Candidate) -> Candidate:
        return replace(option, rank=Rank.SEARCH)

    with (
        patch.object(bench, "candidates", lambda *args: [level(one) for one in candidates(*args)]),
        patch.object(
            search, "recommended_program", lambda *args: level(recommended_program(*args))
        ),
    ):
        yield
