"""Gradient boosting of histograms, with numbers of few values as numbers or as categories."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from stages.diagnose.floor.models.linear import fit_constant
from stages.diagnose.floor.predictors import Predictor, classifier
from stages.diagnose.floor.rows import EncodedRows

MAX_TREES = 250
# Values of a number that may stand for categories: with two it makes no difference, and each of
# many has too few rows.
LEVELS = range(3, 21)
MIN_ROWS_A_LEVEL = 10
# An image of few grey levels has no categories, and twice as many trees would take seconds more.
MAX_LEVEL_COLUMNS = 20


def fit_boosting(rows: EncodedRows, seed: int) -> Predictor:
    """Gradient boosting of histograms, up to the round that a part held back found best.

    scikit-learn stops some rounds after the best one and keeps them all; cut back to the best,
    the probabilities stay calibrated, and on noise the constant is left. It would hold back rows
    whose group or whose future it has fitted, so such data get a small number of rounds.
    """
    return _fit(rows, seed, {})


def fit_whole_boosting(rows: EncodedRows, seed: int) -> Predictor:
    """The same with scikit-learn's own leaves, bins and rate, which many rows can fill."""
    defaults = {"max_leaf_nodes": 31, "max_bins": 255, "learning_rate": 0.1}
    trees = rows.classes if rows.classes > 2 else 1
    return _fit(rows, seed, {**defaults, "max_iter": max(30, 200 // trees)})


def has_levels(rows: EncodedRows) -> bool:
    """Whether some inputs, but not many, are numbers of few values."""
    return 0 < len(_level_columns(rows)) <= MAX_LEVEL_COLUMNS


def fit_category_boosting(rows: EncodedRows, seed: int) -> Predictor:
    """The same with the inputs of few values as categories, in whatever order they are best."""
    columns = _level_columns(rows)
    levels = {column: np.unique(rows.x[:, column]) for column in columns}

    def encode(x: np.ndarray) -> np.ndarray:
        """Codes in place of those inputs; a value that training lacks is missing."""
        encoded = x.copy()
        for column, values in levels.items():
            codes = np.searchsorted(values, x[:, column]).clip(0, len(values) - 1)
            known = values[codes] == x[:, column]
            encoded[:, column] = np.where(known, codes, np.nan)
        return encoded

    predict = _fit(rows.with_inputs(encode(rows.x)), seed, {"categorical_features": columns})
    return lambda x: predict(encode(x))


def _level_columns(rows: EncodedRows) -> list[int]:
    """The positions of the inputs of few values."""
    most = min(LEVELS.stop - 1, len(rows.x) // MIN_ROWS_A_LEVEL)
    counts = [len(np.unique(column)) for column in rows.x.T]
    return [k for k, count in enumerate(counts) if LEVELS.start <= count <= most]


def _fit(rows: EncodedRows, seed: int, further: dict[str, Any]) -> Predictor:
    """further: of scikit-learn's arguments."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    present = np.bincount(rows.target)[np.unique(rows.target)] if rows.classes else []
    if len(present) == 1:
        return fit_constant(rows, seed)
    options = _options(rows, present) | {"random_state": seed} | further
    if rows.classes:
        model = HistGradientBoostingClassifier(**options)
        staged = classifier(model, rows, lambda x: _at_round(model.staged_predict_proba(x), best))
        best = _best_round(model)
        return staged if best else fit_constant(rows, seed)
    model = HistGradientBoostingRegressor(**options).fit(rows.x, rows.target, rows.weights)
    best = _best_round(model)
    if not best:
        return fit_constant(rows, seed)
    return lambda x: _at_round(model.staged_predict(x), best)[:, None]


def _options(rows: EncodedRows, present: np.ndarray | list[int]) -> dict[str, Any]:
    """scikit-learn's arguments. present: the number of rows of each class that there is."""
    # Measured on the scenarios: half the time of scikit-learn's defaults, and the same loss.
    options: dict[str, Any] = {"max_leaf_nodes": 15, "max_bins": 63, "learning_rate": 0.15}
    # With fewer rows a part held back judges worse than a small number of rounds does.
    if rows.independent and len(rows.target) >= 200 and min(present, default=np.inf) >= 20:
        trees = rows.classes if rows.classes > 2 else 1
        return options | {
            "early_stopping": True,
            "validation_fraction": 0.15,
            "n_iter_no_change": 8,
            "max_iter": max(20, min(150, MAX_TREES // trees)),
        }
    return options | {"early_stopping": False, "max_iter": 30}


def _best_round(model: Any) -> int:
    """The number of rounds with the smallest loss on the part held back; all, without one."""
    scores = model.validation_score_
    return int(np.argmax(scores)) if len(scores) else int(model.n_iter_)


def _at_round(stages: Iterator[np.ndarray], rounds: int) -> np.ndarray:
    """The model's prediction after so many rounds, from its generator of stages."""
    return next(islice(stages, rounds - 1, None))
