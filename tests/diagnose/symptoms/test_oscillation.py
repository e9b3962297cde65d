"""A loss that rises again and again."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, shown, trained


def test_fires():
    subject = trained(healthy(), training_proper=lambda e: 0.5 + 0.05 * (-1.0) ** e)
    assert_fires("oscillation", subject, None, None)


def test_the_running_loss_is_enough_in_any_unit():
    running = trained(healthy(), running_loss=lambda e: 300 + 50 * (-1.0) ** e)
    assert "oscillation" in shown(running)
