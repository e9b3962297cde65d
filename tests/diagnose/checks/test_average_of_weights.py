"""An average of the weights that lags behind them, or that is thrown away."""

import pytest

from tests.diagnose.checks.programs import found, of_program, severity

STOPS = "early_stopping.patience=3"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("binary epochs=10", None),
        ("binary epochs=10 ema_momentum=0.9", None),  # of 240 rows, 80 steps
        ("binary epochs=10 ema_momentum=0.98", "note"),
        ("binary epochs=10 ema_momentum=0.999", "warning"),
        ("binary epochs=100 ema_momentum=0.98", None),
        (f"binary epochs=100 ema_momentum=0.9 {STOPS}", "warning"),
        (f"binary epochs=100 ema_momentum=0.9 {STOPS} early_stopping.restore_best=false", None),
        (f"binary epochs=100 {STOPS}", None),
        ("binary epochs=1 batch_size=240 ema_momentum=0.9", None),  # one step: nothing to average
    ],
)
def test_severity(case, expected):
    assert severity("average_of_weights", case) == expected


@pytest.mark.parametrize(("epochs", "most"), [(1, 0.65), (10, 0.962), (1000, 0.99962)])
def test_what_is_expected_leaves_no_more_than_a_twentieth(epochs, most):
    finding = found(of_program(f"binary epochs={epochs} ema_momentum=0.99999"))[
        "average_of_weights"
    ]
    assert float(finding.expected.split()[2]) == most
    assert most ** (8 * epochs - 1) <= 0.05


def test_the_share_of_the_first_weights():
    finding = found(of_program("binary epochs=10 ema_momentum=0.999"))["average_of_weights"]
    assert finding.expected == "train.ema_momentum of 0.962 at most for 80 steps, or null"
    # 0.999 ** 79
    assert (
        finding.received == "0.999: after them 92% of the average are the weights after the first"
    )
