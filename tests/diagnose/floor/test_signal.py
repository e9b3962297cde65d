"""Noise is called noise."""

import dataclasses

import numpy as np
import pytest

from stages.diagnose.floor.estimate import estimate_floor
from stages.diagnose.floor.signal import ALPHA
from stages.lib.core.splits import SPLITS
from tests.cards import changed_card
from tests.diagnose.tables import coin, table, untrained


@pytest.mark.parametrize("seed", range(8))
def test_healthy_noise_is_called_noise(seed):
    rng = np.random.default_rng(seed)
    dataset = table(coin(rng), **{f"x{i}": rng.standard_normal(400) for i in range(8)})
    subject = untrained(dataset)
    each = {
        key: {"value": np.log(2), "standard_error": 0.0, "drawn": np.log(2)}
        for key in [*SPLITS, "population"]
    }
    card = changed_card(subject.card, floor={"kind": "exact", **each})
    found = estimate_floor(dataclasses.replace(subject, card=card), seed)
    assert not found.signal.found
    assert found.signal.p_value >= ALPHA
