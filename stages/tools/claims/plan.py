"""What has to be trained: programs by data set, grouped into cells by what is compiled once."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from stages.lib.mlp.arms import Arm, signature
from stages.lib.mlp.backends import THREADS_AT_ONCE
from stages.lib.mlp.cost import training_seconds
from stages.lib.params.edits import Sections, identity
from stages.tools.claims.cell import Cell, Source, arm

# Tracing and compiling one graph of the claims, and the data and judging of its fits, measured on
# one core: of a network without hidden layers, and for each one.
GRAPH_SECONDS, LAYER_SECONDS = 0.7, 0.15
JUDGE_SECONDS = 0.0015
# Probes are compiled beside, and the history is evaluated epoch by epoch.
WATCHED_FACTOR = 2.0


@dataclass(frozen=True)
class Wanted:
    """One program of a data set. watched: with its history, looked into."""

    source: Source
    sections: Sections
    watched: bool = False

    @property
    def name(self) -> tuple[Source, str, bool]:
        """Equal for equal programs."""
        return self.source, identity(self.sections), self.watched


@dataclass(frozen=True)
class Planned:
    """A cell, and the seconds on one core that are expected of it."""

    cell: Cell
    seconds: float


def plan(wanted: Iterable[Wanted], seeds: tuple[int, ...]) -> list[Planned]:
    """The cells of these programs, each program once, those that take longest first.

    Raises:
        UserError: a combination of settings that has no such program.
    """
    groups: dict[Hashable, list[Wanted]] = {}
    arms: dict[Hashable, Arm] = {}
    rows: dict[Hashable, dict[str, int]] = {}
    for program in {entry.name: entry for entry in wanted}.values():
        first, table = arm(program.source, program.sections, seeds[0])
        graph = signature(first, {first.table: table})
        key: Hashable = (program.source, program.watched, graph)
        groups.setdefault(key, []).append(program)
        arms[key] = first
        rows[key] = {split: len(x) for split, x in table.x.items()}
    planned = []
    for key, programs in groups.items():
        watched = programs[0].watched
        cell = Cell(programs[0].source, [p.sections for p in programs], seeds, watched)
        compiling = GRAPH_SECONDS + LAYER_SECONDS * len(arms[key].program.network.layers)
        training = training_seconds(arms[key].program, rows[key], cell.fits)
        factor = WATCHED_FACTOR if watched else 1.0
        judging = JUDGE_SECONDS * cell.fits
        planned.append(Planned(cell, factor * (compiling + training) + judging))
    return sorted(planned, key=lambda entry: -entry.seconds)


def estimate(planned: list[Planned], more: float) -> str:
    """A line on what is to come. more: seconds beside, on one core while the other waits."""
    fits = sum(entry.cell.fits for entry in planned)
    minutes = sum(entry.seconds for entry in planned) / THREADS_AT_ONCE / 60 + more / 60
    return f"{fits:,} fits in {len(planned):,} compiled graphs: {minutes:.1f} minutes on two cores"
