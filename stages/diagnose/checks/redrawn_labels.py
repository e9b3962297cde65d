"""A logistic model of classes of which a share of the labels is drawn anew, for LL230.

    p(y | x) = (1 - e) softmax(W x + b)[y] + e / K

(Natarajan, Dhillon, Ravikumar, Tewari, Learning with Noisy Labels, NeurIPS 2013, with uniform
noise.) With e = 0 it is logistic regression. Both are fitted on two thirds of the rows and judged
on the rest, each third in its turn: by how much e > 0 predicts the labels better is the logarithm
of a likelihood ratio.
"""

from dataclasses import dataclass

import numpy as np

PENALTY = 1.0  # half of it times the sum of squared weights, scikit-learn's C = 1
FOLDS = 3
COMPONENTS = 8  # principal components of the inputs; their squares are inputs too
LIMIT = 5.0  # deviations to which inputs are cut: a far row has no say of its own
START = 0.05  # share at which the fit of the noisy model starts


@dataclass(frozen=True)
class Redrawn:
    """What the model says of some rows.

    Attributes:
        gain: log-likelihood on rows that were not fitted on, over that of logistic regression.
        share: of the labels that are drawn anew, mean over the folds. The penalty keeps it low:
            small weights leave some of the noise to the softmax.
        probability: that the label of a row was drawn anew, float64 [rows].
        inputs: principal components, each of deviation 1, float64 [rows, components].
    """

    gain: float
    share: float
    probability: np.ndarray
    inputs: np.ndarray


def redrawn_labels(x: np.ndarray, codes: np.ndarray) -> Redrawn:
    """Fit both models.

    Args:
        x: float [rows, inputs]; what is not finite counts as the mean.
        codes: of the classes, int [rows], each of 0 to K - 1 in FOLDS rows at least.
    """
    from threadpoolctl import threadpool_limits

    # Products of so small matrices are slower on several threads, many times so on a busy machine.
    with threadpool_limits(1, "blas"):
        return _redrawn_labels(x, codes)


def _redrawn_labels(x: np.ndarray, codes: np.ndarray) -> Redrawn:
    from sklearn.model_selection import StratifiedKFold

    inputs = _components(x)
    features = _scaled(np.hstack([inputs, inputs**2]))
    classes = int(codes.max()) + 1
    one_hot = np.eye(classes)[codes]
    gain, shares, probability = 0.0, [], np.empty(len(x))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for fitted, held_out in folds.split(features, codes):
        plain = _fit(features[fitted], one_hot[fitted], None, 0.0)
        noisy = _fit(features[fitted], one_hot[fitted], plain[0], START)
        as_drawn, redrawn = (
            _own(weights, share, features[held_out], one_hot[held_out])
            for weights, share in (plain, noisy)
        )
        gain += float(np.log(redrawn).sum() - np.log(as_drawn).sum())
        probability[held_out] = noisy[1] / classes / redrawn
        shares.append(noisy[1])
    return Redrawn(gain, float(np.mean(shares)), probability, inputs)


def _components(x: np.ndarray) -> np.ndarray:
    """The principal components of the scaled inputs, each of deviation 1."""
    scaled = _scaled(np.where(np.isfinite(x), x, np.nan))
    directions = np.linalg.svd(scaled, full_matrices=False)[2][:COMPONENTS]
    return _scaled(scaled @ directions.T)


def _scaled(x: np.ndarray) -> np.ndarray:
    """Of mean 0 and deviation 1, cut at LIMIT; gaps and constant columns are 0."""
    x = x.astype("float64")
    known = np.isfinite(x)
    count = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, x - np.where(known, x, 0.0).sum(axis=0) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    return np.clip(centred / np.where(spread > 0, spread, 1.0), -LIMIT, LIMIT)


def _fit(
    x: np.ndarray, one_hot: np.ndarray, start: np.ndarray | None, share: float
) -> tuple[np.ndarray, float]:
    """Weights [features + 1, classes], the last row of which are the biases, and the share of
    labels drawn anew: from this start, or 0 for good where the start is 0."""
    from scipy.optimize import minimize
    from scipy.special import expit, logit, softmax

    shape, classes = (x.shape[1] + 1, one_hot.shape[1]), one_hot.shape[1]
    is_noisy = share > 0

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        """The penalized negative log-likelihood, and its gradient."""
        weights = values[: shape[0] * classes].reshape(shape)
        e = expit(values[-1]) if is_noisy else 0.0
        shares = softmax(x @ weights[:-1] + weights[-1], axis=1)
        of_label = (shares * one_hot).sum(axis=1)
        likelihood = np.maximum((1 - e) * of_label + e / classes, np.finfo(float).tiny)
        slope = (shares - one_hot) * ((1 - e) * of_label / likelihood)[:, None]
        gradient = np.vstack([x.T @ slope + PENALTY * weights[:-1], slope.sum(axis=0)]).ravel()
        if is_noisy:
            of_share = ((of_label - 1 / classes) / likelihood).sum() * e * (1 - e)
            gradient = np.append(gradient, of_share)
        penalty = 0.5 * PENALTY * float((weights[:-1] ** 2).sum())
        return float(-np.log(likelihood).sum()) + penalty, gradient

    values = np.zeros(shape[0] * classes) if start is None else start.ravel()
    if is_noisy:
        values = np.append(values, logit(share))
    found = minimize(loss, values, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    weights = found[: shape[0] * classes].reshape(shape)
    return weights, float(expit(found[-1])) if is_noisy else 0.0


def _own(weights: np.ndarray, share: float, x: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
    """The probability of each row's own label, float64 [rows]."""
    from scipy.special import softmax

    shares = softmax(x @ weights[:-1] + weights[-1], axis=1)
    of_label = (1 - share) * (shares * one_hot).sum(axis=1) + share / one_hot.shape[1]
    return np.asarray(np.maximum(of_label, np.finfo(float).tiny))
