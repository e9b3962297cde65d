"""Logits that cannot reach every number."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("binary output_activation=tanh from_logits=true", "error"),
        ("binary output_activation=relu from_logits=true", "error"),
        ("three output_activation=relu from_logits=true", "warning"),
        ("labels output_activation=tanh from_logits=true", "error"),
        # A focal cross-entropy takes a sigmoid of a sigmoid where the latter is declared a logit.
        (
            "binary loss=binary_focal_crossentropy output_activation=sigmoid from_logits=true",
            "error",
        ),
    ],
)
def test_fires(case, expected):
    assert severity("bounded_logits", case) == expected


@pytest.mark.parametrize(
    "case",
    [
        "binary from_logits=true",
        "binary output_activation=sigmoid from_logits=true",
        "binary output_activation=leaky_relu from_logits=true",
    ],
)
def test_is_silent(case):
    assert severity("bounded_logits", case) is None
