"""What a reference gains over chance, and what is left possible."""

import numpy as np
import pytest

from stages.diagnose.floor.gains import Gains, gains_over_chance
from stages.diagnose.floor.references import CONSTANT, LINEAR
from stages.diagnose.floor.rows import EncodedRows


def of_shares(shares: np.ndarray):
    return [lambda x: np.tile(shares, (len(x), 1))]


def test_a_gain_has_its_interval_and_the_cost_of_fitting():
    """A model that says 0.6 of each row's class gains ln 1.2 in every row; four coefficients from
    100 rows cost up to 11.14 / 200 nats."""
    x = np.repeat([[1.0] * 4], 50, axis=0)
    judged = EncodedRows(x, np.ones((50, 1), int), 2)
    train = EncodedRows(np.ones((100, 4)), np.ones((100, 1), int), 2)
    models = {CONSTANT: of_shares(np.array([0.5, 0.5])), LINEAR: of_shares(np.array([0.4, 0.6]))}
    gains = gains_over_chance(models, train, judged)
    assert gains.cost == pytest.approx(11.1433 / 200 / np.log(2), rel=1e-5)
    [(mean, half)] = gains.intervals
    assert (mean, half) == pytest.approx((np.log(1.2) / np.log(2), 0), abs=1e-12)
    assert gains.highest == pytest.approx(np.log(1.2) / np.log(2) + gains.cost)
    other = {CONSTANT: models[CONSTANT], "nearest neighbours": models[LINEAR]}
    assert gains_over_chance(other, train, judged).highest == pytest.approx(np.log(1.2) / np.log(2))


def test_rows_needed_fall_with_the_root_of_their_number():
    """Half of a gain of 0.01 is left to a half width of 0.02 with sixteen times the rows."""
    assert Gains(0.03, ((0.0, 0.02),), 0.0).rows_needed(100, 0.01) == 1_600
    assert Gains(0.03, ((0.0, 0.0),), 0.02).rows_needed(100, 0.01) == 400
    assert Gains(0.03, ((0.0, 0.02),), 0.0).rows_needed(123, 0.01) == 2_000  # 1,968
    assert Gains(0.12, ((0.04, 0.08),), 0.0).rows_needed(100, 0.01) == 1_600
    assert Gains(0.01, ((-0.5, 0.3),), 0.01).rows_needed(100, 0.01) == 200
    assert Gains(np.inf, ((0.0, np.inf),), 0.0).rows_needed(100, 0.01) is None
    assert Gains(0.2, ((0.0, 0.001),), 0.0).rows_needed(100, 0.01) is None


def test_chance_of_nothing_leaves_everything_possible():
    rows = EncodedRows(np.ones((40, 1)), np.ones((40, 1), int), 2)
    certain = of_shares(np.array([0.0, 1.0]))
    gains = gains_over_chance({CONSTANT: certain, LINEAR: certain}, rows, rows)
    assert gains.highest == np.inf
