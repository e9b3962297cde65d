"""Edits of scales, by what the columns hold."""

import numpy as np
import pandas as pd

from stages.diagnose.interventions.candidates import candidates, facts_of
from stages.lib.trials.subject import Subject
from tests.diagnose.interventions.fits import FAST, losses, proposals
from tests.diagnose.tables import table, untrained

PLAIN = FAST | {"normalize.features": "standard", "normalize.binary": "standard"}


def far_row(rng: np.random.Generator) -> Subject:
    """Two classes by the sign of one column, in which one training row is far from all others."""
    x = rng.standard_normal(600)
    dataset = table(pd.Series(np.where(x > 0, "yes", "no")), x=x, other=rng.standard_normal(600))
    value = untrained(dataset, **PLAIN).tables["train"]["x"][0]
    dataset.features.loc[x == value, "x"] = 1e5 * value
    return untrained(dataset, **PLAIN)


def test_a_far_row_is_bounded_and_the_loss_falls(rng):
    subject = far_row(rng)
    [candidate] = proposals(subject, "bounded_columns")
    assert candidate.edit == {"normalize.columns": {"x": "quantile"}}
    before, after = losses(subject, candidate.edit)
    assert before > 0.5 and after < 0.2


def test_without_a_far_row_nothing_is_bounded(rng):
    plain = table(pd.Series(rng.standard_normal(400)), x=rng.standard_normal(400))
    assert proposals(untrained(plain, **PLAIN), "bounded_columns") == []


def test_gaps_that_say_something_get_an_indicator_and_the_loss_falls(rng):
    label = np.where(rng.uniform(size=600) < 0.5, "yes", "no")
    hole = (label == "yes") & (rng.uniform(size=600) < 0.8)
    x = np.where(hole, np.nan, rng.standard_normal(600))
    subject = untrained(table(pd.Series(label), x=x, other=rng.standard_normal(600)), **PLAIN)
    [candidate] = proposals(subject, "gap_indicators")
    assert candidate.edit == {"normalize.missing_indicator": True}
    before, after = losses(subject, candidate.edit)
    # The exact one: half are yes, of whom four fifths are known for sure.
    rest = -0.5 * np.log(5 / 6) - 0.1 * np.log(1 / 6)
    assert rest - 0.05 < after < rest + 0.1 < before


def test_without_gaps_there_is_no_indicator(rng):
    plain = table(pd.Series(rng.standard_normal(400)), x=rng.standard_normal(400))
    assert proposals(untrained(plain, **PLAIN), "gap_indicators") == []


def test_codes_become_inputs_of_their_own_and_the_loss_falls(rng):
    shop = rng.integers(0, 20, 800)
    target = pd.Series(3 * rng.standard_normal(20)[shop] + rng.standard_normal(800))
    dataset = table(target, shop=shop * 1.0, x=rng.standard_normal(800))
    subject = untrained(dataset, **PLAIN | {"normalize.target": "standard"})
    [candidate] = proposals(subject, "one_hot_codes")
    assert candidate.edit == {"normalize.columns": {"shop": "one_hot"}}
    before, after = losses(subject, candidate.edit)
    assert after < 0.6 * before


def test_a_number_that_goes_round_becomes_sine_and_cosine_and_the_loss_falls(rng):
    hour = rng.integers(0, 24, 800)
    target = pd.Series(2 * np.sin(2 * np.pi * (hour - 3) / 24) + 0.5 * rng.standard_normal(800))
    dataset = table(target, hour=hour * 1.0, x=rng.standard_normal(800))
    subject = untrained(dataset, **PLAIN | {"normalize.target": "standard"})
    [candidate] = proposals(subject, "cyclic_columns")
    assert candidate.edit == {"normalize.columns": {"hour": "cyclic"}}
    assert proposals(subject, "one_hot_codes") == []
    before, after = losses(subject, candidate.edit)
    assert after < 0.28 < 0.32 < before  # the noise is 0.25


def test_a_number_whose_order_means_something_stays_one(rng):
    age = rng.integers(20, 60, 800)
    target = pd.Series(0.2 * age + rng.standard_normal(800))
    dataset = table(target, age=age * 1.0, x=rng.standard_normal(800))
    subject = untrained(dataset, **PLAIN)
    assert proposals(subject, "one_hot_codes") == proposals(subject, "cyclic_columns") == []


def noise_columns(rng: np.random.Generator, count: int) -> Subject:
    """Two columns that say all of the class, and so many that say nothing."""
    x = rng.standard_normal((300, 2))
    label = pd.Series(np.where(x.sum(axis=1) + 0.3 * rng.standard_normal(300) > 0, "yes", "no"))
    noise = {f"noise{i}": rng.standard_normal(300) for i in range(count)}
    return untrained(table(label, **noise, a=x[:, 0], b=x[:, 1]), **PLAIN)


def test_many_columns_that_say_nothing_are_left_out_and_the_loss_falls(rng):
    subject = noise_columns(rng, 60)
    [candidate] = proposals(subject, "telling_columns")
    keep = candidate.edit["normalize.keep_best"]
    assert 2 <= keep <= 9  # one of twenty of the others passes by luck
    before, after = losses(subject, candidate.edit)
    assert after < 0.6 * before


def test_of_few_columns_or_many_that_tell_none_is_left_out(rng):
    assert proposals(noise_columns(rng, 5), "telling_columns") == []
    x = rng.standard_normal((300, 12))
    label = pd.Series(np.where(x.sum(axis=1) > 0, "yes", "no"))
    features = {f"x{i}": column for i, column in enumerate(x.T)}
    assert proposals(untrained(table(label, **features), **PLAIN), "telling_columns") == []


def waves(rng: np.random.Generator) -> Subject:
    """A target of two turns and a half along one column, and noise of variance 0.01."""
    x = rng.uniform(size=1000)
    target = pd.Series(np.sin(5 * np.pi * x) + 0.1 * rng.standard_normal(1000))
    dataset = table(target, x=x, other=rng.standard_normal(1000))
    return untrained(dataset, **PLAIN | {"normalize.target": "standard", "train.epochs": 15})


def test_a_column_along_which_the_target_turns_becomes_bins_and_the_loss_falls(rng):
    subject = waves(rng)
    [candidate] = proposals(subject, "piecewise_columns")
    assert candidate.edit == {"normalize.columns": {"x": "piecewise_linear"}}
    before, after = losses(subject, candidate.edit)
    assert after < 0.05 < 0.2 < before


def test_of_many_rows_more_bins_are_tried(rng):
    known = facts_of(waves(rng), 1280)
    every = [c.edit for c in candidates(waves(rng).sections, known)]
    assert {"normalize.columns": {"x": {"name": "piecewise_linear", "bins": 64}}} in every


def test_a_number_whose_effect_is_a_curve_gets_no_bins(rng):
    x = rng.uniform(size=1000)
    target = pd.Series(3 * np.sqrt(x) + 0.1 * rng.standard_normal(1000))
    assert proposals(untrained(table(target, x=x), **PLAIN), "piecewise_columns") == []


def cauchy(rng: np.random.Generator) -> Subject:
    """Two classes by six columns whose tails have no variance: near 0 each counts, far from it no
    more than its sign does."""
    x = rng.standard_cauchy((600, 6))
    score = (x / np.sqrt(1 + x**2)).sum(axis=1)
    label = pd.Series(np.where(score + 0.2 * rng.standard_normal(600) > 0, "yes", "no"))
    return untrained(table(label, **{f"x{i}": column for i, column in enumerate(x.T)}), **PLAIN)


def test_far_reaching_columns_are_clipped_and_the_loss_falls(rng):
    subject = cauchy(rng)
    [candidate] = proposals(subject, "robust_clipping")
    assert candidate.edit == {"normalize.features": "robust_clipped"}
    before, after = losses(subject, candidate.edit)
    assert after < 0.7 * before


def test_log_normal_columns_are_not_far_reaching(rng):
    x = rng.lognormal(size=1000)
    assert proposals(untrained(table(pd.Series(x), x=x), **PLAIN), "robust_clipping") == []


def cities(rng: np.random.Generator, count: int) -> Subject:
    """A number by a city's own level, of deviation 1, and noise of the same size."""
    city = rng.integers(0, count, 1000)
    target = pd.Series(rng.standard_normal(count)[city] + rng.standard_normal(1000))
    names = np.array([f"city {k}" for k in range(count)])
    dataset = table(target, city=names[city], x=rng.standard_normal(1000))
    return untrained(dataset, **PLAIN | {"normalize.target": "standard"})


def test_many_levels_become_their_means_and_the_loss_falls(rng):
    subject = cities(rng, 150)
    [candidate] = proposals(subject, "means_of_levels")
    assert candidate.edit == {"normalize.categorical": "target_mean"}
    before, after = losses(subject, candidate.edit)
    assert after < 0.85 * before


def test_few_levels_stay_inputs_of_their_own(rng):
    assert proposals(cities(rng, 10), "means_of_levels") == []
