"""scikit-learn's histogram boosting on the rows that the chain's programs have."""

import numpy as np
import pandas as pd

from stages.lib.trials.laboratory import Judge
from stages.lib.trials.subject import Data

# Levels that it takes for categories; a column of more is left out.
MOST_LEVELS = 255


def boosted_losses(data: Data, folds: list[dict[str, pd.DataFrame]]) -> np.ndarray:
    """The proper loss of a model of default settings on the test rows of all folds, float64 [rows],
    each fitted to the training rows of its fold; bounded as a network's."""
    return np.concatenate([_fold_losses(data, frames) for frames in folds])


def _fold_losses(data: Data, frames: dict[str, pd.DataFrame]) -> np.ndarray:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    x, y = _inputs(data, frames), frames["train"][data.targets[0]]
    judge = Judge(data, frames)
    if data.task.is_regression:
        model = HistGradientBoostingRegressor(
            categorical_features="from_dtype", random_state=0
        ).fit(x["train"], y)
        return judge.of_values(model.predict(x["test"])[:, None], "test")
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0).fit(
        x["train"], y
    )
    shares = np.full((len(x["test"]), len(data.card.classes)), 0.0)
    places = [data.card.classes.index(name) for name in model.classes_]
    shares[:, places] = model.predict_proba(x["test"])
    return judge.of_shares(shares.clip(1e-7, 1 - 1e-7), "test")


def _inputs(data: Data, frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The feature columns, text as categories of the training levels."""
    parts = {"train": {}, "test": {}}
    for column in data.card.columns:
        train = frames["train"][column.name]
        if column.kind == "categorical":
            levels = train.dropna().unique()
            if len(levels) > MOST_LEVELS:
                continue
            kind = pd.CategoricalDtype(levels)
            for split, part in parts.items():
                part[column.name] = frames[split][column.name].astype(kind)
        else:
            for split, part in parts.items():
                part[column.name] = frames[split][column.name].astype("float64")
    return {split: pd.DataFrame(part) for split, part in parts.items()}
