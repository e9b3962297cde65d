"""Inputs far from unit scale."""

import numpy as np

from tests.diagnose.checks.programs import found
from tests.diagnose.tables import coin, table, untrained


def test_the_committed_params_show_their_unscaled_inputs():
    findings = found(untrained())
    assert set(findings) == {"input_scale_ratio", "input_scale"}
    assert "'household_income'" in findings["input_scale"].received
    assert findings["input_scale"].severity == "warning"


def test_the_key_is_that_of_the_columns_kind(rng):
    flag = np.where(rng.uniform(size=400) < 0.5, 0.0, 1000.0)
    dataset = table(coin(rng), flag=flag, x=rng.standard_normal(400))
    finding = found(untrained(dataset, **{"normalize.binary": "none"}))["input_scale"]
    assert finding.keys == ("normalize.binary",)
    assert "input_scale" not in found(untrained(dataset, **{"normalize.binary": "standard"}))
