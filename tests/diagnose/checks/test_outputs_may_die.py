"""Probabilities with a flat side."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "three output_activation=relu",
    ],
)
def test_fires(case):
    assert severity("outputs_may_die", case) == "warning"


@pytest.mark.parametrize(
    "case",
    [
        "three",
        "binary output_activation=relu",
        "three output_activation=relu from_logits=true",
    ],
)
def test_is_silent(case):
    assert severity("outputs_may_die", case) is None
