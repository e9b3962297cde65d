"""Outputs beyond 0 and 1 under a cross-entropy."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "binary output_activation=linear",
        "binary output_activation=relu",
        "three output_activation=linear",
        "labels output_activation=linear",
    ],
)
def test_fires(case):
    assert severity("outputs_are_no_probabilities", case) == "error"


@pytest.mark.parametrize(
    "case",
    [
        "binary from_logits=true",
        "three output_activation=relu",
        "binary output_activation=hard_sigmoid",
    ],
)
def test_is_silent(case):
    assert severity("outputs_are_no_probabilities", case) is None
