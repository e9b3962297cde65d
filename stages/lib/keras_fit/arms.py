"""Many programs of Keras models, each on its own table and seed, in processes, and what they take.

Keras keeps random generators and names for a whole process, so no two fits share one: where the
backend is threads, they run in a process a core all the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stages.lib.keras_fit.fit import KerasFit, Trainer, block
from stages.lib.keras_fit.program import KerasProgram
from stages.lib.keras_fit.quiet import keras
from stages.lib.mlp import runtime
from stages.lib.mlp.arms import Outcome, Table
from stages.lib.mlp.backends import BACKENDS, THREADS_AT_ONCE
from stages.lib.mlp.fit import Score
from stages.lib.mlp.jobs import in_arms_order, parts_of
from stages.lib.mlp.nominal import FLOPS
from stages.lib.params.edits import identity
from stages.lib.vocabulary import backends

# Arms of one program that are fitted one after the other by the same compiled model: more save
# tracing, fewer spread better. It does not depend on how many workers there are.
ARMS_PER_JOB = 3
# What it takes beside the arithmetic, with another fit on the other core: a step of Keras' fit, an
# epoch of it, a fit (its weights drawn, its rows predicted), the tracing of a program's graph, and
# the start of the processes, each of which imports TensorFlow.
STEP_SECONDS = 1.2e-3
EPOCH_SECONDS = 3e-3
VALIDATION_SECONDS = 1e-2
FIT_SECONDS = 0.25
TRACE_SECONDS = 0.7
# A step of a recurrent layer, forward and back; and what its loop adds to tracing, and to each fit.
TURN_SECONDS = 3e-4
TURN_READY_SECONDS = 4e-2
START_SECONDS = 8.0
# Of the load's `compiled`: the processes run.
STARTED = ("keras",)


@dataclass(frozen=True)
class KerasArm:
    """One program at one seed, on the table of this name."""

    program: KerasProgram
    table: str

    @property
    def seed(self) -> int:
        return self.program.params.seed

    @property
    def job(self) -> str:
        """Equal for arms that one compiled model can fit."""
        params = self.program.params.model_dump(exclude={"seed"})
        return identity([params, self.program.model, self.table])


@dataclass(frozen=True)
class KerasJob:
    """Arms of one program, and their table. score: the task's proper loss; with it a history is
    kept."""

    arms: list[KerasArm]
    table: Table
    score: Score | None = None


def train_all(
    arms: list[KerasArm],
    tables: dict[str, Table],
    on_progress: Callable[[int], None] = lambda arms: None,
    backend: str = "threads",
) -> list[Outcome]:
    """Fit every arm; the outcomes are in the arms' order.

    Args:
        arms: the programs.
        tables: by the names that the arms have.
        on_progress: called with the number of arms that have ended since the last call.
        backend: the name of a row of BACKENDS.
    """
    groups: dict[str, list[int]] = {}
    for position, arm in enumerate(arms):
        groups.setdefault(arm.job, []).append(position)
    ordered = [part for group in groups.values() for part in parts_of(group, ARMS_PER_JOB)]
    # Those that take longest first, so that nobody is left with one at the end.
    ordered.sort(key=lambda part: -_job_seconds([arms[i] for i in part], tables))
    jobs = [KerasJob([arms[i] for i in part], tables[arms[part[0]].table]) for part in ordered]
    return in_arms_order(ordered, train_jobs(jobs, backend), on_progress)


def jobs_of(arms: list[KerasArm], table: Table, score: Score) -> list[KerasJob]:
    """Arms of one program, on their table, as jobs whose fits have histories."""
    parts = parts_of(range(len(arms)), ARMS_PER_JOB)
    return [KerasJob([arms[i] for i in part], table, score) for part in parts]


def train_jobs(jobs: list[KerasJob], backend: str) -> Iterator[list[Outcome]]:
    """The outcomes of each job's arms, job by job in their order, as they end."""
    return _run(train_job, jobs, backend)


def fit_jobs(jobs: list[KerasJob], backend: str) -> Iterator[list[KerasFit]]:
    """The fits of each job's arms, job by job in their order, as they end."""
    return _run(fit_job, jobs, backend)


def _run(work: Callable[[KerasJob], Any], jobs: list[KerasJob], backend: str) -> Iterator[Any]:
    in_process = backends.BACKENDS[backend].in_process
    return BACKENDS["loky" if in_process else backend](work, jobs)


def train_job(job: KerasJob) -> list[Outcome]:
    """The outcomes of a job's arms, in this process."""
    return [
        Outcome(fit.outputs, fit.status, fit.epochs_run, fit.kept_epoch) for fit in fit_job(job)
    ]


def fit_job(job: KerasJob) -> list[KerasFit]:
    """The fits of a job's arms, in this process."""
    program = job.arms[0].program
    runtime.configure(program.params.threads)
    # What earlier jobs of this process have built would stay in its memory.
    keras.backend.clear_session()
    trainer = Trainer(program, job.table.parts(program))
    return [trainer.fit(arm.seed, score=job.score) for arm in job.arms]


def fit_seconds(program: KerasProgram, rows: dict[str, int]) -> float:
    """Of one core, for one fit, at nominal speeds. rows: of its table, by split."""
    params, products = program.params, program.outline.products
    batch = max(1, min(params.batch_size, rows["train"]))
    steps = params.epochs * -(-rows["train"] // batch)
    trained, predicted = rows["train"] * params.epochs, sum(rows.values())
    arithmetic = 6.0 * products * trained + 2.0 * products * predicted
    seconds = FIT_SECONDS + steps * STEP_SECONDS + params.epochs * EPOCH_SECONDS
    seconds += program.outline.turns * (TURN_READY_SECONDS + steps * TURN_SECONDS)
    if params.watches_loss:
        seconds += params.epochs * VALIDATION_SECONDS
    return seconds + arithmetic / FLOPS


def prediction_seconds(program: KerasProgram, rows: int) -> float:
    """Of one core, for predicting so many rows by one fit, at nominal speeds."""
    calls = -(-rows // block(program))
    a_call = STEP_SECONDS + program.outline.turns * TURN_SECONDS
    return calls * a_call + 2.0 * program.outline.products * rows / FLOPS


@dataclass
class KerasLoad:
    """Arms that are to be fitted in one go; as `lib/mlp/cost.py` has it of the engine's.

    tables: by the names that the arms have. compiled: holds STARTED once there are processes.
    """

    tables: dict[str, Table]
    compiled: set[tuple[str, ...]] = field(default_factory=set)
    _groups: dict[str, list[KerasArm]] = field(default_factory=dict)

    def add(self, arms: list[KerasArm]) -> None:
        """These too."""
        for arm in arms:
            self._groups.setdefault(arm.job, []).append(arm)

    def remove(self, arms: list[KerasArm]) -> None:
        """Not those that were added last."""
        for arm in reversed(arms):
            self._groups[arm.job].pop()
            if not self._groups[arm.job]:
                del self._groups[arm.job]

    @property
    def graphs(self) -> set[tuple[str, ...]]:
        """What later loads need not wait for."""
        return {STARTED} if self._groups else set()

    @property
    def seconds(self) -> float:
        """Of wall time on THREADS_AT_ONCE cores."""
        if not self._groups:
            return 0.0
        jobs = [
            _job_seconds([group[i] for i in part], self.tables)
            for group in self._groups.values()
            for part in parts_of(range(len(group)), ARMS_PER_JOB)
        ]
        started = 0.0 if STARTED in self.compiled else START_SECONDS
        return started + max(sum(jobs) / THREADS_AT_ONCE, max(jobs))


def _job_seconds(arms: list[KerasArm], tables: dict[str, Table]) -> float:
    rows = {split: len(x) for split, x in tables[arms[0].table].x.items()}
    program = arms[0].program
    tracing = TRACE_SECONDS + program.outline.turns * TURN_READY_SECONDS
    return tracing + len(arms) * fit_seconds(program, rows)
