"""Models that are linear in Gaussian bumps about some of the rows."""

import numpy as np

from stages.diagnose.floor.models.linear import fit_linear
from stages.diagnose.floor.predictors import Predictor
from stages.diagnose.floor.rows import EncodedRows

# Rows about which there are bumps: the time of a fit grows with their square.
COMPONENTS = 300
# Nystroem's features have at most length 1, where a standardised input has a variance of 1: the
# linear model's penalty, which is made for those, would leave nothing. Times three it is a ninth.
SCALE = 3.0
PAIRS = 5_000  # of rows, of which the median distance is taken


def fit_wide_kernel(rows: EncodedRows, seed: int) -> Predictor:
    """exp(-0.3 d^2 / m), for a distance d and the median squared distance m between rows."""
    return _fit(rows, seed, 0.3)


def fit_narrow_kernel(rows: EncodedRows, seed: int) -> Predictor:
    """exp(-d^2 / m): the median of the squared distances is a usual width (Garreau, Jitkrittum,
    Kanagawa, Large sample analysis of the median heuristic, arXiv:1707.07269)."""
    return _fit(rows, seed, 1.0)


def _fit(rows: EncodedRows, seed: int, factor: float) -> Predictor:
    from sklearn.kernel_approximation import Nystroem

    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, len(rows.x), (2, PAIRS))
    squared = float(np.median(np.square(rows.x[first] - rows.x[second]).sum(axis=1)))
    model = Nystroem(
        gamma=factor / (squared or 1.0),
        n_components=min(COMPONENTS, len(rows.x)),
        random_state=seed,
    ).fit(rows.x)
    predict = fit_linear(rows.with_inputs(SCALE * model.transform(rows.x)), seed)
    return lambda x: predict(SCALE * model.transform(x))
