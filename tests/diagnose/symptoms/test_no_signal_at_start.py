"""No gradient before training, or a layer that puts out one number."""

from tests.diagnose.symptoms.runs import all_probed, assert_fires, healthy, probed, shown


def test_fires_without_any_gradient():
    assert_fires("no_signal_at_start", all_probed(healthy(), gradient_rms=0.0), None, 0)


def test_fires_for_a_layer_that_puts_out_one_number():
    dead_start = probed(healthy(), 2, 0, 0, activation_std=0.0)
    assert shown(dead_start)["no_signal_at_start"].layer == 2
