"""By how much the test loss rises when a column is shuffled, before and after the edits."""

from typing import Any

import numpy as np
import pandas as pd

from stages.diagnose.evidence.pair import Pair
from stages.lib.trials.refits import Refits
from stages.lib.trials.statistics import mean

REPEATS = 5
# More columns or rows than these take longer than they tell.
MAX_COLUMNS, MAX_ROWS = 24, 1000
# Of `diagnose.seconds`, on one core at nominal speeds.
SHARE = 0.05


def importance(pair: Pair) -> list[dict[str, Any]]:
    """Permutation importance (Breiman, Random Forests, Machine Learning 45, 2001) of each column,
    the most important one first: the rise of the mean test loss, by the rows' weights, over the
    networks of all refits, mean and deviation over REPEATS shuffles. Empty without refits or new
    rows, and where there is no time.

    Of more than MAX_COLUMNS columns the first ones that the card has, of more than MAX_ROWS test
    rows the first of these.
    """
    if pair.refits is None or not pair.question.rows_vary:
        return []
    weights = pair.laboratory.design(pair.own, "test").weights
    names = [column.name for column in pair.subject.card.columns][:MAX_COLUMNS]
    table = pair.laboratory.frames["test"].head(MAX_ROWS)
    if weights is not None and not weights[: len(table)].any():
        return []
    networks = pair.refits[: 1 + pair.changed]
    shuffled = 1 + REPEATS * len(names)
    if sum(shuffled * one.seconds(len(table)) for one in networks) > SHARE * pair.seconds:
        return []
    before = _of(pair.refits[0], table, names, weights)
    after = _of(pair.refits[1], table, names, weights) if pair.changed else before
    found = [
        {
            "column": name,
            "before": before.mean(axis=1)[k],
            "after": after.mean(axis=1)[k],
            "deviation_before": before.std(axis=1)[k],
            "deviation_after": after.std(axis=1)[k],
        }
        for k, name in enumerate(names)
    ]
    return sorted(found, key=lambda entry: -entry["after"])


def _of(
    networks: Refits, table: pd.DataFrame, names: list[str], weights: np.ndarray | None
) -> np.ndarray:
    """The rises, float64 [columns, REPEATS]. weights: of the test rows, float64 [rows], or None."""
    from sklearn.inspection import permutation_importance

    others = table.drop(columns=names)
    known = None if weights is None else weights[: len(table)]

    def negative_loss(estimator: _Fitted, features: pd.DataFrame, targets: object) -> float:
        predictions = networks.predictions(pd.concat([features, others], axis=1))
        losses = [
            mean(networks.judge.of_predictions(one, "test", slice(len(features))), known)
            for one in predictions
        ]
        return -float(np.mean(losses))

    found = permutation_importance(
        _Fitted(), table[names], None, scoring=negative_loss, n_repeats=REPEATS, random_state=0
    )
    return np.asarray(found.importances)


class _Fitted:
    """What scikit-learn calls an estimator; the scoring above does all that is done with it."""

    def fit(self, features: object, targets: object) -> "_Fitted":
        """It is."""
        return self
