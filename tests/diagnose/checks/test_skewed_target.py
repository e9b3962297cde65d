"""A target with a long tail."""

import numpy as np
import pandas as pd

from stages.diagnose.checks import run_checks
from tests.diagnose.checks.programs import found
from tests.diagnose.tables import table, untrained


def test_a_long_tail_is_a_note_until_it_is_scaled():
    changes = {"data.synthetic.scenario": "heavy_tail", "normalize.features": "standard"}
    raw = found(untrained(**changes))
    assert (raw["target_scale"].severity, raw["skewed_target"].severity) == ("warning", "note")
    assert run_checks(untrained(**changes, **{"normalize.target": "log1p_standard"})) == []


def test_a_tail_that_reaches_below_zero_has_no_logarithm(rng):
    tail = pd.Series(np.exp(2 * rng.standard_normal(400)))
    x = rng.standard_normal(400)
    assert "skewed_target" in found(untrained(table(tail, x=x)))
    assert "skewed_target" not in found(untrained(table(tail - 1, x=x)))
