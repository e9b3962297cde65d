"""A value far from all others of its column."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.diagnose.checks import run_checks
from stages.diagnose.checks.outliers import RATIO, outliers
from stages.lib.core.splits import SPLITS
from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import coin, table, untrained


class Tables:
    """What `outliers` looks at: the splits of one column."""

    def __init__(self, values: np.ndarray) -> None:
        parts = np.split(values, [240, 320])
        tables = zip(SPLITS, parts, strict=True)
        self.tables = {name: pd.DataFrame({"x": part}) for name, part in tables}


def spoilt(rng, values: dict[int, float]):
    """400 rows of income and age, with values of the income by their row in the table."""
    income = rng.normal(50.0, 10.0, 400)
    for row, value in values.items():
        income[row] = value
    return table(coin(rng), income=income, age=rng.normal(40.0, 9.0, 400))


def test_a_slipped_decimal_point_is_named_by_column_split_row_and_value(rng):
    subject = untrained(spoilt(rng, {7: 500_000.0}), **SCALED)
    [split] = [name for name in SPLITS if subject.tables[name]["income"].max() > 1000]
    row = int(subject.tables[split]["income"].argmax()) + 1
    finding = found(subject)["outlying_value"]
    assert finding.received.startswith(f"'income': 500000 in row {row} of the {split} split, ")
    assert finding.severity == "warning" and finding.family == "input_normalization"
    [outlier] = outliers(subject, "income")
    income = np.concatenate([subject.tables[name]["income"] for name in SPLITS])
    distance = np.sort(np.abs(income - np.median(income)))
    assert outlier.ratio == pytest.approx(distance[-1] / distance[-2])


def test_a_few_such_rows_are_counted(rng):
    subject = untrained(spoilt(rng, {7: 5e5, 9: -7e5}), **SCALED)
    assert "-700000 in row" in found(subject)["outlying_value"].received
    assert "any other but 1 more such" in found(subject)["outlying_value"].received


def test_a_transform_that_bounds_it_is_no_finding(rng):
    subject = untrained(
        spoilt(rng, {7: 5e5}), **SCALED | {"normalize.columns": {"income": "quantile"}}
    )
    assert "outlying_value" not in found(subject)


def test_ten_times_the_spread_is_none(rng):
    assert run_checks(untrained(spoilt(rng, {7: 150.0}), **SCALED)) == []


def test_a_column_that_is_zero_for_the_most_part_is_none(rng):
    rare = np.where(rng.uniform(size=400) < 0.01, rng.uniform(1, 50, 400), 0.0)
    subject = untrained(table(coin(rng), rare=rare, x=rng.standard_normal(400)), **SCALED)
    assert "outlying_value" not in found(subject)


@pytest.mark.parametrize("draw", ["exponential", "lognormal", "standard_t"])
def test_long_tails_have_none(draw):
    """Of 300 tables: Student's t with two degrees of freedom has a Pareto's tail of index 2."""
    false = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        values = rng.standard_t(2, 400) if draw == "standard_t" else getattr(rng, draw)(size=400)
        false += bool(outliers(Tables(values), "x"))
    assert false == 0


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_shift_and_scale_change_nothing(seed, scale, shift):
    """As far as float64 holds the numbers."""
    values = np.random.default_rng(seed).standard_normal(200)
    values[3] = 1e6
    plain = outliers(Tables(values), "x")
    moved = outliers(Tables(scale * values + shift), "x")
    assert [(o.split, o.row) for o in moved] == [(o.split, o.row) for o in plain] == [("train", 4)]
    assert moved[0].ratio == pytest.approx(plain[0].ratio, rel=1e-5) and plain[0].ratio > RATIO


def test_of_many_rows_the_far_one_is_found_all_the_same(rng):
    values = rng.standard_normal(100_000)
    values[99_999] = -1e5
    [outlier] = outliers(Tables(values), "x")
    assert (outlier.split, outlier.value) == ("test", -1e5)
