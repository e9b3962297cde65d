"""Edits of the hidden layers: batch normalization on and off."""

import pytest

from tests.diagnose.interventions.fits import FAST, halves, losses, proposals, subject_of

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
    subject = subject_of(halves(rng), **PLAIN | changes)
    edits = [candidate.edit for candidate in proposals(subject, intervention)]
    assert edits == ([{"train.batch_normalization": edit}] if edit else [])


def test_without_it_tiny_batches_train(rng):
    changes = {"train.batch_normalization": BEFORE, "train.batch_size": 1, "train.epochs": 8}
    subject = subject_of(halves(rng), **PLAIN | changes)
    before, after = losses(subject, {"train.batch_normalization": "none"})
    assert after < 0.3 < before


def test_with_it_a_deep_network_of_narrow_weights_trains(rng):
    """Six layers of weights near zero pass nothing on, unless each layer is scaled up again."""
    narrow = {"name": "random_normal", "stddev": 0.01}
    changes = {"train.layers": [16] * 6, "train.kernel_initializer": narrow}
    subject = subject_of(halves(rng), **PLAIN | changes)
    before, after = losses(subject, {"train.batch_normalization": BEFORE})
    assert after < 0.4 and before > 0.65
