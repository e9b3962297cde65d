"""Many programs at once ("arms"), each on its own table and seed, grouped by what XLA compiles.

Arms that differ by seed, initial weights, learning rate, schedule, dropout rate, penalty, decay,
clip, early stopping or table alone share one compiled graph; another architecture, activation,
loss, optimizer or batch size needs one of its own, at about half a second each.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from stages.mlp.batches import Part
from stages.mlp.epoch import Engine
from stages.mlp.fit import train_arms
from stages.mlp.optimizers import OPTIMIZERS
from stages.mlp.program import Program
from stages.mlp.step import Graphs

# Compiling one graph and running another share a machine of two cores well. The numbers do not
# depend on it.
GROUPS_AT_ONCE = 2


@dataclass(frozen=True)
class Table:
    """One normalization of the data: x float32 [rows, inputs] and y (class codes int32, or the
    scaled target float64) [rows, 1], by split."""

    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]


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


def train_all(
    arms: list[Arm],
    tables: dict[str, Table],
    tick: Callable[[int], None] = lambda arms: None,
    graphs: Graphs | None = None,
) -> list[Outcome]:
    """Train every arm; the outcomes are in the arms' order. `tick(n)` is called when n are done.

    `graphs`, if the caller keeps them, save compiling when arms of the same kind come again.
    """
    graphs = graphs or Graphs()
    groups: dict[tuple, list[int]] = {}
    for position, arm in enumerate(arms):
        groups.setdefault(_signature(arm, tables), []).append(position)
    outcomes: dict[int, Outcome] = {}
    # The largest group first, so that no thread is left with it at the end.
    ordered = sorted(groups.values(), key=len, reverse=True)
    with ThreadPoolExecutor(max_workers=GROUPS_AT_ONCE) as pool:
        trained = pool.map(
            lambda group: _train_group([arms[p] for p in group], tables, graphs), ordered
        )
        for positions, found in zip(ordered, trained, strict=True):
            outcomes |= dict(zip(positions, found, strict=True))
            tick(len(positions))
    return [outcomes[position] for position in range(len(arms))]


def _signature(arm: Arm, tables: dict[str, Table]) -> tuple:
    """What arms of one graph have in common."""
    program = arm.program
    optimizer = OPTIMIZERS[program.params.optimizer]
    constants = tuple(getattr(program.params, name) for name in optimizer.constants)
    rows = tuple(len(x) for x in tables[arm.table].x.values())
    batch = min(program.params.batch_size, len(tables[arm.table].x["train"]))
    kind = (program.contract, program.params.optimizer, constants, batch, program.course.epochs)
    return program.network, *kind, rows


def _train_group(group: list[Arm], tables: dict[str, Table], graphs: Graphs) -> list[Outcome]:
    first = group[0].program
    names = list(dict.fromkeys(arm.table for arm in group))
    parts = {
        split: [_part(first, tables[name], split) for name in names]
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


def _part(program: Program, table: Table, split: str) -> Part:
    return Part(table.x[split], program.contract.encode(table.y[split]))
