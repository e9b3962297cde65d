"""What a fitted reference model is, and what its predictions cost."""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.diagnose.floor.rows import EncodedRows

# keras.config.epsilon(), the bound of every predicted probability in this repository
EPSILON = 1e-7

# A fitted reference: from x float64 [rows, inputs] to probabilities [rows, classes], or to
# predicted targets [rows, 1].
Predictor = Callable[[np.ndarray], np.ndarray]


def row_losses(prediction: np.ndarray, rows: EncodedRows) -> np.ndarray:
    """The proper loss of each row, float64 [rows], in nats or squared deviations.

    prediction: probabilities [rows, classes] or predicted targets [rows, 1].
    """
    if rows.classes:
        return -np.log(np.take_along_axis(prediction, rows.target[:, None], axis=1)[:, 0])
    return (prediction[:, 0] - rows.target) ** 2


def class_shares(rows: EncodedRows) -> np.ndarray:
    """The share of each class, by the rows' weights, float64 [classes]."""
    counts = np.bincount(rows.target, rows.weights, minlength=rows.classes)
    return counts / (len(rows.target) if rows.weights is None else rows.weights.sum())


def bounded(prediction: np.ndarray) -> np.ndarray:
    """Probabilities within [1e-7, 1 - 1e-7] that sum to 1; a single column is not one of those."""
    if prediction.shape[1] == 1:
        return prediction
    clipped = np.clip(prediction, EPSILON, 1 - EPSILON)
    return clipped / clipped.sum(axis=1, keepdims=True)


def classifier(
    model: Any,
    rows: EncodedRows,
    probabilities: Predictor | None = None,
) -> Predictor:
    """A scikit-learn classifier, fitted to these rows, as a Predictor.

    A class that these rows lack gets its column, and every probability is mixed with the class
    shares as if by one more row, so that a sure and wrong prediction costs the logarithm of the
    rows rather than 16 nats. Of rows of a single class it is the class shares.

    probabilities: those of the classes that these rows have, in place of the model's own.
    """
    present, shares, count = np.unique(rows.target), class_shares(rows), len(rows.target)
    if len(present) > 1:
        model.fit(rows.x, rows.target, rows.weights)
    predict_shares = probabilities or model.predict_proba

    def predict(x: np.ndarray) -> np.ndarray:
        full = np.zeros((len(x), rows.classes))
        full[:, present] = predict_shares(x) if len(present) > 1 else 1.0
        return bounded((count * full + shares) / (count + 1))

    return predict
