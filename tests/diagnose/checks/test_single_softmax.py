"""Softmax over one output."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "binary output_activation=softmax",
        "number output_activation=softmax",
        "labels output_activation=softmax output_units=1 loss=mean_squared_error",
    ],
)
def test_fires(case):
    assert severity("single_softmax", case) == "error"


@pytest.mark.parametrize(
    "case",
    [
        "binary",
        "three",
    ],
)
def test_is_silent(case):
    assert severity("single_softmax", case) is None
