"""Inputs far from each other's scale."""

import numpy as np

from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import coin, table, untrained


def test_the_committed_params_show_their_unequal_inputs():
    finding = found(untrained())["input_scale_ratio"]
    assert "'debt_ratio'" in finding.received
    assert finding.severity == "warning"


def test_a_rare_category_is_not_badly_scaled(rng):
    dataset = table(
        coin(rng, 5000), number=rng.standard_normal(5000), level=np.array(["a"] * 4999 + ["b"])
    )
    assert "input_scale_ratio" not in found(untrained(dataset, **SCALED))
