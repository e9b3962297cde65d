"""Seeds at which a hidden layer starts without a living unit."""

import pytest

from stages.diagnose.checks.collapse_at_start import SEEDS, collapsed_layers
from tests.diagnose.checks.programs import found, of_program, small
from tests.diagnose.tables import untrained

NARROW = {"normalize.features": "standard", "train.layers": [1, 1, 1]}


def test_of_three_single_units_two_may_die_at_each_seed():
    """Under symmetric inputs the first never does; the other two live with a positive weight, one
    time of two each. Of 20 seeds 15 collapse; 9 or fewer, and 20, are luck of one in a hundred."""
    layers = collapsed_layers(untrained(small("binary"), **NARROW))
    assert list(layers) == list(range(SEEDS))
    assert 10 <= sum(layer > 0 for layer in layers.values()) <= 19
    assert set(layers.values()) == {0, 2, 3}


def test_the_share_of_seeds_is_named():
    finding = found(untrained(small("binary"), **NARROW))["collapse_at_start"]
    assert finding.received.startswith("at 1") and " of 20 seeds (the first: " in finding.received
    assert (finding.severity, finding.family) == ("warning", "hidden_activation")


def test_zero_weights_pass_nothing_at_any_seed():
    zeros = NARROW | {"train.kernel_initializer": "zeros", "train.activation": "tanh"}
    finding = found(untrained(small("three"), **zeros))["collapse_at_start"]
    assert finding.received.startswith(
        "at 20 of 20 seeds (the first: 0, in hidden layer 1) all tanh"
    )
    assert finding.family == "initialization"


@pytest.mark.parametrize(
    "changes",
    [
        {"train.activation": "leaky_relu"},
        {"train.layers": [64, 32]},
        {"train.layers": []},
        {"train.layers": [16] * 8},
        {"train.batch_normalization": "before_activation"},
    ],
    ids=str,
)
def test_what_passes_something_on_is_none(changes):
    assert "collapse_at_start" not in found(untrained(small("binary"), **NARROW | changes))


def test_seeds_count_from_the_programs_own():
    assert min(collapsed_layers(of_program("number seed=7 layers=[1,1]"))) == 7
