"""A target some rows off its inputs."""

import numpy as np
import pandas as pd
import pytest

from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import table, untrained


@pytest.mark.parametrize(("shift", "words"), [(1, "1 row below"), (-3, "3 rows above")])
def test_a_column_moved_by_some_rows_is_named(rng, shift, words):
    """The split shuffles the rows; the order is that of the table."""
    x = rng.standard_normal(600)
    moved = np.roll(x + 0.3 * rng.standard_normal(600), shift)
    finding = found(untrained(table(pd.Series(moved), x=x), **SCALED))["shifted_target"]
    assert f"of the variance of the target {words}, and 0% of their own" in finding.received
    assert (finding.severity, finding.family) == ("warning", "data")


def test_rows_that_stand_beside_their_targets_have_none(rng):
    x = rng.standard_normal(600)
    target = pd.Series(x + 0.3 * rng.standard_normal(600))
    assert "shifted_target" not in found(untrained(table(target, x=x), **SCALED))
