"""Gaps that say something of the target."""

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.checks.informative_gaps import informative_gaps
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import coin, table, untrained


def holes(rng: np.random.Generator, where: np.ndarray, share: float) -> np.ndarray:
    """Normal numbers, with gaps in this share of the rows where they may be."""
    return np.where(where & (rng.uniform(size=len(where)) < share), np.nan,
                    rng.standard_normal(len(where)))  # fmt: skip


def test_gaps_of_one_class_are_named(rng):
    label = coin(rng)
    subject = untrained(
        table(label, test=holes(rng, label == "yes", 0.6), x=rng.standard_normal(400)), **SCALED
    )
    finding = found(subject)["informative_gaps"]
    assert finding.received.startswith("'test' is empty in ")
    assert "'yes' has a share of 1.00 there" in finding.received
    assert (finding.severity, finding.family) == ("warning", "data")


def test_gaps_of_large_numbers_and_of_one_label_are_named(rng):
    target = rng.standard_normal(400)
    subject = untrained(table(pd.Series(target), test=holes(rng, target > 0, 0.6)), **SCALED)
    assert "median" in found(subject)["informative_gaps"].received
    has = {name: rng.integers(0, 2, 400).astype(float) for name in ("red", "ripe")}
    dataset = several("multilabel", has, test=holes(rng, has["ripe"] == 1, 0.6))
    assert " of 'ripe', p" in found(untrained(dataset, **SCALED))["informative_gaps"].received


def test_an_indicator_mends_it(rng):
    label = coin(rng)
    dataset = table(label, test=holes(rng, label == "yes", 0.6))
    told = SCALED | {"normalize.missing_indicator": True, "normalize.binary": "standard"}
    assert "informative_gaps" not in found(untrained(dataset, **told))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["class", "number"])
def test_gaps_by_chance_are_none(kind):
    """Of 100 tables of ten such columns: one in a thousand is expected to fire."""
    fired = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        everywhere = np.ones(400, bool)
        features = {f"x{i}": holes(rng, everywhere, 0.2) for i in range(10)}
        target = coin(rng) if kind == "class" else pd.Series(rng.exponential(size=400))
        fired += bool(list(informative_gaps(untrained(table(target, **features)))))
    assert fired <= 1
