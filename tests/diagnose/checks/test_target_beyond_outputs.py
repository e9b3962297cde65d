"""A regression's target out of the reach of the outputs."""

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.checks import run_checks
from tests.diagnose.checks.programs import found, severity, small
from tests.diagnose.tables import table, untrained


@pytest.mark.parametrize(
    "case",
    [
        "number output_activation=sigmoid",
        "number output_activation=tanh",
        "numbers output_activation=sigmoid",
    ],
)
def test_fires(case):
    assert severity("target_beyond_outputs", case) == "error"


def test_a_few_targets_beyond_the_outputs_are_a_warning(rng):
    target = pd.Series(rng.uniform(size=400))
    target[:12] = 2.0
    subject = untrained(
        table(target, x=rng.standard_normal(400)), **{"train.output_activation": "sigmoid"}
    )
    assert found(subject)["target_beyond_outputs"].severity == "warning"


def test_a_target_that_fits_the_outputs_is_no_finding():
    changes = {"train.output_activation": "sigmoid", "normalize.target": "minmax"}
    assert run_checks(untrained(small("number"), **changes)) == []


def test_the_share_beyond_is_counted():
    target = pd.Series(np.resize([0.5, 0.5, 0.5, 2.0], 400))
    changes = {"train.output_activation": "sigmoid"}
    subject = untrained(table(target, x=np.arange(400.0)), **changes)
    share = (subject.y["train"] > 1).mean()
    received = found(subject)["target_beyond_outputs"].received
    assert f"{share:.1%} of the training targets lie beyond" in received
