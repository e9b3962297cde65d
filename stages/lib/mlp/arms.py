"""Many programs at once ("arms"), each on its own table and seed, grouped by what XLA compiles.

Arms that differ by seed, initial weights, learning rate, schedule, dropout rate, penalty, decay,
clip, early stopping or table alone share one compiled graph; another architecture, activation,
loss, optimizer or batch size needs one of its own, at about half a second each, and so do weights
of rows beside none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from stages.lib.mlp import runtime
from stages.lib.mlp.backends import BACKENDS
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import train_arms
from stages.lib.mlp.optimizers import OPTIMIZERS
from stages.lib.mlp.program import Program
from stages.lib.mlp.step import Graphs

# Arms that go to another process together: more share one compiled graph, fewer spread better. It
# does not depend on how many workers there are, so neither do the numbers.
ARMS_A_JOB = 32
_ELSEWHERE = Graphs()


@dataclass(frozen=True)
class Table:
    """One normalization of the data, by split: x float32 [rows, inputs] and y [rows, targets],
    class codes or labels int32 or scaled numbers float64; w: weights of the rows, float64 [rows],
    empty without any. class_weights: of the training rows' classes, float64 [classes], or None."""

    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    w: dict[str, np.ndarray] = field(default_factory=dict)
    class_weights: np.ndarray | None = None

    def part(self, program: Program, split: str) -> Part:
        """A split as this program takes it."""
        own = self.class_weights if split == "train" else None
        return Part(self.x[split], self.y[split], program.contract.encode, self.w.get(split), own)


@dataclass(frozen=True)
class Arm:
    """One program, with its seed, on the table of this name."""

    program: Program
    table: str


@dataclass(frozen=True)
class Outcome:
    """What an arm's training left: outputs float32 [rows, units] by split, from the kept weights;
    status as in `Fit`."""

    outputs: dict[str, np.ndarray]
    status: str
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
    tick: Callable[[int], None] = lambda arms: None,
    graphs: Graphs | None = None,
    backend: str = "threads",
) -> list[Outcome]:
    """Train every arm; the outcomes are in the arms' order. `tick(n)` is called when n are done.

    `graphs`, if the caller keeps them, save compiling when arms of the same kind come again (in
    this process; others keep their own). backend: an entry of `BACKENDS`.
    """
    groups: dict[tuple, list[int]] = {}
    for position, arm in enumerate(arms):
        groups.setdefault(_signature(arm, tables), []).append(position)
    # The largest group first, so that nobody is left with it at the end.
    ordered = sorted(groups.values(), key=len, reverse=True)
    if backend != "threads":
        ordered = [part for group in ordered for part in _parts(group)]
    jobs = []
    for positions in ordered:
        chosen = [arms[position] for position in positions]
        jobs.append(Job(chosen, {arm.table: tables[arm.table] for arm in chosen}))
    outcomes: dict[int, Outcome] = {}
    for positions, found in zip(ordered, trained(jobs, graphs or Graphs(), backend), strict=True):
        outcomes |= dict(zip(positions, found, strict=True))
        tick(len(positions))
    return [outcomes[position] for position in range(len(arms))]


def trained(jobs: list[Job], graphs: Graphs, backend: str) -> Iterator[list[Outcome]]:
    """The outcomes of each job's arms, job by job in their order, as they end."""
    work = partial(_trained, graphs=graphs) if backend == "threads" else _trained_elsewhere
    return BACKENDS[backend](work, jobs)


def _parts(group: list[int]) -> list[list[int]]:
    """A group in parts of about equal size, so that several workers can share it."""
    count = -(-len(group) // ARMS_A_JOB)
    return [list(part) for part in np.array_split(group, count)]


def _trained_elsewhere(job: Job) -> list[Outcome]:
    """In a process that was started for this: it sets TensorFlow up, and keeps what it compiles."""
    runtime.configure(job.arms[0].program.params.threads)
    return _trained(job, _ELSEWHERE)


def _signature(arm: Arm, tables: dict[str, Table]) -> tuple:
    """What arms of one graph have in common."""
    program, table = arm.program, tables[arm.table]
    optimizer = OPTIMIZERS[program.params.optimizer]
    constants = tuple(getattr(program.params, name) for name in optimizer.constants)
    rows = tuple(len(x) for x in table.x.values())
    weighted = table.part(program, "train").weighted
    batch = min(program.params.batch_size, len(table.x["train"]))
    batches = batch, program.buffer_bytes
    kind = (program.contract, program.params.optimizer, constants, *batches, program.course.epochs)
    return program.network, *kind, rows, weighted


def _trained(job: Job, graphs: Graphs) -> list[Outcome]:
    group, tables = job.arms, job.tables
    first = group[0].program
    names = list(tables)
    parts = {
        split: [tables[name].part(first, split) for name in names]
        for split in ("train", "validation", "test")
    }
    optimizer = OPTIMIZERS[first.params.optimizer]
    engine = Engine(
        first.network,
        first.contract,
        first.params.optimizer,
        {name: getattr(first.params, name) for name in optimizer.constants},
        [replace(arm.program.replica, part=names.index(arm.table)) for arm in group],
        parts["train"],
        first.params.batch_size,
        graphs,
        first.buffer_bytes,
    )
    fits = train_arms(
        engine,
        [arm.program.initial() for arm in group],
        parts["validation"],
        [arm.program.course for arm in group],
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
        for r, fit in enumerate(fits)
    ]
