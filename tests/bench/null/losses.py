"""Measured losses of real programs and of all their candidate edits, many seeds, many rows.

Trained once by the real engine and kept below .cache/null/ (git ignores it). What is kept there is
used again as long as the program, its candidates, the seeds and the rows are the same; delete the
folder when the engine has changed.
"""

import copy
import hashlib
from dataclasses import dataclass

import numpy as np

from stages.diagnose.interventions.candidates import candidates, facts_of, recommended_program
from stages.diagnose.interventions.entry import Candidate, Facts
from stages.generate.__main__ import SOURCES
from stages.generate.card import card
from stages.generate.split import split_rows
from stages.lib import params
from stages.lib.core.splits import SPLITS
from stages.lib.mlp import runtime
from stages.lib.params.edits import Edit, Sections, edited, identity
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.subject import Data
from tests.conftest import ROOT, content_of
from tests.subjects import subject_of

CACHE = ROOT / ".cache" / "null"
# As many fits as the search asks for at the most: four times ten judging seeds.
SEEDS = tuple(range(40))
# Rows newly drawn to be judged on, where the law of the rows is known.
FRESH_ROWS = 12_000
# So many training rows are kept, for what lines say of the training loss.
TRAINING_ROWS = 600

# Sound programs, as changes of `content_of`.
PROGRAMS = {
    # The default, its inputs standardised. All its candidates search beyond recommended values.
    "income": {"normalize.features": "standard"},
    # Real rows, six in ten of them held out. Settings that are sound and not the recommended ones,
    # so that most candidates return one to its recommended value; these are all put to the test.
    "digits": {
        "data.source": "bundled",
        "data.bundled.dataset": "digits",
        "data.split.validation": 0.1,
        "data.split.test": 0.6,
        "normalize.features": "minmax",
        "normalize.binary": "minmax",
        "train.layers": [32],
        "train.kernel_initializer": "lecun_uniform",
        "train.bias_initializer": {"name": "constant", "value": 0.01},
        "train.learning_rate": 0.003,
        "train.beta_2": 0.99,
        "train.clip.norm": 0.3,
        "train.schedule.name": "cosine",
        "train.label_smoothing": 0.01,
        "train.dropout": 0.05,
        "train.l2": 1e-5,
        "train.epochs": 60,
    },
    # Squared errors of a target over orders of magnitude: a few rows make up most of the loss.
    "heavy_tail": {
        "data.synthetic.scenario": "heavy_tail",
        "data.synthetic.noise_sd": 0.3,
        "normalize.features": "standard",
        "normalize.target": "log1p_standard",
        "train.layers": [32, 16],
    },
}


@dataclass(frozen=True)
class Measured:
    """A program, its candidates, and what each cost at every seed in every row.

    Attributes:
        candidates: the program's, and all its recommended values at once where that is another.
        unable: edits among the program's candidates that have no shapes.
        held_out: loss of the program, then of each candidate, float32 [1 + candidates, seeds,
            rows], nats or squared target units.
        training: the same of training rows.
        chance: loss of the best constant on the card's test rows.
    """

    sections: Sections
    facts: Facts
    candidates: list[Candidate]
    unable: list[Edit]
    held_out: np.ndarray
    training: np.ndarray
    chance: float


def measured(name: str) -> Measured:
    """The losses of an entry of PROGRAMS, read from the cache or trained now."""
    runtime.configure(1)
    content = content_of(**PROGRAMS[name])
    sections = {key: copy.deepcopy(content[key]) for key in ("normalize", "train")}
    data = _data(content)
    facts = facts_of(subject_of(content), len(data.tables["train"]))
    laboratory = Laboratory(data)
    options = candidates(sections, facts)
    together = recommended_program(sections, facts)
    if len(together.edit) > 1 and together.edit not in [option.edit for option in options]:
        options.append(together)
    able = [option for option in options if laboratory.runs(edited(sections, option.edit))]
    programs = [sections, *(edited(sections, option.edit) for option in able)]
    held_out, training = _kept(name, laboratory, programs)
    return Measured(
        sections,
        facts,
        able,
        [option.edit for option in options if option not in able],
        held_out,
        training,
        data.card.chance.test,
    )


def _data(content: dict) -> Data:
    """The rows of these params; the test rows newly drawn, where the law is known."""
    settings = params.check(content)
    dataset = SOURCES[settings.data.source](settings.data)
    parts = split_rows(dataset, settings.data.split, settings.data.seed)
    facts = card(settings.data.source, dataset, parts)
    tables = {name: dataset.table.iloc[parts[name]].reset_index(drop=True) for name in SPLITS}
    if settings.data.source != "synthetic":
        return Data(facts, tables)
    fresh = copy.deepcopy(content)
    fresh["data"]["synthetic"]["rows"] = FRESH_ROWS
    fresh["data"]["seed"] += 1
    rows = SOURCES["synthetic"](params.check(fresh).data).table
    return Data(facts, tables | {"test": rows})


def _kept(
    name: str, laboratory: Laboratory, programs: list[Sections]
) -> tuple[np.ndarray, np.ndarray]:
    """Losses on held-out and on training rows, float32 [programs, seeds, rows]; not in memory but
    on the disk, so that processes share them."""
    label = identity([programs, SEEDS, FRESH_ROWS, TRAINING_ROWS])
    folder = CACHE / f"{name}-{hashlib.sha256(label.encode()).hexdigest()[:12]}"
    files = {split: folder / f"{split}.npy" for split in ("test", "train")}
    if not all(file.is_file() for file in files.values()):
        runs = Runs(SEEDS)
        laboratory.train(programs, runs)
        folder.mkdir(parents=True, exist_ok=True)
        for split, file in files.items():
            losses = [laboratory.losses(program, runs, split) for program in programs]
            rows = slice(TRAINING_ROWS if split == "train" else None)
            np.save(file, np.stack([loss[:, rows] for loss in losses]).astype("float32"))
    return tuple(np.load(file, mmap_mode="r") for file in files.values())
