"""Edits of scales, by what the columns hold."""

import numpy as np
import pandas as pd

from stages.lib.trials.subject import Subject
from tests.diagnose.interventions.fits import FAST, losses, proposals, subject_of
from tests.diagnose.tables import table

PLAIN = FAST | {"normalize.features": "standard", "normalize.binary": "standard"}


def far_row(rng: np.random.Generator) -> Subject:
    """Two classes by the sign of one column, in which one training row is far from all others."""
    x = rng.standard_normal(600)
    dataset = table(pd.Series(np.where(x > 0, "yes", "no")), x=x, other=rng.standard_normal(600))
    value = subject_of(dataset, **PLAIN).tables["train"]["x"][0]
    dataset.features.loc[x == value, "x"] = 1e5 * value
    return subject_of(dataset, **PLAIN)


def test_a_far_row_is_bounded_and_the_loss_falls(rng):
    subject = far_row(rng)
    [candidate] = proposals(subject, "bounded_columns")
    assert candidate.edit == {"normalize.columns": {"x": "quantile"}}
    before, after = losses(subject, candidate.edit)
    assert before > 0.5 and after < 0.2


def test_without_a_far_row_nothing_is_bounded(rng):
    plain = table(pd.Series(rng.standard_normal(400)), x=rng.standard_normal(400))
    assert proposals(subject_of(plain, **PLAIN), "bounded_columns") == []
