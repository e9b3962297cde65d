"""Labels out of the reach of the outputs."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "binary loss=hinge output_activation=sigmoid",
        "binary loss=mean_squared_error output_activation=sigmoid target_encoding=plus_minus_one",
        "labels loss=mean_squared_error target_encoding=plus_minus_one",
    ],
)
def test_fires(case):
    assert severity("labels_beyond_outputs", case) == "error"


@pytest.mark.parametrize(
    "case",
    [
        "binary loss=hinge output_activation=tanh",
        "binary loss=mean_squared_error",
        "binary target_encoding=plus_minus_one",
    ],
)
def test_is_silent(case):
    assert severity("labels_beyond_outputs", case) is None
