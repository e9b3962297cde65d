"""Programs of one data set that share a compiled graph, trained at once in any process.

A cell is plain values, so that it can be sent to another machine and named by what it depends on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stages.lib.core.splits import SPLITS
from stages.lib.mlp import runtime
from stages.lib.mlp.arms import Arm, Job, Outcome, Table, train_jobs
from stages.lib.mlp.program import program
from stages.lib.mlp.step import GraphCache
from stages.lib.params.edits import Sections, identity
from stages.lib.params.normalize import Normalize
from stages.lib.params.train import Train
from stages.lib.transforms.fitted import normalize_splits
from stages.lib.transforms.state import NormalizationState
from stages.lib.trials.laboratory import Judge
from stages.tools.claims.datasets.dataset import DataSet, Sizes, replicate
from stages.tools.claims.datasets.drawn import scenario
from stages.tools.claims.datasets.table import DATA_SETS
from stages.tools.claims.watched import watch

# Normalized tables kept so that each is made once: some normalizations of some replicates.
KEPT = 2048
# A program's value for each replicate, by what it is of: the mean proper loss on each split
# (train, validation, test), that of the best constant there (chance_train, ...), whether the fit
# diverged (0 or 1) and, where it was watched, what `watch` returns. Each a list of K numbers.
Values = dict[str, list[float]]


@dataclass(frozen=True)
class Shape:
    """Fresh rows of a scenario, for the three programs. rows, test_rows: of training and test."""

    scenario: str
    features: int
    rows: int
    test_rows: int


# A name of DATA_SETS, or a table of the three programs.
Source = str | Shape
# The early-stopping watch would need validation rows; the three programs have none.
_VALIDATION_ROWS = 10


@dataclass(frozen=True)
class Cell:
    """Programs to train on each replicate of a data set, one for each seed.

    watched: with their history, looked into before and after.
    """

    source: Source
    programs: Sequence[Sections]
    seeds: tuple[int, ...]
    watched: bool

    @property
    def plain(self) -> dict[str, Any]:
        """What its result depends on, beside the code, as strict JSON has it."""
        source = self.source if isinstance(self.source, str) else vars(self.source)
        return {
            "source": source,
            "programs": list(self.programs),
            "seeds": self.seeds,
            "watched": self.watched,
        }

    @property
    def fits(self) -> int:
        return len(self.programs) * len(self.seeds)


@lru_cache
def data_set(source: Source) -> DataSet:
    """The data set of this name, or the table of this shape."""
    if isinstance(source, str):
        return DATA_SETS[source]
    sizes = Sizes(source.rows, _VALIDATION_ROWS, source.test_rows)
    table = scenario(source.scenario, source.features)
    return DataSet(source.scenario, "", sizes, table, is_drawn=True)


@lru_cache(KEPT)
def normalized(source: Source, seed: int, normalize: str) -> tuple[NormalizationState, Table]:
    """One replicate's table as programs with this normalization (its `identity`) take it."""
    data = replicate(data_set(source), seed)
    settings = Normalize.model_validate_json(normalize)
    fitted = normalize_splits(data.tables, data.card, settings)
    return fitted.state, Table(fitted.x, fitted.y)


@lru_cache(KEPT)
def judge(source: Source, seed: int) -> Judge:
    """Of one replicate's outputs."""
    data = replicate(data_set(source), seed)
    return Judge(data, data.tables)


@lru_cache(KEPT)
def _train(settings: str) -> Train:
    """The section train of this `identity`, checked."""
    return Train.model_validate_json(settings)


def arm(source: Source, sections: Sections, seed: int) -> tuple[Arm, Table]:
    """A program on the replicate of this seed, which draws its weights and row orders too.

    Raises:
        UserError: a combination of settings that has no such program.
    """
    name = identity(sections["normalize"])
    _, table = normalized(source, seed, name)
    settings = _train(identity(sections["train"])).model_copy(update={"seed": seed % 2**32})
    task = replicate(data_set(source), seed).task
    return Arm(program(settings, task, table.x["train"].shape[1]), f"{seed}/{name}"), table


def train_cell(cell: Cell, in_process: bool) -> list[Values]:
    """Each program's values over the replicates, in the order of the cell.

    in_process: TensorFlow is set up already; otherwise this process was started for the work.
    """
    if not in_process:
        runtime.configure(cell.programs[0]["train"]["threads"])
    arms: list[Arm] = []
    tables: dict[str, Table] = {}
    for sections in cell.programs:
        for seed in cell.seeds:
            of_seed, table = arm(cell.source, sections, seed)
            arms.append(of_seed)
            tables[of_seed.table] = table
    if cell.watched:
        outcomes, seen = watch(arms, tables)
    else:
        [outcomes] = train_jobs([Job(arms, tables)], GraphCache(), "threads")
        seen = {}
    count = len(cell.seeds)
    every = []
    for k, sections in enumerate(cell.programs):
        of_program = slice(k * count, (k + 1) * count)
        values = _values(cell, sections, arms[of_program], outcomes[of_program])
        every.append(values | {name: v[of_program].tolist() for name, v in seen.items()})
    return every


def _values(cell: Cell, sections: Sections, arms: list[Arm], outcomes: Sequence[Outcome]) -> Values:
    normalize = identity(sections["normalize"])
    values: Values = {name: [] for split in SPLITS for name in (split, f"chance_{split}")}
    for seed, of_seed, outcome in zip(cell.seeds, arms, outcomes, strict=True):
        state, _ = normalized(cell.source, seed, normalize)
        of_replicate = judge(cell.source, seed)
        for split in SPLITS:
            losses = of_replicate.losses(outcome.outputs[split], split, of_seed.program, state)
            values[split].append(float(losses.mean()))
            constant = of_replicate.constant_losses(split, None)
            values[f"chance_{split}"].append(float(constant.mean()))
    values["diverged"] = [float(outcome.status == "diverged") for outcome in outcomes]
    return values
