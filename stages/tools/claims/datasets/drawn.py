"""Tables drawn from the scenarios of stages/generate, without their floor."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.generate.scenarios import SCENARIOS, Draw
from stages.lib.params.data import Synthetic
from stages.lib.tables.dataset import Dataset


def scenario(
    name: str,
    features: int,
    classes: int = 2,
    label_noise: float = 0.0,
    noise_sd: float = 1.0,
) -> Callable[[int, int], Dataset]:
    """(rows, seed) -> fresh rows of this scenario.

    Args:
        name: an entry of SCENARIOS.
        features: columns; those beyond the scenario's own are noise.
        classes: of gaussian_classes.
        label_noise, noise_sd: as in params.yaml's data.synthetic.
    """

    def table(rows: int, seed: int) -> Dataset:
        entry = SCENARIOS[name]
        params = Synthetic(
            scenario=name, rows=rows, features=features, classes=classes, class_shares=None,
            label_noise=label_noise, noise_sd=noise_sd, targets=3,
        )  # fmt: skip
        count = entry.classes(params) if entry.classes else 0
        shares = np.full(count, 1 / count) if count else np.empty(0)
        inputs_seed, target_seed = np.random.SeedSequence(seed).spawn(2)
        drawn = Draw(np.random.default_rng(inputs_seed), rows, features, shares, params)
        inputs, law = entry.sample(drawn)
        _, targets = law.draw(np.random.default_rng(target_seed), label_noise)
        return Dataset(name, pd.DataFrame(inputs), targets, law.kind, law.classes)

    return table
