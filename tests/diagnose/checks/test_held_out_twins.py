"""Held-out rows that stand in training."""

import numpy as np
import pandas as pd
import pytest

from tests.diagnose.checks.programs import found
from tests.diagnose.tables import coin, table, untrained


def test_each_row_six_times_is_an_error(rng):
    """Coin flips: nothing is to be learnt, and whoever remembers has learnt it."""
    x = np.repeat(rng.standard_normal((100, 3)), 6, axis=0)
    label = pd.Series(np.repeat(coin(rng, 100).to_numpy(), 6))
    finding = found(untrained(table(label, **{f"x{k}": x[:, k] for k in range(3)})))[
        "held_out_twins"
    ]
    assert (finding.code, finding.severity) == ("LL214", "error")
    assert finding.keys == ("data.file.groups",)
    assert "of 120 test rows are equal to a training row" in finding.received


@pytest.mark.parametrize("levels", [2, 5, 30])
def test_integers_are_equal_by_chance(levels, rng):
    x = rng.integers(0, levels, (600, 2)).astype(float)
    assert "held_out_twins" not in found(untrained(table(coin(rng, 600), a=x[:, 0], b=x[:, 1])))


def test_independent_rows_are_none(rng):
    x = rng.standard_normal((600, 3))
    subject = untrained(table(coin(rng, 600), a=x[:, 0], b=x[:, 1], c=x[:, 2]))
    assert "held_out_twins" not in found(subject)


def test_a_scenario_has_none():
    subject = untrained(**{"data.synthetic.scenario": "income", "data.synthetic.rows": 1000})
    assert "held_out_twins" not in found(subject)
