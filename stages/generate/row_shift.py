"""Whether the targets stand some rows off their inputs, as a wrong join leaves them.

The order of a table's rows is known here only: the split shuffles them.
"""

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import Shift
from stages.lib.tables.dataset import Dataset

MAX_LAG = 5
# The first rows and columns of numbers; a straight line through ranks needs no more.
MAX_ROWS, MAX_COLUMNS = 5000, 100
MIN_ROWS = 200
# The share of the targets' variance (on rows that the line was not fitted on) that other rows'
# inputs have to explain, and of it the most that the rows' own may.
MIN_SHARE, MAX_OWN = 0.1, 0.5
# Neighbours of a series are alike: differences are those of blocks of rows, and lie so many
# standard errors from 0. Of eleven lags and normal errors luck does that in one table of 100,000.
BLOCK, ERRORS = 20, 5.0


def row_shift(dataset: Dataset) -> Shift | None:
    """The shift of the targets against the inputs, if there is one.

    Of each lag from -5 to 5 a line is fitted from the ranks of a row's numbers to the targets of
    the row so many rows below (ranks of numbers, or 0 and 1 of classes and labels), on one half of
    the rows, and judged on the other. Of a series whose neighbours are alike only a shift of
    several rows shows. Within groups rows have no order, so tables with groups have
    no shift.
    """
    if dataset.groups is not None or len(dataset.targets) < MIN_ROWS:
        return None
    rows = np.arange(len(dataset.targets))
    if dataset.time is not None:
        rows = np.argsort(dataset.time.to_numpy(), kind="stable")
    rows = rows[:MAX_ROWS]
    x, y = _inputs(dataset.features, rows), _responses(dataset, rows)
    if not x.shape[1] or not (y.std(axis=0) > 0).all():
        return None
    lags = range(-MAX_LAG, MAX_LAG + 1)
    inner = np.arange(MAX_LAG, len(rows) - MAX_LAG)
    squares = {lag: _held_out_squares(x[inner], y[inner + lag]) for lag in lags}
    spreads = {lag: ((y[inner + lag] - y[inner + lag].mean(axis=0)) ** 2).sum() for lag in lags}
    explained = {lag: float(1 - squares[lag].sum() / spreads[lag]) for lag in lags}
    best = max((lag for lag in lags if lag), key=lambda lag: explained[lag])
    if explained[best] < MIN_SHARE or explained[0] > MAX_OWN * explained[best]:
        return None
    differences = squares[0] - squares[best]
    count = len(differences) // BLOCK
    blocks = differences[: count * BLOCK].reshape(count, BLOCK).mean(axis=1)
    if blocks.mean() < ERRORS * blocks.std(ddof=1) / np.sqrt(count):
        return None
    return Shift(rows=best, explained=_round(explained[best]), own=_round(explained[0]))


def _inputs(features: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """Ranks from -1 to 1 of the columns of numbers, 0 for a gap, and a one, float64 [rows, ...]."""
    numbers = features.select_dtypes("number").iloc[:, :MAX_COLUMNS]
    ranks = _ranks(numbers.iloc[rows])
    return np.column_stack([ranks, np.ones(len(rows))]) if ranks.shape[1] else ranks


def _responses(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """What is predicted, float64 [rows, responses]."""
    targets = dataset.targets.iloc[rows]
    if dataset.kind.has_classes:
        levels = dataset.classes[1:]
        return np.column_stack([targets.iloc[:, 0] == level for level in levels]).astype("float64")
    return targets.to_numpy("float64") if dataset.kind.has_labels else _ranks(targets)


def _ranks(table: pd.DataFrame) -> np.ndarray:
    return (2 * table.rank(pct=True) - 1).fillna(0.0).to_numpy("float64")


def _held_out_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The squared error of each row, summed over the responses, under the line of the other half,
    float64 [rows]."""
    half = len(x) // 2
    squares = np.empty(len(x))
    for fitted, held_out in ((slice(half), slice(half, None)), (slice(half, None), slice(half))):
        line = np.linalg.lstsq(x[fitted], y[fitted], rcond=None)[0]
        squares[held_out] = ((y[held_out] - x[held_out] @ line) ** 2).sum(axis=1)
    return squares


def _round(value: float) -> float:
    return float(f"{value:.4g}")
