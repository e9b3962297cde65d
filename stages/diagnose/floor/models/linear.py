"""The constant, and linear models."""

import numpy as np

from stages.diagnose.floor.predictors import Predictor, bounded, class_shares, classifier
from stages.diagnose.floor.rows import EncodedRows
from stages.lib.trials.statistics import mean

# Inputs that are kept where there are many: ten rows a coefficient of a small table of 100 rows.
SCREENED_INPUTS = 10
# With up to twice as many, all of them are hardly another model.
MANY_INPUTS = 20


def fit_constant(rows: EncodedRows, seed: int) -> Predictor:
    """The class shares, or the mean."""
    best = class_shares(rows) if rows.classes else np.array([mean(rows.target, rows.weights)])
    prediction = bounded(best[None])
    return lambda x: np.repeat(prediction, len(x), axis=0)


def fit_linear(rows: EncodedRows, seed: int) -> Predictor:
    """Logistic regression, or ridge regression within the range of the training targets."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if rows.classes:
        return classifier(LogisticRegression(max_iter=200), rows)
    model = Ridge().fit(rows.x, rows.target, rows.weights)
    low, high = rows.target.min(), rows.target.max()
    return lambda x: np.clip(model.predict(x), low, high)[:, None]


def has_many_inputs(rows: EncodedRows) -> bool:
    """Whether choosing among the inputs gives another model."""
    return rows.x.shape[1] > MANY_INPUTS


def fit_screened_linear(rows: EncodedRows, seed: int) -> Predictor:
    """The linear model of the ten inputs with the largest F statistics.

    They are chosen from the rows that are fitted, so cross-validation judges the choice too.
    """
    from sklearn.feature_selection import f_classif, f_regression

    if rows.classes and len(np.unique(rows.target)) < 2:
        return fit_constant(rows, seed)
    statistic = (f_classif if rows.classes else f_regression)(rows.x, rows.target)[0]
    # A constant input has none.
    order = np.argsort(-np.nan_to_num(statistic, nan=-1.0, posinf=np.inf), kind="stable")
    chosen = np.sort(order[:SCREENED_INPUTS])
    predict = fit_linear(rows.with_inputs(rows.x[:, chosen]), seed)
    return lambda x: predict(x[:, chosen])
