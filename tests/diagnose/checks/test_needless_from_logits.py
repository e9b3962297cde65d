"""from_logits that changes nothing."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "binary output_activation=sigmoid from_logits=true",
        "binary loss=mean_squared_error from_logits=true",
    ],
)
def test_fires(case):
    assert severity("needless_from_logits", case) == "note"


@pytest.mark.parametrize(
    "case",
    [
        "binary from_logits=true",
        "binary output_activation=sigmoid",
        "binary loss=binary_focal_crossentropy output_activation=sigmoid from_logits=true",
    ],
)
def test_is_silent(case):
    assert severity("needless_from_logits", case) is None
