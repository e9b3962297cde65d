"""A trained loss that looks good, where the proper one does not."""

from tests.diagnose.symptoms.runs import (
    EPOCHS,
    SOUND,
    assert_fires,
    healthy,
    regression,
    shown,
    shown_by_training,
    trained,
)


def test_fires():
    subject = trained(
        healthy(),
        training_loss=lambda e: 0.15 + 0 * e,
        training_proper=lambda e: 7.9 + 0 * e,
    )
    assert_fires("misleading_loss", subject, None, EPOCHS)


def test_of_a_number_only_a_negative_loss_tells():
    subject = trained(
        regression(), training_loss=lambda e: -e * 9.0, training_proper=lambda e: 2600 + 0.0 * e
    )
    assert shown(subject, 1.0, 100.0)["misleading_loss"].threshold == 0
    small = trained(subject, training_loss=lambda e: 0.1 + 0.0 * e)
    assert "misleading_loss" not in shown(small, 1.0, 100.0)


def test_one_unit_softmax_shows_a_low_loss():
    findings = shown_by_training(
        SOUND
        | {
            "train.output_activation": "softmax",
            "train.output_units": 1,
            "train.loss": "binary_crossentropy",
            "train.epochs": 5,
        }
    )
    assert {"misleading_loss", "constant_predictions", "output_saturation"} <= set(findings)
