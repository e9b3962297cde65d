"""The squared loss of the run at hand in units that a reader knows: RMSE and R2."""

from typing import Any

import numpy as np

from stages.lib.core.parquet_files import numbered
from stages.lib.trials.subject import Subject


def regression_scores(subject: Subject, split: str) -> dict[str, Any] | None:
    """RMSE in target units and R2 of the trained network, as `reports/metrics.json` has them.

    RMSE is the root of the mean squared error, R2 = 1 - MSE / variance of the split's targets
    (scikit-learn's r2_score); of several targets R2 is the mean over them, and RMSE, whose units
    differ, is left out. Rows count by their weights.

    Args:
        subject: the run.
        split: of the rows that are scored.

    Returns:
        rmse and r2, None for one that is not finite or not defined, and the split; None for a task
        that is no regression, or a split without rows.
    """
    table = subject.predictions[split]
    if not subject.task.is_regression or table.empty:
        return None
    y_true, y_pred = numbered(table, "target"), numbered(table, "prediction")
    weights = table["weight"].to_numpy() if "weight" in table else None
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.average((y_true - y_pred) ** 2, axis=0, weights=weights)
        center = np.average(y_true, axis=0, weights=weights)
        spread = np.average((y_true - center) ** 2, axis=0, weights=weights)
        r2 = 1 - squares / spread if (spread > 0).all() else np.array([np.nan])
        rmse = np.sqrt(squares[0]) if len(squares) == 1 else np.nan
    return {"rmse": _finite(float(rmse)), "r2": _finite(float(r2.mean())), "split": split}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
