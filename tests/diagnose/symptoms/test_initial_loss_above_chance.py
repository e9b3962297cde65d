"""The loss before training, beside chance."""

import math

import numpy as np

from tests.diagnose.symptoms.runs import assert_fires, healthy, labels, shown, trained


def test_fires():
    subject = trained(healthy(), training_proper=lambda e: np.where(e == 0, 8.0, 0.32))
    assert_fires("initial_loss_above_chance", subject, None, 0)
    finding = shown(subject)["initial_loss_above_chance"]
    assert finding.content()["value"] == float(f"{8 / math.log(2):.6g}")
    assert "8, 11.5 times" in finding.text


def test_unequal_classes_start_above_chance_under_the_best_of_draws():
    assert "initial_loss_above_chance" not in shown(healthy(), floor=0.1, chance=0.2)


def test_labels_near_zero_cost_ln_2_each_however_many_there_are():
    start = trained(labels(), training_proper=lambda e: np.where(e == 0, 1.2, 0.32))
    assert shown(start, chance=0.3)["initial_loss_above_chance"].value > 1.7
