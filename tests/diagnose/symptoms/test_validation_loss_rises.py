"""A validation loss that rises while the training loss falls."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, shown, trained, training


def overfitting():
    return trained(healthy(), validation_proper=lambda e: 0.4 + 0.001 * (e - 6.0) ** 2)


def test_fires():
    assert_fires("validation_loss_rises", overfitting(), None, 6)


def test_early_stopping_went_back_to_the_best_epoch():
    assert "validation_loss_rises" not in shown(training(overfitting(), kept_epoch=6))
