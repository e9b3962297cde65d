"""A hidden layer of saturated units."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, probed, shown


def test_fires():
    assert_fires("hidden_saturation", probed(healthy("tanh"), 1, 5, 5, flat_share=0.8), 1, 5)


def test_flat_relu_units_are_as_they_should_be():
    assert "hidden_saturation" not in shown(probed(healthy(), 1, flat_share=0.9))
