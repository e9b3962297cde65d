"""The loss that no network goes below on the training rows: equal inputs with different targets."""

import numpy as np

from stages.lib.artifacts.card import Card
from stages.lib.trials.subject import Data


def conflict_floor(subject: Data) -> float:
    """The smallest mean loss that any function of the inputs has on the training rows.

    Rows with the same inputs get the same prediction, and the best one for them is their shares of
    classes or their mean: what is left is the entropy within such rows, or the variance. Exact,
    and 0 where no inputs are repeated.

    Returns:
        Nats, nats a label or squared target units, by the rows' weights.
    """
    card: Card = subject.card
    table = subject.tables["train"]
    columns = [column.name for column in card.columns]
    group = table.groupby(columns, dropna=False, sort=False).ngroup().to_numpy()
    weights = subject.weights(subject.tables).get("train", np.ones(len(table)))
    total = np.bincount(group, weights)
    losses = [
        _within(table[target].to_numpy(), group, weights, total, card.task.is_regression)
        for target in card.targets
    ]
    return float(np.mean(losses))


def _within(
    target: np.ndarray, group: np.ndarray, weights: np.ndarray, total: np.ndarray, numbers: bool
) -> float:
    """The mean entropy or variance of a target within groups of rows."""
    safe = np.where(total > 0, total, 1.0)
    if numbers:
        values = target.astype("float64")
        # About the overall mean, so that large numbers keep their digits.
        values = values - values.mean()
        means = np.bincount(group, weights * values) / safe
        return float((weights * np.square(values - means[group])).sum() / weights.sum())
    _, codes = np.unique(target.astype(str), return_inverse=True)
    count = codes.max() + 1
    shares = np.bincount(group * count + codes, weights, minlength=len(total) * count)
    by_group = shares.reshape(len(total), count) / safe[:, None]
    logs = np.log(np.where(by_group > 0, by_group, 1.0))
    return float(-(total[:, None] * by_group * logs).sum() / weights.sum())
