"""Whole numbers that look like codes."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from stages.diagnose.checks.coded_column import coded_columns, codes_of
from stages.diagnose.checks.turns import one_turn
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import table, untrained

ROWS = 1000


def shops(rng: np.random.Generator, effect: np.ndarray, noise: float = 1.0):
    """Rows of shops 0, 1, ..., the target of each shop by this effect, and noise."""
    shop = rng.integers(0, len(effect), ROWS)
    return shop * 1.0, pd.Series(effect[shop] + noise * rng.standard_normal(ROWS))


def test_codes_are_named(rng):
    shop, target = shops(rng, 2 * rng.standard_normal(12))
    subject = untrained(table(target, shop=shop, x=rng.standard_normal(ROWS)), **SCALED)
    finding = found(subject)["coded_column"]
    assert finding.received.startswith("'shop': along its 12 whole numbers the target turns more ")
    assert (finding.severity, finding.family) == ("warning", "input_normalization")
    one_hot = SCALED | {"normalize.columns": {"shop": "one_hot"}}
    assert not list(coded_columns(untrained(table(target, shop=shop), **one_hot)))


def test_codes_of_one_class_among_several_and_of_one_label(rng):
    shop = rng.integers(0, 8, ROWS)
    special = (shop % 2 == 0) & (rng.uniform(size=ROWS) < 0.8)
    label = pd.Series(np.where(special, "c", rng.choice(["a", "b"], ROWS)))
    subject = untrained(table(label, shop=shop * 1.0, x=rng.standard_normal(ROWS)), **SCALED)
    assert "'shop'" in found(subject)["coded_column"].received
    has = {"fair": rng.integers(0, 2, ROWS) * 1.0, "odd": special * 1.0}
    subject = untrained(several("multilabel", has, shop=shop * 1.0), **SCALED)
    assert "the target 'odd' turns" in found(subject)["coded_column"].received


def test_two_cycles_of_a_day_are_codes_too(rng):
    """Two peaks: at eight in the morning and at eight in the evening."""
    hour, target = shops(rng, 2 * np.cos(2 * np.pi * (np.arange(24) - 8) / 12))
    assert [c.name for c in codes_of(untrained(table(target, hour=hour), **SCALED))] == ["hour"]


SMOOTH = {
    "nothing": lambda k: 0 * k,
    "line": lambda k: 0.5 * k,
    "step": lambda k: 3.0 * (k > 5),
    "saturation": lambda k: 3 * np.sqrt(k),
    "one peak": lambda k: -0.2 * (k - 6) ** 2,
    "sharp peak": lambda k: 4.0 * (k == 6),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.sampled(2)
def test_effects_of_one_turn_at_most_are_none(name):
    """Of 50 tables; the level is one in a thousand, and the test is careful."""
    effect, fired = SMOOTH[name](np.arange(12.0)), 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        number, target = shops(rng, effect)
        fired += bool(codes_of(untrained(table(target, number=number), **SCALED)))
    assert fired == 0


@pytest.mark.parametrize(
    "column",
    [lambda k: k + 0.5, lambda k: np.minimum(k, 3.0), lambda k: k + 100.0 * np.arange(ROWS)],
    ids=["no whole numbers", "four levels", "as many levels as rows"],
)
def test_what_is_no_column_of_codes(rng, column):
    shop, target = shops(rng, 3 * rng.standard_normal(12))
    assert codes_of(untrained(table(target, shop=column(shop)), **SCALED)) == []


@given(st.lists(st.tuples(st.floats(-9, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_the_nearest_curve_of_one_turn_is_that_of_all_turns_tried(levels):
    mean, count = (np.array(values, "float64") for values in zip(*levels, strict=True))

    def error(part: slice, rises: bool) -> float:
        if not len(mean[part]):
            return 0.0
        fit = isotonic_regression(mean[part], weights=count[part], increasing=rises).x
        return float((count[part] * (mean[part] - fit) ** 2).sum())

    turns = range(len(mean) + 1)
    tried = min(error(slice(0, i), True) + error(slice(i, None), False) for i in turns)
    assert one_turn(mean, count) == pytest.approx(tried, abs=1e-9)


def test_thirty_columns_of_twenty_thousand_rows_take_no_third_of_a_second(rng):
    codes = {f"x{i}": rng.integers(0, 50, 34_000) * 1.0 for i in range(30)}
    target = pd.Series(np.sin(codes["x0"]) + rng.standard_normal(34_000))
    subject = untrained(table(target, **codes), **SCALED)
    codes_of(subject)
    start = time.perf_counter()
    assert [coded.name for coded in codes_of(subject)] == ["x0"]
    assert time.perf_counter() - start < 1.5  # 0.1 s on a machine that is not busy
