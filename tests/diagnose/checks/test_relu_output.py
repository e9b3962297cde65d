"""relu on an output that is read as a number."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "number output_activation=relu",
    ],
)
def test_fires(case):
    assert severity("relu_output", case) == "warning"


@pytest.mark.parametrize(
    "case",
    [
        "number",
        "number output_activation=softplus",
        "three output_activation=relu",
    ],
)
def test_is_silent(case):
    assert severity("relu_output", case) is None
