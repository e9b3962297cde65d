"""A target far from unit scale."""

import pandas as pd

from stages.diagnose.checks import run_checks
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import table, untrained


def test_a_far_target_is_a_warning(rng):
    x = rng.standard_normal(400)
    far = table(pd.Series(5000 + 3 * rng.standard_normal(400)), x=x)
    assert found(untrained(far))["target_scale"].severity == "warning"
    assert run_checks(untrained(far, **SCALED)) == []


def test_of_several_targets_the_far_one_is_named(rng):
    far = {"small": rng.standard_normal(400), "large": 1000 * rng.standard_normal(400) + 5}
    dataset = several("regression", far, z=rng.standard_normal(400))
    assert found(untrained(dataset))["target_scale"].received.startswith("'large': mean ")
    assert "target_scale" not in found(untrained(dataset, **SCALED))
