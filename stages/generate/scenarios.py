"""Scenarios: synthetic tables whose exact conditional distribution is known.

A new scenario is one entry of SCENARIOS at the end of this file: a function that draws inputs
and says, row by row, how the target is distributed given them. The target itself is drawn here,
in one place, from that statement, so what is stated and what is drawn cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError
from stages.lib.params import choose
from stages.lib.params.data import Synthetic
from stages.lib.tables.cells import FLOAT32_MAX
from stages.lib.tables.dataset import Dataset, Truth
from stages.lib.vocabulary.tasks import MULTILABEL, REGRESSION, TaskKind, kind_of_classes

# Rows from which the population's floor is averaged: at 200,000 its standard error is a few
# 1e-4 nats, well below the scatter of any held-out loss.
POPULATION_ROWS = 200_000


Rng = np.random.Generator
Array = np.ndarray
# The inputs by name, float64 [rows], and the law of the target: see Scenario.
Drawn = tuple[dict[str, np.ndarray], Any]


@dataclass(frozen=True)
class Scenario:
    """`law(rng, rows, columns, shares, params)` draws the inputs and states the target's law.

    It returns the inputs as a dict of float64 [rows] columns and, by `kind`: of classes a
    posterior, float64 [rows, classes]; of labels the probability of each, float64 [rows, labels];
    of numbers a pair of float64 [rows, targets]: their location and spread. `least` is the number
    of columns that the law reads; `constant` says that the Bayes loss is the same in every row, so
    that its average has no standard error.
    """

    law: Callable[[Rng, int, int, Array, Synthetic], Drawn]
    least: int
    kind: str = "classes"
    lognormal: bool = False
    constant: bool = False


def draw(params: Synthetic, seed: int) -> Dataset:
    """A scenario's table with its exact truth.

    Raises UserError when the scenario is unknown, has too few columns for its law, or when
    class_shares does not fit its classes.
    """
    name = choose("data.synthetic.scenario", params.scenario, SCENARIOS)
    scenario = SCENARIOS[name]
    if params.features < scenario.least:
        raise UserError(
            "params.yaml: data.synthetic.features",
            f"at least {scenario.least} for {name}",
            f"{params.features}",
        )
    shares = _shares(name, params) if scenario.kind == "classes" else np.empty(0)
    inputs_seed, target_seed, population_seed = np.random.SeedSequence(seed).spawn(3)
    inputs, law = scenario.law(
        np.random.default_rng(inputs_seed), params.rows, params.features, shares, params
    )
    truth, targets = _drawn(np.random.default_rng(target_seed), scenario, law, params)
    if not np.isfinite(truth.bayes_loss()).all() or (
        scenario.kind == "numbers" and (targets.abs() > FLOAT32_MAX).any(axis=None)
    ):
        raise UserError(
            "params.yaml: data.synthetic.noise_sd",
            f"a deviation that keeps the target of {name} within float32",
            f"{params.noise_sd:g}",
        )
    return Dataset(
        name=name,
        features=pd.DataFrame(inputs),
        targets=targets,
        kind=_kind(scenario, law),
        classes=_classes(scenario, law),
        truth=truth,
        population_floor=_population_floor(scenario, population_seed, shares, params),
    )


def _classes(scenario: Scenario, law: Any) -> tuple[str, ...]:
    """The names of the classes, or of the labels."""
    if scenario.kind == "numbers":
        return ()
    prefix = "label_" if scenario.kind == "labels" else ""
    return tuple(f"{prefix}{k}" for k in range(law.shape[1]))


def _kind(scenario: Scenario, law: Any) -> TaskKind:
    if scenario.kind == "classes":
        return kind_of_classes(len(_classes(scenario, law)))
    return MULTILABEL if scenario.kind == "labels" else REGRESSION


def _drawn(
    rng: np.random.Generator, scenario: Scenario, law: Any, params: Synthetic
) -> tuple[Truth, pd.DataFrame]:
    """The truth that the law states, and targets drawn from it."""
    if scenario.kind == "numbers":
        return _draw_numbers(rng, scenario, *law)
    classes = _classes(scenario, law)
    if scenario.kind == "labels":
        # A label drawn again uniformly is there in one case of two.
        share = (1 - params.label_noise) * law + params.label_noise / 2
        has = rng.uniform(size=law.shape) < share
        return Truth(labels=share), pd.DataFrame(has.astype("float64"), columns=list(classes))
    posterior = _with_label_noise(law, params.label_noise)
    return Truth(posterior=posterior), _draw_class(rng, posterior, classes).to_frame()


def _shares(name: str, params: Synthetic) -> np.ndarray:
    """The classes' shares, float64 [classes], equal unless given."""
    classes = params.classes if name == "gaussian_classes" else 2
    if params.class_shares is None:
        return np.full(classes, 1 / classes)
    shares = np.array(params.class_shares)
    if len(shares) != classes or abs(shares.sum() - 1) > 1e-6:
        raise UserError(
            "params.yaml: data.synthetic.class_shares",
            f"{classes} shares that sum to 1 for {name}",
            f"{params.class_shares}",
        )
    return shares / shares.sum()


def _with_label_noise(posterior: np.ndarray, noise: float) -> np.ndarray:
    """The posterior of labels of which a share `noise` is drawn again, uniformly."""
    return (1 - noise) * posterior + noise / posterior.shape[1]


def _draw_class(
    rng: np.random.Generator, posterior: np.ndarray, classes: tuple[str, ...]
) -> pd.Series:
    """One class a row, as text, by inversion of the posterior's cumulative sum."""
    cumulative = posterior.cumsum(axis=1)
    code = (rng.uniform(size=(len(posterior), 1)) > cumulative[:, :-1]).sum(axis=1)
    return pd.Series(np.array(classes, dtype=object)[code], name="label", dtype="str")


def _draw_numbers(
    rng: np.random.Generator, scenario: Scenario, location: np.ndarray, spread: np.ndarray
) -> tuple[Truth, pd.DataFrame]:
    """Normal or log-normal targets, with their exact mean and variance.

    Log-normal moments: mean exp(m + s^2/2), variance (exp(s^2) - 1) exp(2m + s^2) for a
    logarithm of mean m and deviation s (Johnson, Kotz, Balakrishnan, Continuous Univariate
    Distributions 1, chapter 14).
    """
    value = location + spread * rng.standard_normal(location.shape)
    with np.errstate(over="ignore"):  # `draw` refuses what is infinite
        if scenario.lognormal:
            mean = np.exp(location + spread**2 / 2)
            truth = Truth(mean=mean, variance=np.expm1(spread**2) * mean**2)
            value = np.exp(value)
        else:
            truth = Truth(mean=location, variance=spread**2)
    count = value.shape[1]
    names = [f"target_{k}" for k in range(count)] if count > 1 else ["target"]
    return truth, pd.DataFrame(value, columns=names)


def _population_floor(
    scenario: Scenario, seed: np.random.SeedSequence, shares: Array, params: Synthetic
) -> tuple[float, float]:
    """The expected Bayes loss over new rows and its standard error, from fresh inputs.

    Columns beyond the law's own do not change it, so only the law's are drawn.
    """
    rng = np.random.default_rng(seed)
    columns = max(scenario.least, params.features if scenario.law is _gaussian_classes else 0)
    # A wide mixture needs rows x columns numbers; some millions of them are enough.
    rows = 1 if scenario.constant else max(2000, min(POPULATION_ROWS, 20_000_000 // columns))
    _, law = scenario.law(rng, rows, columns, shares, params)
    truth, _ = _drawn(rng, scenario, law, params)
    loss = truth.bayes_loss()
    error = 0.0 if scenario.constant else float(loss.std(ddof=1) / np.sqrt(rows))
    return float(loss.mean()), error


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -logit))


def _uniform(rng: np.random.Generator, rows: int, columns: int) -> dict[str, np.ndarray]:
    return {f"x{i + 1}": rng.uniform(size=rows) for i in range(columns)}


def _noise(rng: np.random.Generator, rows: int, columns: int) -> dict[str, np.ndarray]:
    """Columns that the target does not depend on: standard normal."""
    return {f"noise_{i + 1}": rng.standard_normal(rows) for i in range(columns)}


def _coin_flips(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """Uniform inputs and labels independent of them: nothing to learn, floor = entropy of the
    shares (ln 2 for equal ones)."""
    return _uniform(rng, rows, columns), np.tile(shares, (rows, 1))


# The columns of `income`: how each is drawn, its exact mean and deviation in its own unit, and
# its weight in the law. Income is log-normal (median 60,000 USD, deviation 1 of the logarithm),
# about the shape of a national income table: one household in 400 is above 1,000,000 USD.
_INCOME_COLUMNS = {
    "household_income": (  # USD a year
        lambda rng, n: 60_000 * rng.lognormal(0.0, 1.0, n),
        60_000 * np.exp(0.5),
        60_000 * np.sqrt(np.expm1(1.0) * np.exp(1.0)),
        1.2,
    ),
    "age": (lambda rng, n: rng.uniform(18, 90, n), 54.0, 72 / np.sqrt(12), -1.5),  # years
    "education": (  # years of schooling
        lambda rng, n: rng.binomial(20, 0.65, n).astype(float),
        13.0,
        np.sqrt(20 * 0.65 * 0.35),
        1.0,
    ),
    "debt_ratio": (  # debt service as a share of income
        lambda rng, n: rng.beta(2.0, 5.0, n),
        2 / 7,
        np.sqrt(10 / (49 * 8)),
        -2.0,
    ),
    "months_at_address": (  # months
        lambda rng, n: rng.exponential(80.0, n),
        80.0,
        80.0,
        0.5,
    ),
    "household_size": (  # persons
        lambda rng, n: 1 + rng.poisson(1.5, n).astype(float),
        2.5,
        np.sqrt(1.5),
        0.0,
    ),
}


def _income_logit(rng: np.random.Generator, rows: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    columns, logit = {}, np.zeros(rows)
    for name, (sample, mean, deviation, weight) in _INCOME_COLUMNS.items():
        columns[name] = sample(rng, rows)
        logit += weight * (columns[name] - mean) / deviation
    return columns, logit


def _income(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """Household features on their natural scales; the label (say, credit granted) follows a
    logistic law of the standardised features."""
    named, logit = _income_logit(rng, rows)
    extra = _noise(rng, rows, columns - len(named))
    # The intercept that gives the asked share, by bisection over one fixed large sample; any
    # intercept has an exact posterior, so the sample's size matters to the share alone.
    _, reference = _income_logit(np.random.default_rng(0), 100_000)
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if _sigmoid(reference + middle).mean() < shares[1] else (low, middle)
        )
    positive = _sigmoid(logit + low)
    return {**named, **extra}, np.column_stack([1 - positive, positive])


def _moons(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """Two interleaved half circles. Each class is a mixture of 200 equal round Gaussians along
    its half circle, so that the posterior is a ratio of finite sums: exact, and curved."""
    angle = np.linspace(0, np.pi, 200)
    arcs = (
        np.column_stack([np.cos(angle), np.sin(angle)]),
        np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)]),
    )
    deviation = 0.25
    origin = (rng.uniform(size=rows) > shares[0]).astype(int)
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
            logarithm[block, k] = np.log(shares[k]) + np.logaddexp.reduce(exponent, axis=1)
    positive = _sigmoid(logarithm[:, 1] - logarithm[:, 0])
    named = {"x1": point[:, 0], "x2": point[:, 1], **_noise(rng, rows, columns - 2)}
    return named, np.column_stack([1 - positive, positive])


def _gaussian_classes(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """Round unit Gaussians, one a class, 1.5 from the origin in seeded directions."""
    classes = len(shares)
    # The centres belong to the scenario, not to the draw: the same for every sample of rows.
    centres = np.random.default_rng([columns, classes]).standard_normal((classes, columns))
    centres *= 1.5 / np.linalg.norm(centres, axis=1, keepdims=True)
    origin = rng.choice(classes, size=rows, p=shares)
    point = centres[origin] + rng.standard_normal((rows, columns))
    # log density up to a term common to all classes
    score = np.log(shares) + point @ centres.T - (centres**2).sum(axis=1) / 2
    posterior = np.exp(score - np.logaddexp.reduce(score, axis=1, keepdims=True))
    return {f"x{i + 1}": point[:, i] for i in range(columns)}, posterior


def _friedman(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """Friedman's first benchmark: 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise
    (Friedman, Multivariate Adaptive Regression Splines, Annals of Statistics 19, 1991)."""
    x = _uniform(rng, rows, columns)
    mean = _friedman_mean(*(x[f"x{i}"] for i in range(1, 6)))
    return x, (mean[:, None], np.full((rows, 1), params.noise_sd))


def _friedman_mean(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, e: np.ndarray
) -> np.ndarray:
    return 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def _heavy_tail(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """A log-normal target: its logarithm is 5 + 5 x1 + 2 x2 - 2 x1 x3 plus noise, with uniform
    inputs: it runs over several orders of magnitude, and its conditional mean and variance stay
    bounded, so that their averages over some hundred rows mean something."""
    x = _uniform(rng, rows, columns)
    location = 5 + 5 * x["x1"] + 2 * x["x2"] - 2 * x["x1"] * x["x3"]
    return x, (location[:, None], np.full((rows, 1), params.noise_sd))


def _tags(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """Labels, of which a row has any number. Each depends on four of five standard normal inputs,
    which it shares with the others: neighbours go together, and all are independent given the
    inputs. Every other one is rarer."""
    x = {f"x{i + 1}": rng.standard_normal(rows) for i in range(columns)}
    first = [x[f"x{i + 1}"] for i in range(5)]
    logits = [
        1.5 * (first[k % 5] + first[(k + 1) % 5] + first[(k + 2) % 5] * first[(k + 3) % 5])
        - 2 * (k % 2)
        for k in range(params.targets)
    ]
    return x, _sigmoid(np.column_stack(logits))


def _responses(rng: Rng, rows: int, columns: int, shares: Array, params: Synthetic) -> Drawn:
    """Several numbers of one row, each Friedman's first benchmark of the same five inputs, in
    another order, and in another unit: of size 1, 10, 100, 1 and so on, as is the noise."""
    x = _uniform(rng, rows, columns)
    first = [x[f"x{i + 1}"] for i in range(5)]
    units = 10.0 ** (np.arange(params.targets) % 3)
    means = [_friedman_mean(*first[k % 5 :], *first[: k % 5]) for k in range(params.targets)]
    return x, (units * np.column_stack(means), np.tile(units * params.noise_sd, (rows, 1)))


SCENARIOS = {
    "coin_flips": Scenario(_coin_flips, least=1, constant=True),
    "income": Scenario(_income, least=len(_INCOME_COLUMNS)),
    "moons": Scenario(_moons, least=2),
    "gaussian_classes": Scenario(_gaussian_classes, least=1),
    "friedman": Scenario(_friedman, least=5, kind="numbers", constant=True),
    "heavy_tail": Scenario(_heavy_tail, least=3, kind="numbers", lognormal=True),
    "tags": Scenario(_tags, least=5, kind="labels"),
    "responses": Scenario(_responses, least=5, kind="numbers", constant=True),
}
