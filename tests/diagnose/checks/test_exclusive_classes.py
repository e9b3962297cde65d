"""Exclusive classes that are trained each by itself."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    "case",
    [
        "binary output_units=2",
        "three output_activation=sigmoid",
        "three loss=binary_crossentropy",
    ],
)
def test_fires(case):
    assert severity("exclusive_classes", case) == "warning"


@pytest.mark.parametrize(
    "case",
    [
        "three",
        "labels",
        "binary",
        "three loss=kl_divergence output_activation=sigmoid",
    ],
)
def test_is_silent(case):
    assert severity("exclusive_classes", case) is None
