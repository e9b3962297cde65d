"""Single columns that give the target away."""

import numpy as np
import pandas as pd
import pytest

from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import coin, table, untrained


def test_a_column_that_gives_a_number_away_is_named(rng):
    target = pd.Series(rng.standard_normal(400))
    dataset = table(target, honest=target + rng.standard_normal(400), leak=3 - 2 * target)
    finding = found(untrained(dataset, **SCALED))["leaking_column"]
    assert "'leak' has the correlation -1.0" in finding.received


def test_one_far_outlier_is_no_leak(rng):
    target, x = pd.Series(rng.standard_normal(400)), rng.standard_normal(400)
    target[5] = x[5] = 1e6
    subject = untrained(table(target, x=x), **SCALED)
    assert "leaking_column" not in found(subject)


@pytest.mark.parametrize("kind", ["number", "flag", "text"])
def test_a_column_that_gives_the_class_away_is_named(rng, kind):
    label = coin(rng)
    yes = (label == "yes").to_numpy()
    leak = {
        "number": yes + rng.uniform(0, 0.5, 400),
        "flag": yes * 1.0,
        "text": np.where(yes, rng.choice(["a", "b"], 400), "c"),
    }[kind]
    findings = found(untrained(table(label, honest=yes + rng.standard_normal(400), leak=leak)))
    assert "'leak'" in findings["leaking_column"].received


def test_of_several_labels_the_one_that_leaks_is_named(rng):
    x = rng.standard_normal(400)
    has = {"other": rng.integers(0, 2, 400) * 1.0, "leaking": (x > 0) * 1.0}
    findings = found(untrained(several("multilabel", has, x=x, z=rng.standard_normal(400))))
    leak = "'x' has ranges of the classes that do not overlap, of 'leaking'"
    assert findings["leaking_column"].received == leak
