"""Columns of numbers that go round."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stages.diagnose.checks.coded_column import codes_of
from stages.diagnose.checks.cyclic_column import ALPHA, cycles_of
from stages.generate.scenarios import SCENARIOS
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import table, untrained

ROWS = 1000
# How a column of each kind is drawn, and its period.
KINDS = {
    "hour": (lambda rng: rng.integers(0, 24, ROWS) * 1.0, 24),
    "weekday": (lambda rng: rng.integers(0, 7, ROWS) * 1.0, 7),
    "month": (lambda rng: rng.integers(1, 13, ROWS) * 1.0, 12),
    "direction in tens": (lambda rng: rng.integers(1, 37, ROWS) * 10.0, 360),
    "direction": (lambda rng: rng.uniform(0, 360, ROWS), 360),
}


def subject_of(column: np.ndarray, effect: np.ndarray, rng: np.random.Generator, noise=1.0):
    """A column, one that says nothing, and a target of this effect and noise."""
    target = pd.Series(effect + noise * rng.standard_normal(ROWS))
    return untrained(table(target, column=column, other=rng.standard_normal(ROWS)), **SCALED)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.4])
@pytest.mark.sampled(2)
def test_a_sine_of_one_turn_is_found_wherever_it_begins(kind, phase):
    """As large as the noise: in four tables of five at least, and it is no column of codes."""
    draw, period = KINDS[kind]
    names, periods = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        column = draw(rng)
        effect = 1.2 * np.sin(2 * np.pi * (column / period + phase))
        subject = subject_of(column, effect, rng)
        cycles = cycles_of(subject)
        names += [cycle.name for cycle in cycles]
        periods += [cycle.period for cycle in cycles]
        assert codes_of(subject) == [] or not cycles
    assert set(names) == {"column"}
    assert len(names) >= 16
    assert np.allclose(periods, period, rtol=0.01)  # of what is measured, by its range


def test_the_finding_names_column_period_and_remedy(rng):
    hour = rng.integers(0, 24, ROWS) * 1.0
    finding = found(subject_of(hour, 2 * np.sin(2 * np.pi * hour / 24), rng))["cyclic_column"]
    assert finding.received.startswith("'column': along its 24 levels the target follows a sine of")
    assert "period 24," in finding.received
    assert (finding.code, finding.severity) == ("LL233", "warning")
    label = pd.Series(np.where(np.sin(2 * np.pi * hour / 24) + rng.normal(size=ROWS) > 0, "y", "n"))
    plain = table(label, hour=hour)
    assert "cyclic_column" in found(untrained(plain, **SCALED))
    cyclic = SCALED | {"normalize.columns": {"hour": "cyclic"}}
    assert "cyclic_column" not in found(untrained(plain, **cyclic))


def test_of_several_labels_the_one_that_goes_round_is_named(rng):
    hour = rng.integers(0, 24, ROWS) * 1.0
    late = (np.cos(2 * np.pi * hour / 24) + 0.5 * rng.normal(size=ROWS) > 0) * 1.0
    has = {"fair": rng.integers(0, 2, ROWS) * 1.0, "late": late}
    finding = found(untrained(several("multilabel", has, hour=hour), **SCALED))["cyclic_column"]
    assert "the target 'late' follows a sine" in finding.received


OTHERS = {
    "line": lambda t: 3 * t,
    "step": lambda t: 3.0 * (t > 0.4),
    "step in the middle": lambda t: 3.0 * (t >= 0.5),
    "saturation": lambda t: 3 * np.sqrt(t),
    "growth": lambda t: np.exp(3 * t) / 4,
    "sigmoid": lambda t: 3 / (1 + np.exp(-20 * (t - 0.5))),
    "one level": lambda t: 4.0 * (abs(t - 0.25) < 0.02),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("effect", OTHERS)
@pytest.mark.sampled(3)
def test_effects_that_do_not_close_up_are_none(kind, effect):
    draw, period = KINDS[kind]
    fired = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        column = draw(rng)
        subject = subject_of(column, OTHERS[effect](column / period), rng)
        fired += len(cycles_of(subject))
    assert fired == 0


@pytest.mark.in_turn
def test_codes_without_order_are_none():
    """Of 60 tables of twelve codes; twelve means lie on a sine in one of some hundred."""
    fired = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        shop = rng.integers(0, 12, ROWS)
        fired += len(cycles_of(subject_of(shop * 1.0, 2 * rng.standard_normal(12)[shop], rng)))
    assert fired <= 2


@pytest.mark.slow
def test_false_alarms_of_noise_keep_to_the_level():
    """Of 200 tables of five columns that say nothing."""
    fired = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        columns = {name: draw(rng) for name, (draw, _) in KINDS.items()}
        target = pd.Series(rng.standard_t(3, ROWS))
        fired += bool(cycles_of(untrained(table(target, **columns), **SCALED)))
    assert stats.binomtest(fired, 200, ALPHA, alternative="greater").pvalue > 0.05


def test_a_class_in_the_middle_is_no_turn_where_another_rises_all_the_way(rng):
    """Grades of a score: few of the lowest scores and of the highest ones are fair."""
    score = rng.integers(0, 24, ROWS) * 1.0
    latent = score + 3 * rng.standard_normal(ROWS)
    grade = pd.Series(np.select([latent < 8, latent < 16], ["poor", "fair"], "good"))
    assert cycles_of(untrained(table(grade, score=score), **SCALED)) == []
    middle = pd.Series(np.where(grade == "fair", "yes", "no"))
    [cycle] = cycles_of(untrained(table(middle, score=score), **SCALED))
    assert cycle.name == "score"  # by itself it cannot be told from a turn


@pytest.mark.parametrize(
    "data",
    [
        *({"data.source": "bundled", "data.bundled.dataset": name}
          for name in ("breast_cancer", "wine", "iris", "digits", "diabetes")),
        *({"data.synthetic.scenario": name} for name in SCENARIOS),
    ],
    ids=lambda data: list(data.values())[-1],
)  # fmt: skip
def test_known_tables_have_none(data):
    assert cycles_of(untrained(**data)) == []
