"""A loss that hardly comes below chance."""

from tests.diagnose.symptoms.runs import (
    CHANCE,
    EPOCHS,
    SMALL,
    SOUND,
    assert_fires,
    healthy,
    shown_by_training,
    trained,
)


def test_fires():
    subject = trained(healthy(), training_proper=lambda e: CHANCE - 1e-4 * e)
    assert_fires("plateau", subject, None, EPOCHS)


def test_raw_income():
    findings = shown_by_training(SMALL | {"train.layers": [64, 32], "train.epochs": 6})
    assert {"initial_loss_above_chance", "plateau", "underfit"} <= set(findings)
    assert findings["initial_loss_above_chance"].value > 5
    assert "input_normalization" in findings["plateau"].families


def test_deep_narrow_sigmoid():
    findings = shown_by_training(
        SOUND
        | {
            "train.layers": [16] * 5,
            "train.activation": "sigmoid",
            "train.kernel_initializer": {"name": "random_uniform", "minval": -0.05, "maxval": 0.05},
            "train.learning_rate": 0.001,
            "train.epochs": 5,
        }
    )
    assert {"gradients_vanish", "plateau", "constant_predictions"} <= set(findings)
    assert "diverged" not in findings
