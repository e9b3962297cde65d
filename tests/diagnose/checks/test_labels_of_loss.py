"""Labels that the loss is not made for."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "binary target_encoding=integer_from_one",
        "binary target_encoding=plus_minus_one",
        "binary loss=hinge target_encoding=integer_from_one",
        "binary loss=poisson target_encoding=plus_minus_one",
        "labels target_encoding=integer_from_one",
        "labels target_encoding=plus_minus_one",
    ],
)
def test_fires(case):
    assert severity("labels_of_loss", case) == "error"


@pytest.mark.parametrize(
    "case",
    [
        "binary loss=hinge output_activation=tanh target_encoding=plus_minus_one",
        "binary loss=poisson",
        "three loss=sparse_categorical_crossentropy",
    ],
)
def test_is_silent(case):
    assert severity("labels_of_loss", case) is None
