"""Signal in few rows: every row is judged by a model that was fitted to all the others.

For each order of the targets the models are fitted anew, so the permutation test is exact although
the rows that judge are those that are fitted.
"""

from collections.abc import Callable
from itertools import permutations

import numpy as np

from stages.diagnose.floor.permutation import PermutationTest, Tail
from stages.diagnose.floor.rows import EncodedRows

# Rows up to which all orders are taken: 7! = 5,040.
MAX_ENUMERATED_ROWS = 7
# Multiplications that the permuted fits of a model may take: about a second.
OPERATIONS = 1e9
MIN_PERMUTATIONS, MAX_PERMUTATIONS = 999, 9_999
LINEAR, KERNEL = "linear model of the other rows", "kernel model of the other rows"
MIN_ROWS = 3  # of two, what is left without one is no scatter
# Share of the kernel's largest value that is added to its diagonal: rows are smoothed over.
KERNEL_PENALTY = 0.3


def cross_fitted_tests(
    rows: EncodedRows, draw_order: Callable[[], np.ndarray]
) -> dict[str, PermutationTest]:
    """Whether a linear and a kernel model predict each row from the others better than they predict
    the targets in other orders; empty for fewer than three rows.

    The statistic is the mean squared error of leaving one row out, of numbers or of the indicators
    of the classes. Both models are linear in the targets, H y, so that error is (y - H y) / (1 -
    diag H) for whatever y (Allen's PRESS, Technometrics 16, 1974; Hastie, Tibshirani, Friedman, The
    Elements of Statistical Learning, 2nd ed., section 7.10): fitting to thousands of orders is one
    product of matrices. It is a function of inputs and targets, so if the targets do not depend on
    the inputs all orders of it are equally likely, and p-values are exact.

    Args:
        rows: all rows, of any split.
        draw_order: draws an order of the rows, int64 [rows] (`row_orders`).
    """
    count = len(rows.target)
    if count < MIN_ROWS:
        return {}
    targets = _indicators(rows)
    orders = _orders(rows, draw_order, targets.shape[1])
    every = rows.independent and count <= MAX_ENUMERATED_ROWS
    tests = {}
    smoothers = {LINEAR: _ridge(rows.x), KERNEL: _kernel(rows.x)}
    for name, smoother in smoothers.items():
        left_out = (np.eye(count) - smoother) / np.maximum(1 - np.diag(smoother), 1e-9)[:, None]
        tail = Tail(_errors(left_out, targets, np.arange(count)[None])[0])
        for block in np.array_split(orders, max(1, orders.size // 100_000)):
            tail.add(_errors(left_out, targets, block))
        tests[name] = tail.test(every)
    return tests


def _errors(left_out: np.ndarray, targets: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """The mean squared error of leaving one row out for each order [orders, rows], float64
    [orders]."""
    permuted = targets[orders]  # [orders, rows, targets]
    return np.asarray(np.square(left_out @ permuted).mean(axis=(1, 2)))


def _orders(rows: EncodedRows, draw_order: Callable[[], np.ndarray], targets: int) -> np.ndarray:
    """All orders of few independent rows, or drawn ones, int64 [orders, rows]."""
    count = len(rows.target)
    if rows.independent and count <= MAX_ENUMERATED_ROWS:
        return np.array(list(permutations(range(count))))
    number = int(np.clip(OPERATIONS / (count**2 * targets), MIN_PERMUTATIONS, MAX_PERMUTATIONS))
    return np.stack([draw_order() for _ in range(number)])


def _indicators(rows: EncodedRows) -> np.ndarray:
    """The targets as numbers, float64 [rows, columns]: one column of two classes, or a number, and
    one for each of more classes."""
    columns = []
    for column in rows.target.reshape(len(rows.target), -1).T:
        if rows.classes > 2:
            columns += [(column == k).astype("float64") for k in np.unique(column)]
        else:
            columns.append(column.astype("float64"))
    centred = np.column_stack(columns)
    return centred - centred.mean(axis=0)


def _ridge(x: np.ndarray) -> np.ndarray:
    """The smoother [rows, rows] of a ridge regression on standardised inputs.

    The penalty is their number: all of them together then explain as much as one unit of noise
    before any row is seen, however many there are.
    """
    deviation = x.std(axis=0)
    z = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    return _smoother(z @ z.T, float(max(1, z.shape[1])))


def _kernel(x: np.ndarray) -> np.ndarray:
    """That of a kernel ridge regression, exp(-d^2 / median d^2)."""
    squared = np.square(x[:, None] - x[None]).sum(axis=2)
    between = squared[np.triu_indices(len(x), 1)]
    width = float(np.median(between)) or float(between.mean()) or 1.0
    kernel = np.exp(-squared / width)
    centred = kernel - kernel.mean(axis=0) - kernel.mean(axis=1)[:, None] + kernel.mean()
    return _smoother(centred, KERNEL_PENALTY)


def _smoother(gram: np.ndarray, penalty: float) -> np.ndarray:
    """The mean, and a penalized fit about it, from the inner products of the rows [rows, rows]."""
    count = len(gram)
    return np.asarray(np.linalg.solve(gram + penalty * np.eye(count), gram)).T + 1 / count
