"""Cross-validation keeps groups together and time in order."""

import dataclasses

import numpy as np
import pytest

from stages.diagnose.floor.choice import (
    choose_by_rows,
    choose_reference,
    cross_validation_folds,
)
from stages.diagnose.floor.references import REFERENCES, Reference
from stages.diagnose.floor.rows import EncodedRows
from tests.diagnose.floor.crafted import rows_of


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("sizes", [[4] * 30, [50, 3, 2, 1], [7, 5]])
def test_references_are_not_judged_on_a_group_they_were_fitted_on(rng, sizes, classes):
    data = dataclasses.replace(rows_of(rng, sizes), classes=classes)
    found = cross_validation_folds(data, seed=0)
    assert len(found) == min(5, len(sizes))
    for fitted, judged in found:
        assert not set(data.groups[fitted]) & set(data.groups[judged])
    assert sorted(np.concatenate([judged for _, judged in found])) == list(range(sum(sizes)))


def test_references_are_judged_on_later_rows(rng):
    for fitted, judged in cross_validation_folds(rows_of(rng, ordered=True), seed=0):
        assert fitted.max() < judged.min()


def test_the_constant_is_chosen_where_nothing_can_be_judged(rng):
    """A single group has no folds, so the first reference stands."""
    assert choose_reference(rows_of(rng, [12]), list(REFERENCES), seed=0) == "constant"


def test_an_entered_reference_is_chosen_when_it_is_the_best(rng, monkeypatch):
    """One entry is all that a new reference takes."""

    def fit(rows: EncodedRows, seed: int):
        return lambda x: x[:, :1]

    monkeypatch.setitem(REFERENCES, "first column", Reference("first column", fit, "a test"))
    x = rng.standard_normal((200, 2))
    rows = EncodedRows(x, x[:, 0] + 0.1 * rng.standard_normal(200), classes=0)
    assert choose_reference(rows, ["constant", "first column"], seed=0) == "first column"


ALL, SAMPLED = "boosting of all rows", "linear model"


@pytest.mark.parametrize("curved", [True, False])
def test_all_rows_are_taken_where_they_tell_more(rng, curved):
    """A wave is for trees, a line for the linear model however few rows it sees."""
    x = rng.standard_normal((4000, 3))
    mean = np.sin(3 * x[:, 0]) if curved else x[:, 0] + x[:, 1]
    rows = EncodedRows(x, mean + 0.3 * rng.standard_normal(4000), classes=0)
    assert choose_by_rows(rows, ALL, SAMPLED, 300, seed=0) == (ALL if curved else SAMPLED)


def test_of_a_single_group_the_sample_stands(rng):
    assert choose_by_rows(rows_of(rng, [12]), ALL, SAMPLED, 6, seed=0) == SAMPLED
