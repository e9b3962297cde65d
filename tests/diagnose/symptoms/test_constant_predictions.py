"""The same prediction for every row."""

from tests.diagnose.symptoms.runs import (
    assert_fires,
    healthy,
    labels,
    numbers,
    predicted,
    regression,
    shares,
    shown,
)


def test_fires():
    assert_fires("constant_predictions", predicted(healthy(), shares(0.5)), None, None)


def test_fires_for_a_number():
    constant = predicted(regression(), lambda table: table.assign(prediction=50.0))
    assert set(shown(constant, 1.0, 100.0)) == {"constant_predictions", "underfit"}


def test_a_label_that_follows_its_inputs_is_enough():
    still = predicted(labels(), lambda t: t.assign(probability_0=0.01, probability_1=0.01))
    assert shown(still)["constant_predictions"].value < 1e-9
    follows = predicted(labels(), lambda t: t.assign(probability_0=0.01))
    assert "constant_predictions" not in shown(follows)


def test_a_number_that_follows_its_inputs_is_enough_whatever_its_unit():
    still = predicted(numbers(), lambda t: t.assign(prediction_0=50.0, prediction_1=0.05))
    assert "constant_predictions" in shown(still, floor=0.5, chance=50.0)
    follows = predicted(numbers(), lambda t: t.assign(prediction_0=50.0))
    assert "constant_predictions" not in shown(follows, floor=0.5, chance=50.0)
