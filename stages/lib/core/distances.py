"""How far a column's distribution in one split lies from another's: 0 (equal) to 1 (apart)."""

import numpy as np


def kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> float:
    """The two-sample Kolmogorov-Smirnov statistic, the largest difference between the shares of
    numbers up to a value (Conover, Practical Nonparametric Statistics, 3rd ed., section 6.3).

    first, second: float64 [rows], at least one each, without NaN.
    """
    first, second = np.sort(first), np.sort(second)
    both = np.concatenate([first, second])
    both.sort(kind="stable")  # two sorted runs, which it merges
    shares = [
        np.searchsorted(sample, both, side="right") / len(sample) for sample in (first, second)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """The total variation distance, half the sum of the differences between the shares of the
    levels (Levin, Peres, Markov Chains and Mixing Times, 2nd ed., section 4.1).

    first, second: how many rows have each level, int64 [levels], not all zero.
    """
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)
