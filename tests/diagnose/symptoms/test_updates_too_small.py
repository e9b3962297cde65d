"""First epochs that hardly change the weights."""

from tests.diagnose.symptoms.runs import all_probed, assert_fires, healthy, probed, shown


def test_fires():
    assert_fires("updates_too_small", all_probed(healthy(), update_ratio=2e-5), 1, None)


def test_without_a_gradient_the_learning_rate_is_not_too_low():
    stopped = probed(all_probed(healthy(), update_ratio=0.0), 1, 1, gradient_rms=0.0)
    stopped = probed(probed(stopped, 2, 1, gradient_rms=0.0), 3, 1, gradient_rms=0.0)
    assert "updates_too_small" not in shown(probed(stopped, 1, 0, 0, update_ratio=0.01))
