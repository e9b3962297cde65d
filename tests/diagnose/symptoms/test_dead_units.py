"""Units of a hidden layer that are flat on every row."""

from tests.diagnose.symptoms.runs import EPOCHS, assert_fires, healthy, probed, shown


def test_fires():
    assert_fires("dead_units", probed(healthy(), 2, first=10, dead_share=0.75), 2, EPOCHS)


def test_sigmoid_units_that_are_flat_are_saturated_not_dead():
    assert "dead_units" not in shown(probed(healthy("sigmoid"), 1, dead_share=0.9))
