"""Batch normalization over very few rows."""

import pytest

from tests.diagnose.checks.programs import found, of_program, severity

NORMALIZED = "binary batch_normalization=before_activation"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (f"{NORMALIZED} batch_size=1", "error"),
        (f"{NORMALIZED} batch_size=2", "warning"),
        (f"{NORMALIZED} batch_size=7", "warning"),
        (f"{NORMALIZED} batch_size=8", None),
        (f"{NORMALIZED} batch_size=32", None),
        (f"{NORMALIZED} batch_size=239", "note"),  # of 240 rows
        (f"{NORMALIZED} batch_size=1 layers=[]", None),
        ("binary batch_size=1", None),
        (
            'binary batch_size=1 layers=[4,{"units":4,"batch_normalization":"after_activation"}]',
            "error",
        ),
        (f'{NORMALIZED} batch_size=1 layers=[{{"units":4,"batch_normalization":"none"}}]', None),
    ],
)
def test_severity(case, expected):
    assert severity("batch_statistics", case) == expected


def test_both_keys_are_named():
    finding = found(of_program(f"{NORMALIZED} batch_size=2"))["batch_statistics"]
    assert finding.keys == ("train.batch_normalization", "train.batch_size")
    assert finding.received == "2: the mean and deviation of 2 rows are mostly luck"
