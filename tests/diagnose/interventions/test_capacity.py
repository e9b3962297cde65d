"""Edits of the layers."""

import numpy as np
import pandas as pd
import pytest

from tests.diagnose.interventions.fits import FAST, losses, proposals
from tests.diagnose.tables import table, untrained

PLAIN = FAST | {"normalize.features": "standard"}


def clusters(rng: np.random.Generator):
    """Five classes, each a cluster of its own."""
    codes = rng.integers(0, 5, 500)
    x = rng.standard_normal((500, 5)) + 4 * np.eye(5)[codes]
    label = pd.Series(np.array([*"abcde"])[codes])
    return table(label, **{f"x{i}": column for i, column in enumerate(x.T)})


@pytest.mark.parametrize(
    ("layers", "wider"),
    [
        ([64, 1, 32], [64, 32, 32]),
        ([1, 32], [32, 32]),
        ([32, 2], [32, 32]),
        ([2], [32]),
        ([64, 3, 32], None),
        ([], None),
    ],
)
def test_a_bottleneck_becomes_as_wide_as_its_narrower_neighbour(rng, layers, wider):
    subject = untrained(clusters(rng), **PLAIN | {"train.layers": layers})
    edits = [candidate.edit for candidate in proposals(subject, "wider_bottleneck")]
    assert edits == ([{"train.layers": wider}] if wider else [])


def test_without_it_the_loss_falls(rng):
    subject = untrained(clusters(rng), **PLAIN | {"train.layers": [16, 1, 16]})
    before, after = losses(subject, {"train.layers": [16, 16, 16]})
    assert after < 0.3 < 0.6 < before
