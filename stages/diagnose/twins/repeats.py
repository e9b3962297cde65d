"""Whether equal rows come in more regular numbers than independent draws give."""

import numpy as np
from scipy.special import gammaln

# Rows that are there more often than so many times are counted together: where values are few such
# numbers are usual, and their regularity says little.
MOST_COPIES = 50
# Steps of the square root of a Poisson mean, in which its information is the same everywhere. A
# mixture of two neighbours is then within 1e-4 nats a row of any mean between them.
STEP = 0.1
MAX_ITERATIONS = 1_000
# Nats within which the largest likelihood has to be known; what is missing counts for the null.
TOLERANCE = 0.05


def log_e_value(copies: np.ndarray) -> float:
    """The logarithm of an e-value against "the rows are independent draws of one distribution".

    Under that hypothesis, whatever the distribution, its probability of exceeding ln(1 / alpha) is
    at most alpha, for any number of rows (Markov's inequality).

    Draws from one distribution: how often each value comes is Poisson about its own mean (the
    number of rows being Poisson), so the numbers of copies are a mixture of zero-truncated Poisson
    distributions. What no such mixture gives are numbers that scatter less than a Poisson number
    does: each row six times, or many rows twice and none three times. The e-value is the likelihood
    of a free distribution of these numbers, predicted one by one from those before it (a Dirichlet
    process with the base 1 / (k (k + 1))), over the largest likelihood of any mixture: universal
    inference (Wasserman, Ramdas, Balakrishnan, PNAS 117, 2020). That the number of rows is fixed
    and not Poisson costs the factor 1 / P(Poisson(n) = n), at most sqrt(2 pi n) e^(1 / 12 n).

    Args:
        copies: how often each distinct row is there, int64 [distinct rows], from 1.
    """
    rows = int(copies.sum())
    k, counts = np.unique(np.minimum(copies, MOST_COPIES + 1), return_counts=True)
    base = np.where(k > MOST_COPIES, 1 / (MOST_COPIES + 1), 1 / (k * (k + 1.0)))
    total = counts.sum()
    free = -gammaln(1.0 + total) + (gammaln(counts + base) - gammaln(base)).sum()
    fixed_number = 0.5 * np.log(2 * np.pi * rows) + 1 / (12 * rows)
    return float(free - _largest_likelihood(k, counts) - fixed_number)


def _largest_likelihood(k: np.ndarray, counts: np.ndarray) -> float:
    """The logarithm of the largest likelihood of any mixture, or a bound from above.

    By expectation and maximization over the weights of a fine grid of means. With D the gradient
    over the means, no mixture is better than this one by more than max D - number of rows (Lindsay,
    The Geometry of Mixture Likelihoods, Annals of Statistics 11, 1983).
    """
    density = _truncated_poisson(k)
    weights = np.full(density.shape[1], 1 / density.shape[1])
    total = counts.sum()
    for _ in range(MAX_ITERATIONS):
        gradient = (counts / (density @ weights)) @ density
        if gradient.max() - total < TOLERANCE:
            break
        weights = weights * gradient / total
    gradient = (counts / (density @ weights)) @ density
    return float(counts @ np.log(density @ weights) + max(0.0, gradient.max() - total))


def _truncated_poisson(k: np.ndarray) -> np.ndarray:
    """P(k copies | at least one), float64 [k, means]; the last k stands for all beyond too."""
    # Beyond, all but 1e-9 of the probability is on more than MOST_COPIES; at 0 all is on 1.
    means = np.arange(STEP, np.sqrt(MOST_COPIES) + 6, STEP) ** 2
    number = np.arange(1, MOST_COPIES + 1)[:, None]
    logs = number * np.log(means) - gammaln(number + 1) - means - np.log(-np.expm1(-means))
    single = np.exp(logs)
    density = np.vstack([single, np.maximum(1 - single.sum(axis=0), 1e-300)])
    at_zero = np.zeros((MOST_COPIES + 1, 1))
    at_zero[0] = 1
    endless = np.zeros((MOST_COPIES + 1, 1))
    endless[-1] = 1
    return np.hstack([at_zero, density, endless])[k - 1]
