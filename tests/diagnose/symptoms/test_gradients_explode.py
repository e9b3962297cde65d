"""Gradients that explode towards the first layer."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, probed, shown


def test_fires():
    assert_fires("gradients_explode", probed(healthy(), 1, gradient_rms=10.0), 1, 0)


def test_is_silent_short_of_the_ratio():
    assert "gradients_explode" not in shown(probed(healthy(), 1, gradient_rms=0.69))
