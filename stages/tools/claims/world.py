"""Where programs are compared: fresh tables of a scenario of known floor."""

from dataclasses import dataclass

import numpy as np

from stages.generate import synthetic
from stages.generate.card import card
from stages.lib.params.data import Synthetic
from stages.lib.trials.subject import Data


@dataclass(frozen=True)
class World:
    """Where programs are compared: a scenario, and how many rows of it they see."""

    scenario: str
    rows: int
    validation_rows: int
    test_rows: int
    features: int
    classes: int = 2
    label_noise: float = 0.0
    noise_sd: float = 1.0


def draw(world: World, seed: int) -> Data:
    """A fresh table of the world's scenario, its rows in three splits. Raises UserError where the
    scenario cannot be drawn so."""
    counts = {
        "train": world.rows,
        "validation": world.validation_rows,
        "test": world.test_rows,
    }
    settings = Synthetic(
        scenario=world.scenario,
        rows=sum(counts.values()),
        features=world.features,
        classes=world.classes,
        class_shares=None,
        label_noise=world.label_noise,
        noise_sd=world.noise_sd,
        targets=2,  # of no scenario here
    )
    dataset = synthetic.draw(settings, seed)
    parts, start = {}, 0
    for split, count in counts.items():
        parts[split] = np.arange(start, start + count)
        start += count
    tables = {
        split: dataset.table.iloc[rows].reset_index(drop=True) for split, rows in parts.items()
    }
    return Data(card("synthetic", dataset, parts), tables)
