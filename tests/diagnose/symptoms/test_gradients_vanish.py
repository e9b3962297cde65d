"""Gradients that vanish towards the first layer."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, probed, shown


def test_fires():
    assert_fires("gradients_vanish", probed(healthy(), 1, gradient_rms=1e-6), 1, 0)


def test_is_silent_short_of_the_ratio():
    assert "gradients_vanish" not in shown(probed(healthy(), 1, gradient_rms=1.1e-5))
