"""Many programs at once ("arms"), each on its own table and seed, grouped by what XLA compiles.

Arms that differ by seed, initial weights, learning rate, schedule, dropout rate, penalty, decay,
clip, early stopping or table alone share one compiled graph; another architecture, activation,
loss, optimizer or batch size needs one of its own, at about half a second each, and so do weights
of rows beside none.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import numpy as np

from stages.lib.artifacts.network import Status
from stages.lib.mlp import runtime
from stages.lib.mlp.backends import BACKENDS
from stages.lib.mlp.batches import Part
from stages.lib.mlp.fit import train_arms
from stages.lib.mlp.jobs import in_arms_order, parts_of
from stages.lib.mlp.nominal import COMPILE_SECONDS, FLOPS
from stages.lib.mlp.program import Program
from stages.lib.mlp.step import GraphCache
from stages.lib.mlp.weights import class_weights
from stages.lib.params.contract import Contract
from stages.lib.params.train import Train
from stages.lib.vocabulary import backends
from stages.lib.vocabulary.tasks import Task

# Arms that go to another process together: more share one compiled graph, fewer spread better. It
# does not depend on how many workers there are, so neither do the numbers.
ARMS_PER_JOB = 32
# Fewer arms are trained as so many, the others for nothing, where that costs at most this share of
# a compile: the same programs at three seeds and later at five need one graph then.
FILLED_ARMS, FILLED_SHARE = 5, 0.1
_GRAPHS_OF_PROCESS = GraphCache()
# What arms of one graph have in common.
Signature = tuple[Hashable, ...]


class Contracted(Protocol):
    """A program, the engine's or Keras', as far as a table has to know it."""

    @property
    def contract(self) -> Contract:
        """Loss, output and target encoding."""


@dataclass(frozen=True)
class Table:
    """One normalization of the data, by split: x float32 [rows, inputs] and y [rows, targets],
    class codes or labels int32 or scaled numbers float64; w: weights of the rows, float64 [rows],
    empty without any. class_weights: of the training rows' classes, float64 [classes], or None."""

    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    w: dict[str, np.ndarray] = field(default_factory=dict)
    class_weights: np.ndarray | None = None

    def part(self, program: Contracted, split: str) -> Part:
        """A split as this program takes it."""
        of_class = self.class_weights if split == "train" else None
        return Part(
            self.x[split], self.y[split], program.contract.encode, self.w.get(split), of_class
        )

    def parts(self, program: Contracted) -> dict[str, Part]:
        """Every split as this program takes it."""
        return {split: self.part(program, split) for split in self.x}


def table_of(
    params: Train,
    task: Task,
    x: dict[str, np.ndarray],
    y: dict[str, np.ndarray],
    w: dict[str, np.ndarray],
) -> Table:
    """The table with these settings' class weights, as in Keras of the training split alone.

    Raises:
        UserError: class weights that the task cannot have.
    """
    return Table(x, y, w, class_weights(params, task, y["train"], w.get("train")))


@dataclass(frozen=True)
class Arm:
    """One program, with its seed, on the table of this name."""

    program: Program
    table: str


@dataclass(frozen=True)
class Outcome:
    """What an arm's training left: outputs float32 [rows, units] by split, from the kept weights,
    [0, units] of one without rows; status as in `Fit`."""

    outputs: dict[str, np.ndarray]
    status: Status
    epochs_run: int
    kept_epoch: int


@dataclass(frozen=True)
class Job:
    """Arms of one graph, and the tables that they name."""

    arms: list[Arm]
    tables: dict[str, Table]


def train_all(
    arms: list[Arm],
    tables: dict[str, Table],
    on_progress: Callable[[int], None] = lambda arms: None,
    graphs: GraphCache | None = None,
    backend: str = "threads",
) -> list[Outcome]:
    """Train every arm; the outcomes are in the arms' order.

    Args:
        arms: the programs.
        tables: by the names that the arms have.
        on_progress: called with the number of arms that have ended since the last call.
        graphs: if the caller keeps them, they save compiling when arms of the same graph come
            again (in this process; others keep their own).
        backend: the name of a row of BACKENDS.
    """
    groups: dict[Signature, list[int]] = {}
    for position, arm in enumerate(arms):
        groups.setdefault(signature(arm, tables), []).append(position)
    # The largest group first, so that nobody is left with it at the end.
    ordered = sorted(groups.values(), key=len, reverse=True)
    if not backends.BACKENDS[backend].in_process:
        ordered = [part for group in ordered for part in parts_of(group, ARMS_PER_JOB)]
    jobs = []
    for positions in ordered:
        chosen = [arms[position] for position in positions]
        jobs.append(Job(chosen, {arm.table: tables[arm.table] for arm in chosen}))
    ended = train_jobs(jobs, graphs or GraphCache(), backend)
    return in_arms_order(ordered, ended, on_progress)


def train_jobs(jobs: list[Job], graphs: GraphCache, backend: str) -> Iterator[list[Outcome]]:
    """The outcomes of each job's arms, job by job in their order, as they end."""
    shared = backends.BACKENDS[backend].in_process
    work = partial(_train_job, graphs=graphs) if shared else _train_in_other_process
    return BACKENDS[backend](work, jobs)


def _train_in_other_process(job: Job) -> list[Outcome]:
    """In a process that was started for this: it sets TensorFlow up, and keeps what it compiles."""
    runtime.configure(job.arms[0].program.params.threads)
    return _train_job(job, _GRAPHS_OF_PROCESS)


def signature(arm: Arm, tables: dict[str, Table]) -> Signature:
    """What arms of one graph have in common. tables: by the names that arms have."""
    program, table = arm.program, tables[arm.table]
    constants = tuple(program.constants.items())
    rows = tuple(len(x) for x in table.x.values())
    weighted = table.part(program, "train").weighted
    batch = min(program.params.batch_size, len(table.x["train"]))
    batches = batch, program.buffer_bytes
    optimizer = program.params.optimizer, constants
    epochs = program.fit_config.epochs
    return program.network, program.contract, *optimizer, *batches, epochs, rows, weighted


def _train_job(job: Job, graphs: GraphCache) -> list[Outcome]:
    group, tables = job.arms, job.tables
    first = group[0].program
    names = list(tables)
    parts = {
        split: [tables[name].part(first, split) for name in names]
        for split in ("train", "validation", "test")
    }
    replicas = [replace(arm.program.replica, part=names.index(arm.table)) for arm in group]
    filled = filling(group, len(parts["train"][0].x))
    last = replicas[-1]
    replicas += [replace(last, seed=seed) for seed in filled]
    engine = first.engine_of(replicas, parts["train"], graphs)
    initial = [arm.program.initial() for arm in group]
    configs = [arm.program.fit_config for arm in group]
    fits = train_arms(
        engine,
        initial + initial[-1:] * len(filled),
        parts["validation"],
        configs + configs[-1:] * len(filled),
    )
    kept = engine.start([fit.arrays for fit in fits])
    outputs = {split: engine.evaluate(kept, part)[0] for split, part in parts.items()}
    return [
        Outcome(
            {split: values[r] for split, values in outputs.items()},
            fit.status,
            fit.epochs_run,
            fit.kept_epoch,
        )
        for r, fit in enumerate(fits[: len(group)])
    ]


def filling(group: list[Arm], rows: int) -> range:
    """Seeds beyond those of the group by which it is filled up to FILLED_ARMS, or none: where these
    cost too much, or where some arms share a seed and table, as no other group would."""
    seeds = [arm.program.replica.seed for arm in group]
    missing = FILLED_ARMS - len(group)
    program = group[0].program
    steps = program.fit_config.epochs * -(-rows // program.params.batch_size)
    extra = steps * program.step_operations * missing / FLOPS
    shared = len({(seed, arm.table) for seed, arm in zip(seeds, group, strict=True)}) < len(group)
    if missing <= 0 or shared or extra > FILLED_SHARE * COMPILE_SECONDS:
        return range(0)
    return range(max(seeds) + 1, max(seeds) + 1 + missing)
