"""Early stopping by very few validation rows."""

from dataclasses import replace

import numpy as np
import pytest

from tests.diagnose.checks.programs import found
from tests.diagnose.tables import coin, table, untrained

STOPPING = {"train.early_stopping.patience": 10}


@pytest.mark.parametrize(("rows", "fires"), [(200, True), (240, True), (260, False)])
def test_a_fifth_of_the_rows(rng, rows, fires):
    dataset = table(coin(rng, rows), x=rng.standard_normal(rows))
    findings = found(untrained(dataset, **STOPPING))
    assert ("few_validation_rows" in findings) == fires
    assert "few_validation_rows" not in found(untrained(dataset))
    if fires:
        assert findings["few_validation_rows"].received.startswith(f"{rows // 5}: the standard")


def test_rows_of_one_group_count_once(rng):
    dataset = table(coin(rng, 1000), x=rng.standard_normal(1000))
    visits = (dataset.features["x"].rank().astype("int64") // 10).rename("visit")
    groups = replace(dataset, groups=visits)
    findings = found(untrained(groups, **STOPPING))
    assert "validation groups at least" in findings["few_validation_rows"].expected
    assert np.isclose(int(findings["few_validation_rows"].received.split(":")[0]), 20, atol=3)
