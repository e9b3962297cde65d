"""Which columns of numbers say most of the targets, each by itself."""

import warnings

import numpy as np

from stages.lib.vocabulary.tasks import TaskKind


def association(values: np.ndarray, targets: np.ndarray, kind: TaskKind) -> tuple[float, float]:
    """How much one column says of the targets: F, as scikit-learn's SelectKBest takes it.

    Of classes and labels the F test of equal means (`f_classif`), of numbers that of no correlation
    (`f_regression`); of several targets the largest F.

    Args:
        values: of the column, float64 [rows], without gaps.
        targets: class codes [rows, 1], labels or numbers [rows, targets].
        kind: of the task.

    Returns:
        F and its p-value; 0 and 1 of a column or targets of one value only.
    """
    from sklearn.feature_selection import f_classif, f_regression

    score = f_regression if kind.is_regression else f_classif
    best = (0.0, 1.0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of constant columns, which are told by NaN
        for target in targets.T:
            if np.ptp(target) > 0 and np.ptp(values) > 0:
                f, p = score(values[:, None], target)
                best = max(best, (float(f[0]), float(p[0])))
    return best


def weakest(scores: dict[str, float], keep: int) -> set[str]:
    """The names of all columns but the `keep` of the highest scores; of equal ones the earlier are
    kept."""
    order = sorted(scores, key=lambda name: -scores[name])
    return set(order[keep:])
