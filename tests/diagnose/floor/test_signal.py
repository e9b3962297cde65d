"""Noise is called noise."""

import dataclasses

import numpy as np
import pytest

from stages.diagnose.floor.estimate import estimate_floor
from stages.diagnose.floor.signal import ALPHA
from tests.diagnose.tables import coin, table, untrained


@pytest.mark.parametrize("seed", range(8))
def test_healthy_noise_is_called_noise(seed):
    rng = np.random.default_rng(seed)
    dataset = table(coin(rng), **{f"x{i}": rng.standard_normal(400) for i in range(8)})
    subject = untrained(dataset)
    exact = {"test": {"value": np.log(2), "standard_error": 0.0}}
    found = estimate_floor(dataclasses.replace(subject, card=subject.card | {"floor": exact}), seed)
    assert not found.signal.found
    assert found.signal.p_value >= ALPHA
