"""Further divisions of a small table's rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.diagnose.folds import ENOUGH_ROWS, divisions
from stages.diagnose.trials import Laboratory, Runs
from tests.subjects import content_of, subject_of


def table(rows: int, classes: int, start: int) -> pd.DataFrame:
    """Rows that can be told apart by `row`."""
    row = np.arange(start, start + rows)
    return pd.DataFrame({"row": row, "target": row * 7 % classes})


@given(st.integers(2, 900), st.integers(1, 500), st.integers(1, 5))
def test_each_row_is_judged_once_and_training_stays_as_large(train, test, classes):
    frames = {
        "train": table(train, classes, 0),
        "test": table(test, classes, train),
        "validation": table(5, classes, train + test),
    }
    pool = set(range(train + test))
    found = divisions(frames, ["target"])
    assert found[0] is frames
    judged = [set(one["test"]["row"]) for one in found]
    assert sum(map(len, judged)) == len(set().union(*judged)) == len(found) * test
    for one, rows in zip(found, judged, strict=True):
        assert one["validation"] is frames["validation"]
        assert len(one["train"]) == train and set(one["train"]["row"]) == pool - rows
    enough = len(found) * test >= ENOUGH_ROWS
    assert enough or len(found) == 1 + train // test
    assert len(found) == 1 or (len(found) - 1) * test < ENOUGH_ROWS


def test_each_division_tests_the_same_mixture():
    frames = {"train": table(300, 3, 0), "test": table(60, 3, 300), "validation": table(5, 3, 400)}
    found = divisions(frames, ["target"])
    assert len(found) == 6
    for one in found[1:]:
        assert one["test"]["target"].value_counts().tolist() == [20, 20, 20]


@pytest.fixture(scope="module")
def wine():
    return subject_of(
        content_of(
            **{
                "data.source": "bundled",
                "data.bundled.dataset": "wine",
                "normalize.features": "standard",
                "train.layers": [16],
                "train.epochs": 20,
            }
        )
    )


def test_a_small_real_table_is_judged_on_several_splits(wine):
    laboratory = Laboratory(wine)
    assert len(laboratory.folds) == 3
    whole = laboratory.losses(wine.sections, Runs((0, 1), folds=3), "test")
    assert whole.shape == (2, 3 * 36) and laboratory.fits == 6
    first = laboratory.losses(wine.sections, Runs((0, 1)), "test")
    assert laboratory.fits == 6  # known from before
    np.testing.assert_array_equal(whole[:, :36], first)
    assert laboratory.losses(wine.sections, Runs((0, 1), folds=3), "validation").shape == (2, 36)


def test_a_scenario_and_a_sample_are_judged_on_their_own_test_rows(wine):
    assert len(Laboratory(subject_of(content_of(**{"data.synthetic.rows": 300}))).folds) == 1
    assert len(Laboratory(wine, rows=50).folds) == 1
