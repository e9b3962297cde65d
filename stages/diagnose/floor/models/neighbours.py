"""Nearest neighbours."""

import numpy as np

from stages.diagnose.floor.predictors import Predictor, bounded, class_shares
from stages.diagnose.floor.rows import EncodedRows


def fit_neighbours(rows: EncodedRows, seed: int) -> Predictor:
    """The mean over the sqrt(rows) nearest training rows; class counts are smoothed by one
    neighbour of the training shares, (count + share) / (k + 1), so that none is zero. A
    neighbour counts once whatever its weight."""
    from sklearn.neighbors import NearestNeighbors

    k = max(1, round(len(rows.target) ** 0.5))
    model = NearestNeighbors(n_neighbors=k).fit(rows.x)

    def predict(x: np.ndarray) -> np.ndarray:
        near = rows.target[model.kneighbors(x, return_distance=False)]
        if not rows.classes:
            return np.asarray(near.mean(axis=1, keepdims=True))
        cell = near + rows.classes * np.arange(len(x))[:, None]
        counts = np.bincount(cell.ravel(), minlength=len(x) * rows.classes)
        return bounded((counts.reshape(len(x), -1) + class_shares(rows)) / (k + 1))

    return predict
