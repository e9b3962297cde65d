"""Leaving one row out in closed form is leaving one row out."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from stages.diagnose.floor.cross_fitting import KERNEL, LINEAR, _ridge, cross_fitted_tests
from stages.diagnose.floor.permutation import row_orders
from stages.diagnose.floor.rows import EncodedRows


def test_the_closed_form_is_leaving_each_row_out(rng):
    x = rng.standard_normal((12, 3))
    target = rng.standard_normal(12)
    smoother = _ridge(x)
    closed = (target - smoother @ target) / (1 - np.diag(smoother))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    for row in range(12):
        rest = np.arange(12) != row
        model = Ridge(alpha=3.0).fit(z[rest], target[rest])
        assert closed[row] == pytest.approx(target[row] - model.predict(z[[row]])[0])


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_few_rows_are_tested_over_all_orders(classes, rng):
    """p-values are multiples of 1 / 5,040, and do not depend on what is drawn."""
    target = rng.integers(0, classes, (7, 1)) if classes else rng.standard_normal((7, 1))
    rows = EncodedRows(rng.standard_normal((7, 2)), target, classes)
    tests = cross_fitted_tests(rows, row_orders(rows, rng))
    assert tests == cross_fitted_tests(rows, row_orders(rows, np.random.default_rng(1)))
    for test in tests.values():
        assert 0 < test.smallest <= test.p_value <= 1
        assert (5_040 * test.p_value) == pytest.approx(round(5_040 * test.p_value))


def test_wide_and_constant_inputs_are_no_hindrance(rng):
    wide = EncodedRows(rng.standard_normal((20, 300)), rng.standard_normal((20, 1)), 0)
    still = EncodedRows(np.ones((20, 2)), rng.standard_normal((20, 1)), 0)
    for rows in (wide, still):
        tests = cross_fitted_tests(rows, row_orders(rows, rng))
        assert set(tests) == {LINEAR, KERNEL}
        assert all(np.isfinite(test.p_value) for test in tests.values())
    assert all(test.p_value == 1 for test in tests.values())  # of constant inputs


def test_two_rows_are_not_tested(rng):
    rows = EncodedRows(rng.standard_normal((2, 1)), rng.standard_normal((2, 1)), 0)
    assert cross_fitted_tests(rows, row_orders(rows, rng)) == {}
