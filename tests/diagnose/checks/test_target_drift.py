"""Targets that drift with time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.checks.target_drift import drifting_targets
from stages.lib.trials.subject import Subject
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import table, untrained

ROWS = 1000


def in_time(target: pd.Series | None = None, **labels: np.ndarray) -> Subject:
    """Rows in the order of time, with this target."""
    x = np.random.default_rng(9).standard_normal(ROWS)
    dataset = several("multilabel", labels, x=x) if target is None else table(target, x=x)
    return untrained(replace(dataset, time=pd.Series(np.arange(ROWS), name="day")), **SCALED)


def test_a_number_that_rises_is_named(rng):
    target = pd.Series(rng.standard_normal(ROWS) + np.linspace(0, 2, ROWS))
    finding = found(in_time(target))["target_drift"]
    assert finding.received.startswith("mean of 'target': ")
    means = [float(word.split(" in")[0]) for word in finding.received[19:].split("then ")]
    assert np.allclose(means, [0.6, 1.4], atol=0.15)
    assert (finding.severity, finding.keys) == ("warning", ("data.file.time",))


def test_a_class_and_a_label_that_become_rarer_are_named(rng):
    yes = rng.uniform(size=ROWS) > np.linspace(0.2, 0.9, ROWS)
    finding = found(in_time(pd.Series(np.where(yes, "yes", "no"))))["target_drift"]
    assert finding.received.startswith("share of 'yes': 0.5")
    other = rng.integers(0, 2, ROWS) * 1.0
    finding = found(in_time(None, other=other, rare=yes * 1.0))["target_drift"]
    assert finding.received.startswith("mean of 'rare': ")


def test_without_a_drift_or_without_an_order_there_is_none(rng):
    rising = pd.Series(rng.standard_normal(ROWS) + np.linspace(0, 2, ROWS))
    shuffled = untrained(table(rising, x=rng.standard_normal(ROWS)), **SCALED)
    assert "target_drift" not in found(shuffled)
    wave = pd.Series(rng.standard_normal(ROWS) + np.sin(np.linspace(0, 60, ROWS)))
    assert "target_drift" not in found(in_time(wave))


@pytest.mark.in_turn
def test_independent_rows_drift_in_none_of_a_hundred_tables():
    for seed in range(100):
        target = pd.Series(np.random.default_rng(seed).exponential(size=ROWS))
        assert not list(drifting_targets(in_time(target)))
