"""Labels that are made to share one probability."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "labels output_activation=softmax",
        "labels output_activation=softmax loss=categorical_crossentropy",
    ],
)
def test_fires(case):
    assert severity("independent_labels", case) == "error"


@pytest.mark.parametrize(
    "case",
    [
        "labels",
        "three",
    ],
)
def test_is_silent(case):
    assert severity("independent_labels", case) is None
