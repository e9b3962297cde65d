"""Activations that shrink from layer to layer."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, probed, shown


def test_fires():
    assert_fires("activations_shrink", probed(healthy(), 2, activation_std=0.01), 2, 0)


def test_is_silent_short_of_the_ratio():
    assert "activations_shrink" not in shown(probed(healthy(), 2, activation_std=0.06))
