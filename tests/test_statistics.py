"""Paired intervals cover what they should; Holm's correction keeps its promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stages.diagnose.statistics import holm, paired


def test_rows_alone_give_students_interval(rng):
    """Seeds that agree leave the ordinary t interval over the rows."""
    rows = rng.normal(0.3, 1.0, 40)
    found = paired(np.tile(rows, (5, 1)))
    expected = stats.ttest_1samp(rows, 0.0)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()))


def test_seeds_alone_give_students_interval(rng):
    seeds = rng.normal(0.3, 1.0, 6)
    found = paired(np.tile(seeds[:, None], (1, 50)))
    assert found.p_value == pytest.approx(stats.ttest_1samp(seeds, 0.0).pvalue)


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


def test_no_difference_is_no_finding():
    assert paired(np.zeros((3, 7))).p_value == 1
    assert paired(np.zeros((3, 7))).interval() == (0, 0)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_between_the_raw_value_and_bonferroni(p_values):
    adjusted = holm(p_values)
    for raw, one in zip(p_values, adjusted, strict=True):
        assert raw <= one <= min(1.0, len(p_values) * raw) + 1e-12
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()
