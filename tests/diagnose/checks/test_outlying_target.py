"""A target far from all others."""

import numpy as np
import pandas as pd

from stages.diagnose.checks import run_checks
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import table, untrained


def test_a_far_target_is_named(rng):
    target = pd.Series(rng.normal(20.0, 5.0, 400))
    target[11] = 2e5
    findings = found(untrained(table(target, x=rng.standard_normal(400)), **SCALED))
    finding = findings["outlying_target"]
    assert finding.received.startswith("'target': 200000 in row ")
    assert (finding.severity, finding.family) == ("warning", "loss")
    assert finding.keys == ("train.loss", "normalize.target")


def test_of_several_targets_the_one_is_named(rng):
    both = {"height": rng.standard_normal(400), "width": rng.standard_normal(400)}
    both["width"][3] = -1e4
    subject = untrained(several("regression", both, x=rng.standard_normal(400)), **SCALED)
    assert found(subject)["outlying_target"].received.startswith("'width': -10000 in row ")


def test_skewed_targets_and_classes_have_none(rng):
    skewed = pd.Series(np.exp(rng.standard_normal(400)))
    subject = untrained(table(skewed, x=rng.standard_normal(400)), **SCALED)
    assert "outlying_target" not in found(subject)
    assert run_checks(untrained(**SCALED)) == []
