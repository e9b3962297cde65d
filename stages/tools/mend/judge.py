"""The last program beside the first, at seeds that no round has used."""

import contextlib
from dataclasses import dataclass, replace

from stages.lib import params
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.rows import read_rows
from stages.lib.core.splits import SPLITS as PARTS
from stages.lib.mlp import runtime
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import Paired, mean, paired, paired_over_seeds
from stages.lib.trials.subject import Data
from stages.tools.mend.chain import SPLITS, Chain
from stages.tools.mend.copy import Copy

# Of the run's own seed; a diagnosis takes some hundreds that follow it.
SEEDS_AHEAD = 1_000_000
# As few as leave an interval.
LEAST_SEEDS = 2


@dataclass(frozen=True)
class Judgement:
    """The two programs at the same fresh seeds.

    Attributes:
        before, after: the mean proper loss, in the task's unit.
        gain: `before` less `after`, over seeds and rows, or over seeds for training rows.
        split: of the rows.
        rows: how many.
    """

    before: float
    after: float
    gain: Paired
    split: str
    seeds: int
    rows: int


def judge(copy: Copy, chain: Chain, most_seeds: int, seconds: float) -> Judgement:
    """Train both programs anew on the copy's data. The rows are those of the chain's account: of
    new rows those of all divisions of a small table, as in the diagnosis.

    Args:
        most_seeds: so many, or as many as take about `seconds` at nominal speeds, and at least
            LEAST_SEEDS.
    """
    split = SPLITS[chain.last.account.question]
    programs = [chain.first.sections, chain.last.sections]
    with contextlib.chdir(copy.folder):
        card = read_card("data/raw/card.json")
        rows = {name: read_rows(f"data/raw/{name}.parquet", card, name).whole() for name in PARTS}
        laboratory = Laboratory(Data(card, rows), backend=params.load("compute").backend)
        runtime.configure(programs[1]["train"]["threads"])
        start = programs[0]["train"]["seed"] + SEEDS_AHEAD
        seeds = tuple((start + i) % 2**32 for i in range(most_seeds))
        runs = Runs(seeds, len(laboratory.folds) if split == "test" else 1)
        while len(runs.seeds) > LEAST_SEEDS and laboratory.seconds(programs, runs) > seconds:
            runs = replace(runs, seeds=runs.seeds[:-1])
        laboratory.train(programs, runs)
        before, after = (laboratory.losses(program, runs, split) for program in programs)
        design = laboratory.design(runs, split)
    difference = before - after
    if split == "test":
        gain = paired(difference, design)
    else:
        gain = paired_over_seeds(difference, design.weights)
    return Judgement(
        mean(before, design.weights),
        mean(after, design.weights),
        gain,
        split,
        len(runs.seeds),
        before.shape[1],
    )
