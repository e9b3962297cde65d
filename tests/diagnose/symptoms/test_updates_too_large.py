"""Updates that replace much of a kernel."""

from tests.diagnose.symptoms.runs import (
    SOUND,
    assert_fires,
    healthy,
    probed,
    shown,
    shown_by_training,
)


def test_fires():
    assert_fires("updates_too_large", probed(healthy(), 3, update_ratio=0.4), 3, None)


def test_the_first_update_is_enough():
    erased = probed(healthy(), 1, 0, 0, update_ratio=4.0)
    assert shown(erased)["updates_too_large"].epoch == 0


def test_a_learning_rate_far_too_high():
    changes = {"train.optimizer": "sgd", "train.learning_rate": 10.0, "train.epochs": 8}
    findings = shown_by_training(SOUND | changes)
    high = {"updates_too_large", "diverged", "oscillation"} & set(findings)
    assert "updates_too_large" in high
    assert all("learning_rate" in findings[name].families for name in high)
    assert "updates_too_small" not in findings
