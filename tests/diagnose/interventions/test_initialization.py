"""Edits of the hidden layers: batch normalization on and off."""

import numpy as np
import pytest

from stages.diagnose.checks.collapse_at_start import collapsed_layers
from stages.lib.trials.laboratory import Runs
from tests.diagnose.interventions.fits import FAST, halves, losses, proposals
from tests.diagnose.tables import untrained

PLAIN = FAST | {"normalize.features": "standard"}
BEFORE = "before_activation"


@pytest.mark.parametrize(
    ("present", "size", "intervention", "edit"),
    [
        ("none", 32, "other_batch_normalization", BEFORE),
        ("after_activation", 32, "other_batch_normalization", "none"),
        (BEFORE, 2, "no_batch_normalization", "none"),
        ("none", 2, "other_batch_normalization", None),
        ("none", 2, "no_batch_normalization", None),
    ],
)
def test_on_or_off(rng, present, size, intervention, edit):
    changes = {"train.batch_normalization": present, "train.batch_size": size}
    subject = untrained(halves(rng), **PLAIN | changes)
    edits = [candidate.edit for candidate in proposals(subject, intervention)]
    assert edits == ([{"train.batch_normalization": edit}] if edit else [])


def test_without_it_tiny_batches_train(rng):
    changes = {"train.batch_normalization": BEFORE, "train.batch_size": 1, "train.epochs": 8}
    subject = untrained(halves(rng), **PLAIN | changes)
    before, after = losses(subject, {"train.batch_normalization": "none"})
    assert after < 0.3 < before


@pytest.mark.in_turn
def test_with_it_a_deep_network_of_narrow_weights_trains(rng):
    """Six layers of weights near zero pass nothing on, unless each layer is scaled up again."""
    narrow = {"name": "random_normal", "stddev": 0.01}
    changes = {"train.layers": [16] * 6, "train.kernel_initializer": narrow}
    subject = untrained(halves(rng), **PLAIN | changes)
    before, after = losses(subject, {"train.batch_normalization": BEFORE})
    assert after < 0.4 and before > 0.65


@pytest.mark.in_turn
def test_units_that_live_make_every_seed_train(rng):
    """Of relu layers of two units some seeds start with a dead one, and stay at chance."""
    narrow = {"train.layers": [2] * 5, "train.epochs": 60, "train.learning_rate": 0.02}
    subject = untrained(halves(rng), **PLAIN | narrow)
    leaky = {"train.activation": "leaky_relu"}
    assert proposals(subject, "units_that_live")[0].edit == leaky
    dead = [seed for seed, layer in collapsed_layers(subject).items() if layer]
    before, after = losses(subject, leaky, Runs(tuple(dead[:3])))
    assert after < 0.4 and before == pytest.approx(np.log(2), abs=0.02)


def test_units_that_live_already_are_left_alone(rng):
    assert proposals(untrained(halves(rng), **PLAIN), "units_that_live") == []
    leaky = PLAIN | {"train.layers": [2] * 5, "train.activation": "leaky_relu"}
    assert proposals(untrained(halves(rng), **leaky), "units_that_live") == []
