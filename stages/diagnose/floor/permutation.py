"""p-values of predictions under permuted targets, exact whatever the models and the loss."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.diagnose.floor.rows import EncodedRows


@dataclass(frozen=True)
class PermutationTest:
    """A test of one statistic: its p-value, and the smallest one that any order of these targets
    could have had."""

    p_value: float
    smallest: float


class Tail:
    """Counts how many permuted statistics are as small as the observed one, and as the smallest."""

    def __init__(self, observed: float) -> None:
        # Equal losses are equal up to the order of their sums.
        self._slack = 1e-9 * max(1.0, abs(observed))
        self._observed, self._lowest = observed, observed
        self._at_most = self._at_lowest = self._drawn = 0

    def add(self, permuted: np.ndarray) -> None:
        """Take these statistics in, float64 [permutations]."""
        self._drawn += len(permuted)
        self._at_most += int((permuted <= self._observed + self._slack).sum())
        lowest = float(permuted.min(initial=self._lowest))
        if lowest < self._lowest - self._slack:
            self._lowest, self._at_lowest = lowest, 0
        self._at_lowest += int((permuted <= self._lowest + self._slack).sum())

    def test(self, every: bool = False) -> PermutationTest:
        """every: all orders were taken, the observed one among them, and not a sample of them."""
        observed = 0 if every else 1
        orders = self._drawn + observed
        return PermutationTest(
            (self._at_most + observed) / orders, (self._at_lowest + observed) / orders
        )


def row_orders(rows: EncodedRows, rng: np.random.Generator) -> Callable[[], np.ndarray]:
    """Draws an order of the rows, int64 [rows], that is as likely as the given one if the target
    does not depend on the inputs.

    Independent rows: any order. Groups: rows are alike within their group, and groups with
    others of their size, so both are shuffled (Winkler, Webster, Vidaurre, Nichols, Smith,
    Multi-level block permutation, NeuroImage 123, 2015). Rows in the order of time resemble their
    neighbours: blocks of about sqrt(rows) are shuffled, the rows of each in their order, which
    keeps what is shorter than a block; a trend that inputs and target share counts as signal.
    """
    count = len(rows.target)
    if rows.ordered:
        blocks = np.arange(count) // max(1, int(count**0.5))
    elif rows.groups is not None:
        _, blocks = np.unique(rows.groups, return_inverse=True)
    else:
        return lambda: rng.permutation(count)
    sizes = np.bincount(blocks)
    places = np.lexsort((blocks, sizes[blocks]))

    def draw() -> np.ndarray:
        order = np.empty(count, dtype="int64")
        rank = np.empty(len(sizes))
        rank[np.lexsort((rng.random(len(sizes)), sizes))] = np.arange(len(sizes))
        inside = 0.0 if rows.ordered else rng.random(count)
        order[places] = np.argsort(rank[blocks] + inside, kind="stable")
        return order

    return draw


def permutation_tests(
    predictions: dict[str, list[np.ndarray]],
    targets: np.ndarray,
    permutations: int,
    draw_order: Callable[[], np.ndarray],
    weights: np.ndarray | None = None,
) -> dict[str, PermutationTest]:
    """For each prediction, p = (1 + #{loss of permuted targets <= loss}) / (permutations + 1).

    The predictions come from models that have not seen these rows, so if the target does not
    depend on the inputs, every such order of the targets is equally likely given the predictions,
    and the p-value is exact whatever the models and the loss (Good, Permutation, Parametric and
    Bootstrap Tests of Hypotheses, 3rd ed., chapter 3; Ojala and Garriga, Permutation Tests for
    Studying Classifier Performance, Journal of Machine Learning Research 11, 2010).

    Args:
        predictions: by name, for each target probabilities [rows, classes] or values [rows, 1].
        targets: [rows, targets]; the targets of a row stay together.
        permutations: how many orders are drawn.
        draw_order: draws an order of the rows, int64 [rows].
        weights: float64 [rows], or None. A row's weight moves with its target, and what a
            prediction costs is taken less what it costs under the targets' weighted mean or
            shares: weights that depend on the target or on the inputs then leave the mean of the
            permuted losses where it was.
    """
    rows = len(targets)
    columns = np.ascontiguousarray(targets.T)

    def losses_in(orders: np.ndarray) -> dict[str, np.ndarray]:
        """The loss of each prediction in each order [permutations, rows], by name."""
        totals = dict.fromkeys(predictions, np.zeros(len(orders)))
        for k, column in enumerate(columns):
            permuted = column[orders]
            for name, predicted in predictions.items():
                if weights is None:
                    losses = _losses(predicted[k], permuted)
                else:
                    losses = _weighted_losses(predicted[k], column, weights, orders)
                totals[name] = totals[name] + losses / len(columns)
        return totals

    observed = {name: losses[0] for name, losses in losses_in(np.arange(rows)[None]).items()}
    tails = {name: Tail(loss) for name, loss in observed.items()}
    block = max(1, 100_000 // rows)  # small enough for a processor's cache
    for start in range(0, permutations, block):
        size = min(block, permutations - start)
        # rng.permuted along an axis takes half as long again.
        orders = np.stack([draw_order() for _ in range(size)])
        for name, losses in losses_in(orders).items():
            tails[name].add(losses)
    return {name: tail.test() for name, tail in tails.items()}


def _losses(prediction: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The mean loss under each row of `targets` [permutations, rows], float64 [permutations].

    Only what an order of the targets changes: of a squared error the cross term.
    """
    rows, classes = prediction.shape
    if classes == 1:
        return -2 * (targets @ prediction[:, 0]) / rows
    cost = -np.log(prediction)
    if classes == 2:
        return cost[:, 0].mean() + targets @ (cost[:, 1] - cost[:, 0]) / rows
    return cost.ravel().take(targets + classes * np.arange(rows)).mean(axis=1)


def _weighted_losses(
    prediction: np.ndarray, target: np.ndarray, weights: np.ndarray, orders: np.ndarray
) -> np.ndarray:
    """The same of weighted rows, of which target [rows] and weights [rows] are taken in each order
    [permutations, rows]."""
    rows, classes = prediction.shape
    if classes == 1:
        moved = weights * (target - np.average(target, weights=weights))
        return -2 * (moved[orders] @ prediction[:, 0]) / rows
    shares = np.bincount(target, weights, minlength=classes) / weights.sum()
    cost = -np.log(prediction)
    cost -= (cost @ shares)[:, None]
    costs = cost.ravel().take(target[orders] + classes * np.arange(rows))
    return (weights[orders] * costs).mean(axis=1)
