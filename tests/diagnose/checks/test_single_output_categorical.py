"""Categorical cross-entropy over one output."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "binary loss=categorical_crossentropy output_units=1 target_encoding=integer",
    ],
)
def test_fires(case):
    assert severity("single_output_categorical", case) == "error"


@pytest.mark.parametrize(
    "case",
    [
        "binary loss=categorical_crossentropy",
        "three",
    ],
)
def test_is_silent(case):
    assert severity("single_output_categorical", case) is None
