"""Edits of weight decay: which are proposed, and what one does to the loss."""

import pytest

from tests.diagnose.interventions.fits import losses, proposals
from tests.diagnose.tables import untrained

# 266 rows of one small table: nine batches an epoch.
FEW_ROWS = {
    "data.source": "bundled",
    "data.bundled.dataset": "diabetes",
    "normalize.features": "standard",
    "normalize.target": "standard",
    "train.activation": "relu",
    "train.optimizer": "adam",
    "train.learning_rate": 0.001,
    "train.epochs": 100,
}


def decays(**changes) -> list:
    subject = untrained(**FEW_ROWS | changes)
    edits = [candidate.edit for candidate in proposals(subject, "weight_decay")]
    assert all([*edit] == ["train.weight_decay"] for edit in edits)
    return [edit["train.weight_decay"] for edit in edits]


@pytest.mark.parametrize(
    ("changes", "proposed"),
    [
        ({}, [3.3, 11.0]),  # 3 and 10 over 900 steps of 0.001
        ({"train.learning_rate": 0.01}, [0.33, 1.1]),
        ({"train.gradient_accumulation_steps": 9}, [30.0, 100.0]),
        ({"train.optimizer": "adamw", "train.learning_rate": 0.01}, [0.33, 1.1]),
        ({"train.weight_decay": 5.0}, [11.0]),
        # No shorter than an epoch, nor than ten steps; nothing that has hardly moved.
        ({"train.epochs": 5, "train.learning_rate": 0.01}, [6.7]),
        ({"train.epochs": 40, "train.batch_size": 300, "train.learning_rate": 0.01}, [7.5]),
        ({"train.learning_rate": 1e-5}, []),
        # There it is L2, which has an edit of its own.
        ({"train.optimizer": "sgd"}, []),
        ({"train.optimizer": "momentum"}, []),
    ],
)
def test_what_is_proposed(changes, proposed):
    assert decays(**changes) == proposed


@pytest.mark.slow
def test_few_rows_and_many_epochs_lose_less_with_it_and_nothing_by_keras_default():
    """Measured beforehand: 4447 without, 3367 with it; Keras' 0.004 leaves it where it was."""
    subject = untrained(**FEW_ROWS)
    before, after = losses(subject, {"train.weight_decay": 3.3})
    assert after < 0.85 * before
    before, after = losses(subject, {"train.weight_decay": 0.004})
    assert after == pytest.approx(before, rel=0.02)
