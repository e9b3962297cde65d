"""Inputs of a single value."""

import numpy as np

from stages.diagnose.checks import MAX_FINDINGS, run_checks
from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import coin, table, untrained


def test_a_constant_column_is_named(rng):
    dataset = table(coin(rng), x=rng.standard_normal(400), same=np.full(400, 7.0))
    findings = found(untrained(dataset, **SCALED | {"normalize.binary": "standard"}))
    assert "'same' is 0 in" in findings["constant_column"].received
    assert findings["constant_column"].keys == ("data.file.ignore",)
    assert len(findings) == 1


def test_at_most_five_findings_of_a_check_and_long_names_cut(rng):
    same = {f"{'same' * 30}{i}": np.full(100, 1.0) for i in range(12)}
    findings = run_checks(untrained(table(coin(rng, 100), x=rng.standard_normal(100), **same)))
    constant = [finding for finding in findings if finding.check == "constant_column"]
    assert len(constant) == MAX_FINDINGS
    assert constant[-1].received.endswith("; and 7 more")
    assert all(len(finding.received) < 120 for finding in constant)
