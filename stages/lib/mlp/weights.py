"""`train.class_weight` as a number for each class: what the trained loss of its rows is multiplied
by. Keras' semantics: the training loss alone is weighted so, and a class left out has weight 1.
"""

import numpy as np

from stages.lib.params.agreement import weights_by_class
from stages.lib.params.train import Train
from stages.lib.vocabulary.tasks import Task

# Rows that are counted at a time: the codes may lie in a memory-mapped file.
BLOCK_ROWS = 2**20


def class_weights(
    params: Train,
    task: Task,
    codes: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray | None:
    """float64 [classes], or None for no class weights.

    codes: int32 [rows, 1], the classes of the training rows, and weights: float [rows], theirs, or
    None; `balanced` counts by them. Its formula is scikit-learn's compute_class_weight: n rows of k
    classes, n_c of them of class c, give n / (k n_c), so that every class weighs as much. Raises
    UserError as `weights_by_class`.
    """
    by_class = weights_by_class(params, task)
    if params.class_weight == "balanced":
        counts = _counts(codes, weights, len(task.classes))
        # A sample of the rows may lack a class, whose weight then stands for nothing.
        by_class = np.ones(len(counts))
        np.divide(counts.sum(), len(counts) * counts, out=by_class, where=counts > 0)
    return by_class


def row_factors(
    weights: np.ndarray | None, class_weights: np.ndarray | None, codes: np.ndarray
) -> np.ndarray | None:
    """What the trained losses of rows are multiplied by, float32 [rows]; None without weights.

    weights: of the rows, float [rows], or None. class_weights: float [classes], or None; codes: the
    classes of the rows, int [rows, 1], of which nothing is read without class weights.
    """
    if weights is None and class_weights is None:
        return None
    factors = 1.0 if weights is None else weights
    if class_weights is not None:
        factors = factors * class_weights[codes[:, 0]]
    return np.asarray(factors, dtype="float32")


def _counts(codes: np.ndarray, weights: np.ndarray | None, classes: int) -> np.ndarray:
    """The rows of each class, weighted, float64 [classes]."""
    counts = np.zeros(classes)
    for start in range(0, len(codes), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        of_rows = None if weights is None else weights[rows]
        counts += np.bincount(codes[rows, 0], of_rows, minlength=classes)
    return counts
