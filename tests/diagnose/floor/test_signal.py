"""What is called a signal, what is called none, and what cannot be told."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from stages.diagnose.floor.estimate import estimate_floor, estimate_signal
from stages.diagnose.floor.rows import EncodedRows
from stages.diagnose.floor.signal import ALPHA, MIN_GAIN, find_signal
from stages.lib.core.splits import SPLITS
from tests.cards import changed_card
from tests.diagnose.tables import coin, table, untrained


@pytest.mark.parametrize("seed", range(8))
def test_healthy_noise_is_called_no_signal(seed):
    rng = np.random.default_rng(seed)
    dataset = table(coin(rng), **{f"x{i}": rng.standard_normal(400) for i in range(8)})
    subject = untrained(dataset)
    each = {
        key: {"value": np.log(2), "standard_error": 0.0, "drawn": np.log(2)}
        for key in [*SPLITS, "population"]
    }
    card = changed_card(subject.card, floor={"kind": "exact", **each})
    signal = estimate_floor(dataclasses.replace(subject, card=card), seed).signal
    assert not signal.found
    assert signal.p_value >= ALPHA
    # 240 training rows do not tell a loss of 1 % of chance from the cost of fitting eight inputs.
    assert signal.status == "cannot_tell"
    assert signal.rows_needed > 2_000
    assert "may be there" in signal.reason


def test_much_noise_is_no_signal():
    subject = untrained(**{"data.synthetic.scenario": "coin_flips"})
    signal = estimate_signal(subject, 0)
    assert signal.status == "none"
    assert signal.highest_gain < MIN_GAIN
    assert signal.reason is signal.rows_needed is None
    # A smaller gain than that matters to somebody else: it is not ruled out.
    assert estimate_signal(subject, 0, min_gain=0.001).status == "cannot_tell"


@pytest.mark.parametrize("rows", [6, 7, 24, 100])
@pytest.mark.parametrize("slope", [2.0, -0.5])
def test_a_line_is_a_signal_however_few_rows_it_has(rows, slope):
    x = np.linspace(0, 1, rows)
    subject = untrained(table(pd.Series(slope * x + 1), x=x))
    signal = estimate_signal(subject, 0)
    assert signal.status == "found"
    assert signal.rows == rows


def test_six_rows_of_a_line_have_an_exact_p_value():
    """Of 720 orders two are a line; there are two tests."""
    x = np.arange(6.0)
    signal = estimate_signal(untrained(table(pd.Series(3 * x), x=x)), 0)
    assert signal.p_value == signal.smallest_p == pytest.approx(2 * 2 / 720)


def test_five_rows_of_a_line_cannot_tell():
    x = np.arange(5.0)
    signal = estimate_signal(untrained(table(pd.Series(3 * x), x=x)), 0)
    assert signal.status == "cannot_tell"
    assert signal.smallest_p == pytest.approx(2 * 2 / 120)
    assert signal.rows_needed == 6
    assert signal.reason == "no order of these targets has a p-value below 0.033, of 5 rows"


def test_few_rows_of_two_classes_cannot_tell():
    """Three and three have 20 orders."""
    x = np.arange(6.0)
    signal = estimate_signal(untrained(table(pd.Series([*"aaabbb"]), x=x)), 0)
    assert signal.status == "cannot_tell"
    assert signal.smallest_p >= ALPHA
    assert 8 <= signal.rows_needed <= 14
    more = np.arange(2.0 * signal.rows_needed)
    label = pd.Series(np.where(more < signal.rows_needed, "a", "b"))
    assert estimate_signal(untrained(table(label, x=more)), 0).status == "found"


@pytest.mark.in_turn
def test_a_parabola_and_a_circle_are_signals(rng):
    x = rng.uniform(-1, 1, (60, 2))
    parabola = table(pd.Series(x[:, 0] ** 2), x=x[:, 0])
    circle = table(pd.Series(np.where((x**2).sum(axis=1) < 0.6, "in", "out")), x=x[:, 0], y=x[:, 1])
    for dataset in (parabola, circle):
        assert estimate_signal(untrained(dataset), 0).status == "found"


KINDS = ["number", "binary", "rare", "three"]


def noise(rng, rows: int, kind: str) -> EncodedRows:
    """Inputs and a target that does not depend on them."""
    x = rng.standard_normal((rows, int(rng.integers(1, 5))))
    if kind == "number":
        return EncodedRows(x, rng.exponential(size=(rows, 1)), 0)
    shares = {"binary": [0.5, 0.5], "rare": [0.8, 0.2], "three": [0.3, 0.3, 0.4]}[kind]
    return EncodedRows(x, rng.choice(len(shares), (rows, 1), p=shares), len(shares))


def false_signals(rows: int, tables: int) -> int:
    found = 0
    for seed in range(tables):
        rng = np.random.default_rng([seed, rows])
        data = noise(rng, rows, KINDS[seed % len(KINDS)])
        nothing = data.take(np.arange(0))
        found += find_signal({}, data, nothing, rng).found
    return found


@pytest.mark.parametrize("rows", [6, 7, 12, 40])
def test_noise_is_hardly_ever_found_in_few_rows(rows):
    assert false_signals(rows, 60) <= binom.ppf(0.999, 60, ALPHA)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [6, 7, 12, 24, 50, 100])
def test_noise_is_found_at_the_rate_that_is_stated(rows):
    tables = 600
    found = false_signals(rows, tables)
    print(f"{rows} rows: {found} of {tables}")
    assert found <= binom.ppf(0.999, tables, ALPHA)


def test_weights_and_groups_are_asked_too(rng):
    """A signal in 60 weighted rows, and one in thirty groups of two."""
    x = rng.standard_normal((60, 1))
    target = (x + 0.1 * rng.standard_normal((60, 1))).round(3)
    weighted = EncodedRows(x, target, 0)
    groups = np.repeat(np.arange(30), 2)
    grouped = dataclasses.replace(weighted, design=weighted.design._replace(groups=groups))
    nothing = grouped.take(np.arange(0))
    assert find_signal({}, grouped, nothing, rng).found
    few = grouped.take(np.arange(8))
    signal = find_signal({}, few, few.take(np.arange(0)), rng)
    assert signal.status == "cannot_tell"  # four groups have 24 orders, sixteen within each
    heavy = dataclasses.replace(weighted, design=weighted.design._replace(weights=np.ones(60)))
    signal = find_signal({}, heavy, heavy.take(np.arange(0)), rng)
    assert (signal.status, signal.p_value) == ("cannot_tell", 1.0)
    assert signal.reason == "60 rows are too few for any test"
