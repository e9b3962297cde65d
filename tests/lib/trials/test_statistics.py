"""Paired intervals cover what they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stages.lib.trials.laboratory import at_most_chance
from stages.lib.trials.statistics import (
    MIN_SKEWNESS,
    Design,
    Paired,
    linearised,
    paired,
    paired_over_seeds,
)


def without_skewness(values: np.ndarray) -> np.ndarray:
    """The same values and their mirror images."""
    return np.concatenate([values, 2 * values.mean() - values])


def test_rows_alone_give_students_interval(rng):
    """Seeds that agree leave the ordinary t interval over the rows."""
    rows = without_skewness(rng.normal(0.3, 1.0, 20))
    found = paired(np.tile(rows, (5, 1)))
    expected = stats.ttest_1samp(rows, 0.0)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()))


def test_seeds_alone_give_students_interval(rng):
    seeds = rng.normal(0.3, 1.0, 6)
    found = paired(np.tile(seeds[:, None], (1, 50)))
    assert found.p_value == pytest.approx(stats.ttest_1samp(seeds, 0.0).pvalue)


def test_the_skewness_of_a_mean_is_its_values_over_the_root_of_their_number(rng):
    values = rng.exponential(1.0, 50)
    expected = stats.skew(values, bias=False) / np.sqrt(50)
    assert paired(values[None]).skewness == pytest.approx(expected)
    low, high = paired(values[None]).interval()
    plain = stats.ttest_1samp(values, 0.0).confidence_interval()
    assert low == pytest.approx(plain.low)
    # A long tail upwards: the mean may be further up than Student's t knows.
    assert high > plain.high
    mirrored = paired(-values[None]).interval()
    assert mirrored == pytest.approx((-high, -low))


@given(st.floats(MIN_SKEWNESS, 1.0), st.floats(-20.0, 20.0))
def test_an_interval_and_its_p_value_agree(skewness, margin):
    """Where the lower end lies above the margin, its one-sided p-value is below 2.5 %, unless the
    skewness is too great to say anything."""
    found = Paired(1.0, 2.0, 9.0, skewness=skewness)
    low = found.interval()[0]
    assert (low > margin) == (found.p_above(margin) < 0.025) or low == pytest.approx(margin)
    assert Paired(1.0, 1e-9, 9.0, skewness=MIN_SKEWNESS - 0.01).p_above(margin) == 1


@pytest.mark.parametrize(("rows", "student", "most"), [(50, 0.2, 0.02), (400, 0.1, 0.06)])
def test_a_rare_great_loss_is_seldom_taken_for_a_gain(rows, student, most, rng):
    """Rows that gain a little and sometimes lose much (log-normal), with a mean of nothing: at a
    level of 5 % Student's t takes far more of them for a gain."""
    taken = np.zeros(2)
    mean = np.exp(1.5**2 / 2)
    for _ in range(2000):
        found = paired(mean - rng.lognormal(0.0, 1.5, (1, rows)))
        taken += found.p_above(0.0) < 0.05, stats.t.sf(found.mean / found.error, rows - 1) < 0.05
    ours, plain = taken / 2000
    assert plain > student
    assert ours < most


@pytest.mark.parametrize(
    ("seed_sd", "row_sd", "own_sd"),
    [(1, 0, 0.2), (0, 1, 0.2), (0.3, 3, 0.2), (1, 1, 0.2), (0.1, 0.3, 3), (0, 0, 1)],
)
def test_interval_covers_the_mean(seed_sd, row_sd, own_sd, rng):
    """Crossed seeds and rows with noise of their own: at least 95 % less what chance allows."""
    covered = 0
    for _ in range(400):
        seeds = rng.normal(0, seed_sd, (5, 1))
        rows = rng.normal(0, row_sd, (1, 60))
        low, high = paired(0.2 + seeds + rows + rng.normal(0, own_sd, (5, 60))).interval()
        covered += low <= 0.2 <= high
    assert covered / 400 > 0.92


def test_groups_of_one_row_are_the_rows(rng):
    difference = rng.standard_normal((4, 30))
    found = linearised(difference, Design(groups=np.arange(30)))
    np.testing.assert_allclose(found, difference)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=12), st.integers(0, 99))
def test_groups_have_the_mean_of_their_rows(sizes, seed):
    difference = np.random.default_rng(seed).standard_normal((3, sum(sizes)))
    groups = np.repeat(np.arange(len(sizes)), sizes) * 7
    found = linearised(difference, Design(groups=groups))
    assert found.shape == (3, len(sizes))
    np.testing.assert_allclose(found.mean(axis=1), difference.mean(axis=1), atol=1e-12)


def test_the_error_over_groups_by_hand():
    """Of rows 1, 3 | 5 the mean is 3, the totals of the deviations are -2 and 2: the variance of
    the mean is 2 / (2 - 1) * (4 + 4) / 3^2."""
    found = paired(np.array([[1.0, 3.0, 5.0]]), Design(groups=np.array([4, 4, 9])))
    assert (found.mean, found.freedom) == (3.0, 1.0)
    assert found.error == pytest.approx(4 / 3)


@pytest.mark.parametrize("seed_sd", [0.0, 0.3])
def test_interval_over_groups_covers_where_one_over_rows_does_not(seed_sd, rng):
    """Groups of 1 to 12 rows, nine tenths of whose variance the rows of a group share."""
    covered = np.zeros(2)
    for _ in range(400):
        groups = np.repeat(np.arange(40), rng.integers(1, 13, 40))
        shared = rng.normal(0, 3, 40)[groups]
        difference = 0.2 + rng.normal(0, seed_sd, (5, 1)) + shared
        difference = difference + rng.normal(0, 1, (5, len(groups)))
        for k, given_groups in enumerate((groups, None)):
            low, high = paired(difference, Design(groups=given_groups)).interval()
            covered[k] += low <= 0.2 <= high
    by_groups, by_rows = covered / 400
    assert by_groups > 0.92
    assert by_rows < 0.75


def test_one_group_proves_nothing(rng):
    found = paired(5 + rng.standard_normal((3, 50)), Design(groups=np.zeros(50)))
    assert found.p_value == 1
    assert found.interval() == (-np.inf, np.inf)


def test_no_difference_is_no_finding():
    assert paired(np.zeros((3, 7))).p_value == 1
    assert paired(np.zeros((3, 7))).interval() == (0, 0)


def test_over_seeds_only_is_students_interval_of_the_means(rng):
    """Rows that differ add nothing: they are all that the mean is of."""
    seeds = without_skewness(rng.normal(0.3, 1.0, 3))
    difference = seeds[:, None] + rng.normal(0, 9.0, (1, 40))
    found = paired_over_seeds(difference)
    expected = stats.ttest_1samp(difference.mean(axis=1), 0.0).confidence_interval()
    assert found.interval() == pytest.approx(tuple(expected))


def test_a_single_seed_says_nothing_of_others():
    assert paired_over_seeds(np.ones((1, 9))).interval() == (-np.inf, np.inf)


@pytest.mark.parametrize("mean", [0.3, -0.2, 0.1])
def test_as_many_rows_as_are_needed_do_tell(mean):
    """With the number of rows that is named, the interval ends before what it is to be told from;
    of a mean at the margin itself, half of the margin."""
    few = Paired(mean, 0.15, 59)
    needed = few.units_needed(0.1, 60)
    assert 60 < needed < 10_000
    low, high = Paired(mean, few.error * np.sqrt(60 / needed), 59).interval()
    assert high - mean <= max(abs(mean - 0.1), 0.05) and low < mean


def test_a_seed_above_chance_counts_as_chance():
    losses = np.array([[0.2, 0.4], [9.0, 0.1], [0.5, 0.9]])
    chance = np.array([0.6, 0.8])
    expected = [[0.2, 0.4], [0.6, 0.8], [0.5, 0.9]]
    np.testing.assert_array_equal(at_most_chance(losses, chance, None), expected)
    # By weight the first row decides: the third seed is below chance there, the second is not.
    weights = np.array([1.0, 0.0])
    np.testing.assert_array_equal(at_most_chance(losses, chance, weights), expected)
