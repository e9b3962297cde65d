"""The reference models. A new one is one entry of REFERENCES: a name and a function that fits it.

`fit(rows, seed)` takes training rows with one target and returns a Predictor.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from stages.diagnose.floor.predictors import Predictor, bounded, class_shares
from stages.diagnose.floor.rows import EncodedRows
from stages.lib.trials.statistics import mean

# Boosting grows a tree a class and round; with more classes or targets it takes minutes.
MAX_BOOSTED_OUTPUTS = 30
MAX_TREES = 250

CONSTANT = "constant"


@dataclass(frozen=True)
class Reference:
    """max_outputs: of more classes or targets it is not fitted (None: of any number)."""

    name: str
    fit: Callable[[EncodedRows, int], Predictor]
    max_outputs: int | None = None


def references_for(classes: int, targets: int = 1) -> dict[str, Reference]:
    """The references that are fitted to so many classes (0: a regression) and targets, by name."""
    outputs = max(classes, targets)
    return {
        name: entry
        for name, entry in REFERENCES.items()
        if entry.max_outputs is None or outputs <= entry.max_outputs
    }


def _constant(rows: EncodedRows, seed: int) -> Predictor:
    """The class shares, or the mean."""
    best = class_shares(rows) if rows.classes else np.array([mean(rows.target, rows.weights)])
    prediction = bounded(best[None])
    return lambda x: np.repeat(prediction, len(x), axis=0)


def _linear(rows: EncodedRows, seed: int) -> Predictor:
    """Logistic regression, or ridge regression within the range of the training targets."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if rows.classes:
        return _classifier(LogisticRegression(max_iter=200), rows)
    model = Ridge().fit(rows.x, rows.target, rows.weights)
    low, high = rows.target.min(), rows.target.max()
    return lambda x: np.clip(model.predict(x), low, high)[:, None]


def _boosting(rows: EncodedRows, seed: int) -> Predictor:
    """Gradient boosting of histograms, up to the round that a part held back found best.

    scikit-learn stops some rounds after the best one and keeps them all; cut back to the best,
    the probabilities stay calibrated, and on noise the constant is left. It would hold back rows
    whose group or whose future it has fitted, so such data get a small number of rounds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    present = np.bincount(rows.target)[np.unique(rows.target)] if rows.classes else []
    if len(present) == 1:
        return _constant(rows, seed)
    options = _boosting_options(rows, present) | {"random_state": seed}
    if rows.classes:
        model = HistGradientBoostingClassifier(**options)
        staged = _classifier(model, rows, lambda x: _at_round(model.staged_predict_proba(x), best))
        best = _best_round(model)
        return staged if best else _constant(rows, seed)
    model = HistGradientBoostingRegressor(**options).fit(rows.x, rows.target, rows.weights)
    best = _best_round(model)
    if not best:
        return _constant(rows, seed)
    return lambda x: _at_round(model.staged_predict(x), best)[:, None]


def _boosting_options(rows: EncodedRows, present: np.ndarray | list[int]) -> dict[str, Any]:
    """scikit-learn's arguments. present: the number of rows of each class that there is."""
    # Measured on the scenarios: half the time of scikit-learn's defaults, and the same loss.
    options: dict[str, Any] = {"max_leaf_nodes": 15, "max_bins": 63, "learning_rate": 0.15}
    # With fewer rows a part held back judges worse than a small number of rounds does.
    independent = rows.groups is None and not rows.ordered
    if independent and len(rows.target) >= 200 and min(present, default=np.inf) >= 20:
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


def _neighbours(rows: EncodedRows, seed: int) -> Predictor:
    """The mean over the sqrt(rows) nearest training rows; class counts are smoothed by one
    neighbour of the training shares, (count + share) / (k + 1), so that none is zero. A
    neighbour counts once whatever its weight."""
    from sklearn.neighbors import NearestNeighbors

    k = max(1, round(len(rows.target) ** 0.5))
    model = NearestNeighbors(n_neighbors=k).fit(rows.x)

    def predict(x: np.ndarray) -> np.ndarray:
        near = rows.target[model.kneighbors(x, return_distance=False)]
        if not rows.classes:
            return near.mean(axis=1, keepdims=True)
        cell = near + rows.classes * np.arange(len(x))[:, None]
        counts = np.bincount(cell.ravel(), minlength=len(x) * rows.classes)
        return bounded((counts.reshape(len(x), -1) + class_shares(rows)) / (k + 1))

    return predict


def _classifier(
    model: Any,
    rows: EncodedRows,
    probabilities: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Predictor:
    """A scikit-learn classifier, fitted, as a Predictor.

    A class that these rows lack gets its column, and every probability is mixed with the class
    shares as if by one more row, so that a sure and wrong prediction costs the logarithm of the
    rows rather than 16 nats.
    """
    present = np.unique(rows.target)
    if len(present) < 2:
        return _constant(rows, 0)
    model.fit(rows.x, rows.target, rows.weights)
    predict_shares = probabilities or model.predict_proba
    shares, count = class_shares(rows), len(rows.target)

    def predict(x: np.ndarray) -> np.ndarray:
        full = np.zeros((len(x), rows.classes))
        full[:, present] = predict_shares(x)
        return bounded((count * full + shares) / (count + 1))

    return predict


REFERENCES = {
    entry.name: entry
    for entry in (
        Reference(CONSTANT, _constant),
        Reference("linear model", _linear),
        Reference("gradient boosting", _boosting, max_outputs=MAX_BOOSTED_OUTPUTS),
        Reference("nearest neighbours", _neighbours),
    )
}
