"""A loss that still falls in the last epochs."""

from tests.diagnose.symptoms.runs import EPOCHS, assert_fires, healthy, shown, trained


def falling():
    return trained(
        healthy(),
        training_proper=lambda e: 0.69 - 0.01 * e,
        validation_proper=lambda e: 0.70 - 0.01 * e,
    )


def test_fires():
    assert_fires("still_falling", falling(), None, EPOCHS)


def test_while_the_validation_loss_rises_more_epochs_are_no_cure():
    overfitting = trained(falling(), validation_proper=lambda e: 0.6 + 0.01 * e)
    assert "still_falling" not in shown(overfitting)
