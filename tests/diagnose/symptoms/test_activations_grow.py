"""Activations that grow from layer to layer."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, probed, shown


def test_fires():
    assert_fires("activations_grow", probed(healthy(), 2, activation_std=50.0), 2, 0)


def test_is_silent_short_of_the_ratio():
    assert "activations_grow" not in shown(probed(healthy(), 2, activation_std=4.9))
