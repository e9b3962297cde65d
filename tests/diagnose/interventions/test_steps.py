"""Edits of early stopping."""

import pytest

from tests.diagnose.interventions.fits import FAST, halves, losses, proposals
from tests.diagnose.tables import untrained

PLAIN = FAST | {"normalize.features": "standard"}
PATIENCE, DELTA = "train.early_stopping.patience", "train.early_stopping.min_delta"


@pytest.mark.parametrize(
    ("patience", "delta", "edits"),
    [
        (None, 0.1, []),
        (1, 0.0, [{PATIENCE: 10}]),
        (1, 0.1, [{DELTA: 0.0}, {DELTA: 0.0, PATIENCE: 10}]),
        (5, 0.1, [{DELTA: 0.0}]),
        (5, 0.0, []),
    ],
)
def test_what_is_proposed(rng, patience, delta, edits):
    subject = untrained(halves(rng), **PLAIN | {PATIENCE: patience, DELTA: delta})
    assert [candidate.edit for candidate in proposals(subject, "patient_stopping")] == edits


def test_small_improvements_that_count_lower_the_loss(rng):
    subject = untrained(halves(rng), **PLAIN | {PATIENCE: 1, DELTA: 0.1})
    before, after = losses(subject, {DELTA: 0.0, PATIENCE: 10})
    assert after < 0.6 * before
