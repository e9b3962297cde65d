"""Scenarios: synthetic tables whose exact conditional distribution is known.

A new scenario is one entry of SCENARIOS at the end of this file, with the function that it names:
it draws inputs and states, row by row, how the targets are distributed given them. The targets are
drawn in laws.py from that statement, so what is stated and what is drawn cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.generate.laws import Labels, Law, LogNormal, Normal, Posterior
from stages.lib.params.data import Synthetic


@dataclass(frozen=True)
class Draw:
    """What a scenario is asked for.

    Attributes:
        rng: of the inputs.
        rows: how many.
        columns: how many, the scenario's own and columns of noise.
        shares: of the classes, float64 [classes]; empty where there are none.
        params: the section data.synthetic, for noise_sd and targets.
    """

    rng: np.random.Generator
    rows: int
    columns: int
    shares: np.ndarray
    params: Synthetic


# The inputs by name, float64 [rows], and the law of the targets given them.
Stated = tuple[dict[str, np.ndarray], Law]


@dataclass(frozen=True)
class Scenario:
    """A synthetic table.

    Attributes:
        sample: draws the inputs and states the law.
        least: columns that the law reads; the function has to draw at least so many.
        classes: how many classes there are; None for labels and numbers.
        several_targets: it has as many targets as data.synthetic.targets says.
        constant: the Bayes loss is the same in every row, so that its average has no standard
            error.
        reads_every_column: the law reads all columns, also those beyond `least`.
    """

    sample: Callable[[Draw], Stated]
    least: int
    classes: Callable[[Synthetic], int] | None = None
    several_targets: bool = False
    constant: bool = False
    reads_every_column: bool = False


# ---- parts of scenarios ----


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -logit))


def _uniform(draw: Draw) -> dict[str, np.ndarray]:
    return {f"x{i + 1}": draw.rng.uniform(size=draw.rows) for i in range(draw.columns)}


def _noise(draw: Draw, columns: int) -> dict[str, np.ndarray]:
    """Columns that the target does not depend on: standard normal."""
    return {f"noise_{i + 1}": draw.rng.standard_normal(draw.rows) for i in range(columns)}


def _of_two(positive: np.ndarray) -> Posterior:
    """Two classes, of which the second has this probability, float64 [rows]."""
    return Posterior(np.column_stack([1 - positive, positive]))


def _two(params: Synthetic) -> int:
    return 2


# ---- classes ----


def _coin_flips(draw: Draw) -> Stated:
    """Uniform inputs and labels independent of them: nothing to learn, floor = entropy of the
    shares (ln 2 for equal ones)."""
    return _uniform(draw), Posterior(np.tile(draw.shares, (draw.rows, 1)))


@dataclass(frozen=True)
class IncomeColumn:
    """A column of `income`: how it is drawn, its exact mean and deviation in its own unit, and its
    weight in the law."""

    sample: Callable[[np.random.Generator, int], np.ndarray]
    mean: float
    deviation: float
    weight: float


# Income is log-normal (median 60,000 USD, deviation 1 of the logarithm), about the shape of a
# national income table: one household in 400 is above 1,000,000 USD.
INCOME_COLUMNS = {
    "household_income": IncomeColumn(  # USD a year
        lambda rng, n: 60_000 * rng.lognormal(0.0, 1.0, n),
        60_000 * np.exp(0.5),
        60_000 * np.sqrt(np.expm1(1.0) * np.exp(1.0)),
        1.2,
    ),
    "age": IncomeColumn(  # years
        lambda rng, n: rng.uniform(18, 90, n), 54.0, 72 / np.sqrt(12), -1.5
    ),
    "education": IncomeColumn(  # years of schooling
        lambda rng, n: rng.binomial(20, 0.65, n).astype(float),
        13.0,
        np.sqrt(20 * 0.65 * 0.35),
        1.0,
    ),
    "debt_ratio": IncomeColumn(  # debt service as a share of income
        lambda rng, n: rng.beta(2.0, 5.0, n), 2 / 7, np.sqrt(10 / (49 * 8)), -2.0
    ),
    "months_at_address": IncomeColumn(lambda rng, n: rng.exponential(80.0, n), 80.0, 80.0, 0.5),
    "household_size": IncomeColumn(  # persons
        lambda rng, n: 1 + rng.poisson(1.5, n).astype(float), 2.5, np.sqrt(1.5), 0.0
    ),
}


def _income_logit(rng: np.random.Generator, rows: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    inputs, logit = {}, np.zeros(rows)
    for name, column in INCOME_COLUMNS.items():
        inputs[name] = column.sample(rng, rows)
        logit += column.weight * (inputs[name] - column.mean) / column.deviation
    return inputs, logit


def _income(draw: Draw) -> Stated:
    """Household features on their natural scales; the label (say, credit granted) follows a
    logistic law of the standardised features."""
    inputs, logit = _income_logit(draw.rng, draw.rows)
    noise = _noise(draw, draw.columns - len(inputs))
    # The intercept that gives the wanted share, by bisection over one fixed large sample; any
    # intercept has an exact posterior, so the sample's size matters to the share only.
    _, reference = _income_logit(np.random.default_rng(0), 100_000)
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        if _sigmoid(reference + middle).mean() < draw.shares[1]:
            low = middle
        else:
            high = middle
    return {**inputs, **noise}, _of_two(_sigmoid(logit + low))


def _moons(draw: Draw) -> Stated:
    """Two interleaved half circles. Each class is a mixture of 200 equal round Gaussians along
    its half circle, so that the posterior is a ratio of finite sums: exact, and curved."""
    angle = np.linspace(0, np.pi, 200)
    arcs = (
        np.column_stack([np.cos(angle), np.sin(angle)]),
        np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)]),
    )
    rng, rows, deviation = draw.rng, draw.rows, 0.25
    origin = (rng.uniform(size=rows) > draw.shares[0]).astype(int)
    centre = np.where(
        origin[:, None] == 0,
        arcs[0][rng.integers(200, size=rows)],
        arcs[1][rng.integers(200, size=rows)],
    )
    point = centre + deviation * rng.standard_normal((rows, 2))
    logarithm = np.empty((rows, 2))
    for start in range(0, rows, 50_000):
        block = slice(start, start + 50_000)
        for k, arc in enumerate(arcs):
            squared = ((point[block, None, :] - arc[None]) ** 2).sum(axis=2)
            exponent = -squared / (2 * deviation**2)
            logarithm[block, k] = np.log(draw.shares[k]) + np.logaddexp.reduce(exponent, axis=1)
    inputs = {"x1": point[:, 0], "x2": point[:, 1], **_noise(draw, draw.columns - 2)}
    return inputs, _of_two(_sigmoid(logarithm[:, 1] - logarithm[:, 0]))


def _gaussian_classes(draw: Draw) -> Stated:
    """Round unit Gaussians, one per class, 1.5 from the origin in seeded directions."""
    classes, columns, shares = len(draw.shares), draw.columns, draw.shares
    # The centres belong to the scenario, not to the draw: the same for every sample of rows.
    centres = np.random.default_rng([columns, classes]).standard_normal((classes, columns))
    centres *= 1.5 / np.linalg.norm(centres, axis=1, keepdims=True)
    origin = draw.rng.choice(classes, size=draw.rows, p=shares)
    point = centres[origin] + draw.rng.standard_normal((draw.rows, columns))
    # log density up to a term common to all classes
    score = np.log(shares) + point @ centres.T - (centres**2).sum(axis=1) / 2
    posterior = np.exp(score - np.logaddexp.reduce(score, axis=1, keepdims=True))
    return {f"x{i + 1}": point[:, i] for i in range(columns)}, Posterior(posterior)


# ---- numbers and labels ----


def _friedman(draw: Draw) -> Stated:
    """Friedman's first benchmark: 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise
    (Friedman, Multivariate Adaptive Regression Splines, Annals of Statistics 19, 1991)."""
    x = _uniform(draw)
    mean = _friedman_mean(*(x[f"x{i}"] for i in range(1, 6)))
    return x, Normal(mean[:, None], np.full((draw.rows, 1), draw.params.noise_sd))


def _friedman_mean(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, e: np.ndarray
) -> np.ndarray:
    return 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def _heavy_tail(draw: Draw) -> Stated:
    """A log-normal target: its logarithm is 5 + 5 x1 + 2 x2 - 2 x1 x3 plus noise, with uniform
    inputs: it runs over several orders of magnitude, and its conditional mean and variance stay
    bounded, so that their averages over some hundred rows mean something."""
    x = _uniform(draw)
    location = 5 + 5 * x["x1"] + 2 * x["x2"] - 2 * x["x1"] * x["x3"]
    return x, LogNormal(location[:, None], np.full((draw.rows, 1), draw.params.noise_sd))


def _tags(draw: Draw) -> Stated:
    """Labels, of which a row has any number. Each depends on four of five standard normal inputs,
    which it shares with the others: neighbours go together, and all are independent given the
    inputs. Every other one is rarer."""
    x = {f"x{i + 1}": draw.rng.standard_normal(draw.rows) for i in range(draw.columns)}
    first = [x[f"x{i + 1}"] for i in range(5)]
    logits = [
        1.5 * (first[k % 5] + first[(k + 1) % 5] + first[(k + 2) % 5] * first[(k + 3) % 5])
        - 2 * (k % 2)
        for k in range(draw.params.targets)
    ]
    return x, Labels(_sigmoid(np.column_stack(logits)))


def _responses(draw: Draw) -> Stated:
    """Several numbers of one row, each Friedman's first benchmark of the same five inputs, in
    another order, and in another unit: of size 1, 10, 100, 1 and so on, as is the noise."""
    x = _uniform(draw)
    first = [x[f"x{i + 1}"] for i in range(5)]
    units = 10.0 ** (np.arange(draw.params.targets) % 3)
    means = [_friedman_mean(*first[k % 5 :], *first[: k % 5]) for k in range(draw.params.targets)]
    deviation = np.tile(units * draw.params.noise_sd, (draw.rows, 1))
    return x, Normal(units * np.column_stack(means), deviation)


SCENARIOS = {
    "coin_flips": Scenario(_coin_flips, least=1, classes=_two, constant=True),
    "income": Scenario(_income, least=len(INCOME_COLUMNS), classes=_two),
    "moons": Scenario(_moons, least=2, classes=_two),
    "gaussian_classes": Scenario(
        _gaussian_classes,
        least=1,
        classes=lambda params: params.classes,
        reads_every_column=True,
    ),
    "friedman": Scenario(_friedman, least=5, constant=True),
    "heavy_tail": Scenario(_heavy_tail, least=3),
    "tags": Scenario(_tags, least=5, several_targets=True),
    "responses": Scenario(_responses, least=5, several_targets=True, constant=True),
}
