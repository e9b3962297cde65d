"""Columns distributed otherwise in the test split."""

import dataclasses

import pandas as pd
import pytest
from scipy.stats import ks_2samp

from stages.diagnose.checks import run_checks
from stages.diagnose.checks.train_test_shift import kolmogorov_smirnov_test
from tests.diagnose.tables import coin, table, untrained


def test_shifted_columns_are_named(rng):
    dataset = table(
        coin(rng, 2000),
        number=rng.standard_normal(2000),
        flag=rng.integers(0, 2, 2000).astype(float),
        text=rng.choice(["a", "b", "c"], 2000),
        steady=rng.standard_normal(2000),
    )
    subject = untrained(dataset)
    test = subject.tables["test"].copy()
    test["number"] += 1
    test["flag"] = 1.0
    test["text"] = "a"
    shifted = dataclasses.replace(subject, tables=subject.tables | {"test": test})
    findings = [f for f in run_checks(shifted) if f.check == "train_test_shift"]
    assert {f.received.split("'")[1] for f in findings} == {"number", "flag", "text"}
    assert {f.severity for f in findings} == {"warning"}


def test_the_distance_of_two_samples_is_scipys(rng):
    for shift, size in ((0.0, 300), (0.1, 2000), (0.3, 500)):
        first, second = rng.standard_normal(size), rng.standard_normal(size // 3).round(1) + shift
        p_value, how = kolmogorov_smirnov_test(pd.Series(first), pd.Series(second))
        expected = ks_2samp(first, second, method="asymp")
        assert f"distance {expected.statistic:.3f}" in how
        assert p_value == pytest.approx(expected.pvalue, rel=0.3)
        assert p_value >= 0.9 * expected.pvalue
