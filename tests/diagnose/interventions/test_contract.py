"""Edits of the loss, by what the targets hold."""

import numpy as np
import pandas as pd

from stages.lib.tables.dataset import Dataset
from tests.diagnose.interventions.fits import FAST, losses, proposals
from tests.diagnose.tables import table, untrained

PLAIN = FAST | {"normalize.features": "standard", "normalize.target": "standard"}


def line(rng: np.random.Generator, noise: np.ndarray) -> Dataset:
    """A target that is a straight line of two columns, and noise."""
    x = rng.standard_normal((600, 2))
    return table(pd.Series(3 * x[:, 0] - 2 * x[:, 1] + noise), a=x[:, 0], b=x[:, 1])


def heavy(rng: np.random.Generator) -> np.ndarray:
    """Noise that is thirty times the usual in a twentieth of the rows."""
    return rng.standard_normal(600) * np.where(rng.uniform(size=600) < 0.05, 30.0, 1.0)


def test_heavy_tails_propose_hubers_loss_and_it_lowers_the_squared_error(rng):
    subject = untrained(line(rng, heavy(rng)), **PLAIN)
    [candidate] = proposals(subject, "robust_loss")
    assert candidate.edit == {"train.loss": "huber"}
    before, after = losses(subject, candidate.edit)
    assert after < before


def test_a_far_target_proposes_a_robust_scale_too(rng):
    dataset = line(rng, 0.1 * rng.standard_normal(600))
    value = untrained(dataset).tables["train"]["target"][5]
    dataset.targets.loc[dataset.targets["target"] == value, "target"] = 1e5
    subject = untrained(dataset, **PLAIN)
    robust = {"train.loss": "huber", "normalize.target": "robust"}
    edits = [candidate.edit for candidate in proposals(subject, "robust_loss")]
    assert edits == [{"train.loss": "huber"}, robust]
    before, after = losses(subject, robust)
    assert after < 0.1 * before


def test_hubers_loss_is_proposed_as_keras_has_it(rng):
    subject = untrained(line(rng, heavy(rng)), **PLAIN, **{"train.huber_delta": 50.0})
    [candidate] = proposals(subject, "robust_loss")
    assert candidate.edit == {"train.loss": "huber", "train.huber_delta": 1.0}


def test_normal_errors_and_other_losses_propose_none(rng):
    normal, tails = line(rng, rng.standard_normal(600)), line(rng, heavy(rng))
    assert proposals(untrained(normal, **PLAIN), "robust_loss") == []
    other = PLAIN | {"train.loss": "mean_absolute_error"}
    assert proposals(untrained(tails, **other), "robust_loss") == []
