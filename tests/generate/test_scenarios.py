"""Floors against known answers: ln 2, sigma squared, and the exact posterior's own loss."""

import numpy as np
import pytest

from stages.generate import synthetic
from stages.generate.card import card
from stages.generate.laws import Normal
from stages.generate.scenarios import INCOME_COLUMNS, SCENARIOS, Draw
from stages.generate.split import by_class
from stages.lib.artifacts.card import Card
from stages.lib.tables.dataset import Dataset
from tests.conftest import settings


def drawn(scenario: str, seed: int = 3, **changes) -> Dataset:
    least = SCENARIOS[scenario].least
    given = {"scenario": scenario, "rows": 20_000, "features": least + 2} | changes
    data = settings(**{f"data.synthetic.{key}": value for key, value in given.items()}).data
    return synthetic.draw(data.synthetic, seed=seed)


def carded(dataset: Dataset) -> Card:
    data = settings().data
    return card("synthetic", dataset, by_class(dataset.targets, dataset.kind, data.split, 0))


def perfect_losses(dataset: Dataset) -> np.ndarray:
    """The loss of each row under the exact law, judged on the labels that were drawn."""
    if dataset.kind.is_regression:
        return ((dataset.targets.to_numpy() - dataset.truth.mean) ** 2).mean(axis=1)
    if dataset.kind.has_labels:
        share = dataset.truth.labels
        own = np.where(dataset.targets == 1, share, 1 - share)
        return -np.log(own).mean(axis=1)
    code = dataset.targets["label"].map(dataset.classes.index).to_numpy()
    return -np.log(dataset.truth.posterior[np.arange(len(code)), code])


def test_coin_flips_floor_is_ln_2():
    floor = carded(drawn("coin_flips")).floor
    for name in ("population", "train", "validation", "test"):
        known = getattr(floor, name)
        assert known.value == pytest.approx(np.log(2), abs=1e-9) and known.standard_error == 0
    # Of a fair coin either side costs ln 2.
    assert floor.test.drawn == pytest.approx(np.log(2), abs=1e-9)


def test_coin_flips_floor_follows_the_shares():
    floor = carded(drawn("coin_flips", class_shares=[0.9, 0.1])).floor.test.value
    assert floor == pytest.approx(-0.9 * np.log(0.9) - 0.1 * np.log(0.1))


@pytest.mark.parametrize("deviation", [0.0, 0.5, 2.0])
def test_friedman_floor_is_sigma_squared(deviation):
    floor = carded(drawn("friedman", noise_sd=deviation)).floor
    assert floor.test.value == pytest.approx(deviation**2)
    assert floor.population.value == pytest.approx(deviation**2)
    assert floor.test.standard_error == 0


def test_heavy_tail_floor_is_the_lognormal_variance():
    # Given the row, log target ~ N(m, s): variance (e^{s^2} - 1) e^{2m + s^2}.
    dataset = drawn("heavy_tail", noise_sd=0.5)
    m = np.log(dataset.truth.mean) - 0.125
    expected = np.expm1(0.25) * np.exp(2 * m + 0.25)
    np.testing.assert_allclose(dataset.truth.variance, expected)
    # several orders of magnitude
    assert np.log10(dataset.targets["target"].max() / dataset.targets["target"].min()) > 3


def states_numbers(name: str) -> bool:
    """Its targets are numbers, which no label noise changes."""
    entry, params = SCENARIOS[name], settings().data.synthetic
    classes = entry.classes(params) if entry.classes else 0
    shares = np.full(classes, 1 / max(classes, 1))
    _, law = entry.sample(Draw(np.random.default_rng(0), 10, entry.least, shares, params))
    return isinstance(law, Normal)


NOISY = [(name, 0.0) for name in SCENARIOS] + [
    # The law of moons is an integral, and takes seconds.
    pytest.param(name, 0.3, marks=pytest.mark.slow if name == "moons" else ())
    for name in SCENARIOS
    if not states_numbers(name)
]


@pytest.mark.parametrize(("scenario", "label_noise"), NOISY)
@pytest.mark.sampled(4)
def test_exact_law_meets_its_floor(scenario, label_noise):
    """The loss of the exact posterior on the drawn labels is the floor, within its error."""
    dataset = drawn(scenario, label_noise=label_noise, noise_sd=0.4)
    test = by_class(dataset.targets, dataset.kind, settings().data.split, 0)["test"]
    losses = perfect_losses(dataset)[test]
    floor = carded(dataset).floor
    np.testing.assert_allclose(dataset.bayes_losses()[test], losses, rtol=1e-9)
    assert floor.test.drawn == pytest.approx(losses.mean(), rel=1e-6)
    error = losses.std() / np.sqrt(len(losses)) + 1e-9
    assert abs(losses.mean() - floor.test.value) < 4 * error
    rows = np.hypot(floor.test.standard_error, floor.population.standard_error) + 1e-9
    assert abs(floor.test.value - floor.population.value) < 4 * rows


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_posteriors_are_calibrated(scenario):
    """Where the law says p, a share p of the labels agrees: a check that is blind to entropy."""
    dataset = drawn(scenario, noise_sd=1.0)
    if dataset.kind.is_regression:
        score = (dataset.targets - dataset.truth.mean) / np.sqrt(dataset.truth.variance)
        assert (score.mean().abs() < 4 / np.sqrt(len(score))).all()
        return
    if dataset.kind.has_labels:
        shares, has = dataset.truth.labels, dataset.targets.to_numpy() == 1
    else:
        shares = dataset.truth.posterior
        np.testing.assert_allclose(shares.sum(axis=1), 1)
        code = dataset.targets["label"].map(dataset.classes.index).to_numpy()
        has = code[:, None] == np.arange(len(dataset.classes))
    for k in range(len(dataset.classes)):
        share = shares[:, k]
        bins = np.minimum((share * 10).astype(int), 9)
        for b in np.unique(bins):
            rows = bins == b
            expected, error = share[rows].mean(), np.sqrt((share * (1 - share))[rows].sum())
            assert abs(has[rows, k].mean() - expected) < 4.5 * error / rows.sum() + 1e-3


@pytest.mark.parametrize(
    "scenario",
    ["coin_flips", "income", pytest.param("moons", marks=pytest.mark.slow), "gaussian_classes"],
)
def test_class_shares(scenario):
    shares = [0.7, 0.2, 0.1] if scenario == "gaussian_classes" else [0.8, 0.2]
    dataset = drawn(scenario, class_shares=shares)
    found = dataset.targets["label"].value_counts(normalize=True).sort_index().to_numpy()
    np.testing.assert_allclose(found, shares, atol=0.015)


def test_labels_cost_the_mean_of_their_entropies():
    dataset = drawn("tags", targets=5)
    p = dataset.truth.labels
    expected = -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean(axis=1)
    np.testing.assert_allclose(dataset.truth.bayes_loss(), expected)
    assert list(dataset.targets) == list(dataset.classes) == [f"label_{k}" for k in range(5)]
    assert set(np.unique(dataset.targets)) == {0.0, 1.0}
    # of any number, and they go together
    assert dataset.targets.sum(axis=1).nunique() == 6
    assert dataset.targets.corr().to_numpy()[0, 1:].max() > 0.1
    coins = carded(drawn("tags", label_noise=1.0))
    assert coins.floor.test.value == pytest.approx(np.log(2))
    assert coins.floor.test.standard_error == 0
    assert coins.unit == "nats a label"
    assert coins.chance.test == pytest.approx(np.log(2), abs=1e-3)


def test_responses_have_the_variances_of_their_noises():
    dataset = drawn("responses", targets=3, noise_sd=0.5)
    floor = carded(dataset).floor
    expected = 0.25 * (1 + 100 + 10_000) / 3
    assert floor.population.plain() == {"value": pytest.approx(expected), "standard_error": 0}
    assert floor.test.value == floor.population.value and floor.test.standard_error == 0
    chance = carded(dataset).chance.test
    assert chance == pytest.approx(dataset.targets.var().mean(), rel=0.05)


@pytest.mark.slow
def test_label_noise_of_one_leaves_nothing_to_learn():
    floor = carded(drawn("moons", label_noise=1.0)).floor.test.value
    assert floor == pytest.approx(np.log(2))


def test_income_is_on_its_natural_scales():
    features = drawn("income", rows=100_000).features
    assert features["household_income"].max() > 1_000_000
    assert features["household_income"].min() >= 0
    assert features["household_income"].median() == pytest.approx(60_000, rel=0.02)
    assert features["age"].between(18, 90).all()
    assert features["debt_ratio"].between(0, 1).all()
    # The law speaks of standardised features: the stated moments are the true ones.
    for name, column in INCOME_COLUMNS.items():
        error = features[name].std() / np.sqrt(len(features))
        assert abs(features[name].mean() - column.mean) < 4.5 * error
        assert features[name].std() == pytest.approx(column.deviation, rel=0.06)


def test_same_seed_same_table_and_another_seed_another():
    first, again, other = drawn("income"), drawn("income"), drawn("income", seed=4)
    assert first.features.equals(again.features)
    assert first.targets.equals(again.targets)
    assert not first.features.equals(other.features)


def test_split_is_stratified_shuffled_and_complete():
    dataset = drawn("income", rows=1000, class_shares=[0.9, 0.1])
    parts = by_class(dataset.targets, dataset.kind, settings().data.split, 5)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(1000))
    assert [len(parts[name]) for name in ("train", "validation", "test")] == [600, 200, 200]
    whole = (dataset.targets["label"] == "1").mean()
    for rows in parts.values():
        assert (dataset.targets["label"].iloc[rows] == "1").mean() == pytest.approx(
            whole, abs=0.006
        )
        assert (np.diff(rows) < 0).any()
    other = by_class(dataset.targets, dataset.kind, settings().data.split, 6)
    assert not np.array_equal(parts["test"], other["test"])


def test_chance_is_the_entropy_of_the_training_shares():
    dataset = drawn("income", rows=2000, class_shares=[0.75, 0.25])
    chance = carded(dataset).chance
    share = (dataset.targets["label"] == "1").mean()
    expected = -share * np.log(share) - (1 - share) * np.log(1 - share)
    assert chance.train == pytest.approx(expected, abs=2e-3)
    regression = carded(drawn("friedman"))
    variance = drawn("friedman").targets["target"].var()
    assert regression.chance.test == pytest.approx(variance, rel=0.05)
    assert regression.unit == "squared target units"
