"""One column in two units."""

import numpy as np
import pytest

from stages.diagnose.checks.mixed_units import RATIOS, two_units
from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import coin, table, untrained


def heights(rng: np.random.Generator, rows: int = 400) -> np.ndarray:
    return rng.normal(1.75, 0.09, rows)


@pytest.mark.parametrize("ratio", [100.0, 3.28084, 2.54, 2.204623, 1000.0])
def test_a_tenth_of_the_rows_in_another_unit_is_named(rng, ratio):
    other = rng.uniform(size=400) < 0.15
    mixed = np.where(other, ratio * heights(rng), heights(rng))
    finding = found(untrained(table(coin(rng), height=mixed), **SCALED))["mixed_units"]
    assert f"divided by {ratio:g} ({RATIOS[ratio]})" in finding.received
    assert finding.received.startswith("'height': ")
    assert (finding.severity, finding.family, finding.keys) == ("warning", "data", ())


@pytest.mark.parametrize("sign", [1, -1])
def test_the_share_and_the_medians(rng, sign):
    units = two_units(sign * np.concatenate([heights(rng, 300), 100 * heights(rng, 100)]))
    assert (units.ratio, units.share) == (100.0, 0.25)
    assert (units.low, units.high) == pytest.approx((1.75, 175.0), rel=0.03)


NONE = {
    "one unit": lambda rng: heights(rng),
    "long tail": lambda rng: rng.lognormal(0, 2, 400),
    "two kinds of things": lambda rng: np.concatenate(
        [rng.normal(2, 0.1, 200), rng.normal(300, 10, 200)]
    ),
    "the ratio, but another shape": lambda rng: np.concatenate(
        [rng.normal(2, 0.02, 200), rng.normal(200, 20, 200)]
    ),
    "both signs": lambda rng: np.concatenate([-heights(rng), 100 * heights(rng)]),
    "zeros": lambda rng: np.concatenate([heights(rng), 100 * heights(rng), [0.0]]),
    "a few rows": lambda rng: np.concatenate([heights(rng), 100 * heights(rng, 10)]),
    "two values": lambda rng: np.repeat([1.0, 1000.0], 200),
    "overlapping": lambda rng: np.concatenate(
        [rng.normal(70, 15, 200), 2.204623 * rng.normal(70, 15, 200)]
    ),
    "gaps only": lambda rng: np.full(100, np.nan),
    "no rows": lambda rng: np.empty(0),
}


@pytest.mark.parametrize("case", NONE)
def test_what_is_none(case):
    for seed in range(20):
        assert two_units(NONE[case](np.random.default_rng(seed))) is None


def test_where_there_are_two_units_one_column_of_a_hundred_is_missed():
    """The level of the test of equal shapes, at the sizes of many tables."""
    missed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        mixed = np.concatenate([heights(rng, 300), 100 * heights(rng, 60)])
        missed += two_units(mixed) is None
    assert missed <= 8
