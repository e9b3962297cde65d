"""The number of outputs against task and encoding."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("three loss=mean_squared_error output_units=1 target_encoding=integer", "error"),
        ("three loss=mean_squared_error output_units=1 target_encoding=one_hot", "error"),
        (
            "three loss=huber output_units=3 target_encoding=integer output_activation=softmax",
            "error",
        ),
        ("three loss=sparse_categorical_crossentropy output_units=5", "note"),
        ("number output_units=4", "note"),
        ("labels output_units=1 loss=mean_squared_error", "error"),
        ("numbers output_units=1", "error"),
    ],
)
def test_fires(case, expected):
    assert severity("output_units", case) == expected


@pytest.mark.parametrize(
    "case",
    [
        "binary",
        "three",
        "number",
        "labels",
        "numbers",
        "binary output_units=2",
    ],
)
def test_is_silent(case):
    assert severity("output_units", case) is None
