"""The exported model in plain Keras gives the pipeline's predictions from raw rows."""

import json

import numpy as np
import pytest

from tests.conftest import edit_params, repro
from tests.tools.deploy.exporting import exported, mixed_table

CASES = {
    "standard": {"normalize.features": "standard", "normalize.max_categories": 3},
    "quantile and ordinal": {"normalize.features": "quantile", "normalize.categorical": "ordinal"},
    "pooled and ordinal": {"normalize.max_categories": 2, "normalize.categorical": "ordinal"},
    "all pooled": {"normalize.max_categories": 1},
    "batch normalization": {
        "normalize.features": "log1p_standard",
        "train.batch_normalization": "after_activation",
        "train.activation": "gelu",
    },
}


@pytest.mark.parametrize(
    "case",
    [case if case == "standard" else pytest.param(case, marks=pytest.mark.slow) for case in CASES],
)
def test_multiclass_with_categories_and_gaps(case, finished_run):
    mixed_table(finished_run, "y")
    edit_params(finished_run, **CASES[case])
    repro(finished_run, "evaluate")
    found, wrote = exported(finished_run)
    assert found.shape == (48, 3)
    np.testing.assert_allclose(found, wrote, atol=1e-5, rtol=1e-5)


@pytest.mark.slow
def test_regression_with_a_scaled_target(finished_run):
    mixed_table(finished_run, "price")
    edit_params(
        finished_run,
        **{
            "normalize.features": "robust",
            "normalize.target": "log1p_standard",
            "train.batch_normalization": "before_activation",
        },
    )
    repro(finished_run, "evaluate")
    found, wrote = exported(finished_run)
    np.testing.assert_allclose(found, wrote, rtol=1e-5)
    metrics = json.loads((finished_run / "reports/metrics.json").read_text())
    # in target units: prices of some hundred thousand, not numbers around zero
    assert metrics["test"]["mae"] > 1000


@pytest.mark.slow
def test_default_with_raw_inputs_and_logits(finished_run):
    edit_params(finished_run, **{"train.from_logits": True})
    repro(finished_run, "evaluate")
    found, wrote = exported(finished_run)
    np.testing.assert_allclose(found, wrote, atol=1e-5)
