"""Multi-layer perceptrons by a recipe without tuning: what the user's own can be asked for."""

from typing import Any

import numpy as np

from stages.diagnose.floor.models.linear import fit_constant
from stages.diagnose.floor.predictors import Predictor, bounded, classifier
from stages.diagnose.floor.rows import EncodedRows

MEMBERS = 3
# Row visits of one fit at most, so that it stays within about a second.
MAX_VISITS = 100_000
# Rows from which a part can be held back to stop early by, and so many of each class.
MIN_ROWS, MIN_ROWS_A_CLASS = 100, 10


def fit_networks(rows: EncodedRows, seed: int) -> Predictor:
    """The mean prediction of three networks of 32-32 units that differ by their seeds.

    Where a part of the rows can be held back, each is stopped once it no longer improves there;
    rows of groups or in the order of time, and few rows, get a number of epochs and a penalty.
    """
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    present = np.bincount(rows.target)[np.unique(rows.target)] if rows.classes else []
    if len(present) == 1:
        return fit_constant(rows, seed)
    options = _options(rows, present)
    seeds = [int(member) for member in np.random.SeedSequence(seed).generate_state(MEMBERS)]
    if rows.classes:
        members = [
            classifier(MLPClassifier((32, 32), random_state=member, **options), rows)
            for member in seeds
        ]
        return lambda x: bounded(np.mean([predict(x) for predict in members], axis=0))
    models = [
        MLPRegressor(hidden_layer_sizes=(32, 32), random_state=member, **options).fit(
            rows.x, rows.target, rows.weights
        )
        for member in seeds
    ]
    low, high = rows.target.min(), rows.target.max()
    return lambda x: np.mean([model.predict(x) for model in models], axis=0).clip(low, high)[
        :, None
    ]


def _options(rows: EncodedRows, present: np.ndarray | list[int]) -> dict[str, Any]:
    """scikit-learn's arguments. present: the number of rows of each class that there is."""
    count = len(rows.target)
    options: dict[str, Any] = {
        "learning_rate_init": 5e-3,
        "batch_size": min(128, max(1, count // 4)),
        "max_iter": int(np.clip(MAX_VISITS // count, 10, 100)),
    }
    enough = count >= MIN_ROWS and min(present, default=np.inf) >= MIN_ROWS_A_CLASS
    if enough and rows.independent:
        stopping = {"early_stopping": True, "validation_fraction": 0.15, "n_iter_no_change": 8}
        return options | stopping | {"alpha": 1e-3}
    return options | {"alpha": 1.0}
