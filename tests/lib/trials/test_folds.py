"""Further divisions of a small table's rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.trials.folds import ENOUGH_ROWS, divisions
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import SIMPLE
from tests.cards import changed_card
from tests.conftest import content_of
from tests.subjects import subject_of


def table(rows: int, classes: int, start: int) -> pd.DataFrame:
    """Rows that can be told apart by `row`."""
    row = np.arange(start, start + rows)
    return pd.DataFrame({"row": row, "target": row * 7 % classes})


@pytest.mark.in_turn
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


def grouped(sizes: list[int], start: int, first: int, numbers: bool) -> pd.DataFrame:
    """Rows of groups of these sizes, whose target is text or a number."""
    rows = table(sum(sizes), 3, start)
    target = rows["target"].astype(float) if numbers else rows["target"].map("abc".__getitem__)
    return rows.assign(target=target, group=np.repeat(first + np.arange(len(sizes)), sizes))


@given(
    train=st.lists(st.integers(1, 9), min_size=1, max_size=60),
    test=st.lists(st.integers(1, 9), min_size=1, max_size=20),
    numbers=st.booleans(),
)
def test_no_division_tests_a_group_that_it_trains_on(train, test, numbers):
    frames = {
        "train": grouped(train, 0, 0, numbers),
        "test": grouped(test, 1000, 100, numbers),
        "validation": grouped([5, 5], 2000, 200, numbers),
    }
    found = divisions(frames, ["target"], "group")
    assert found[0] is frames
    assert divisions(frames, ["target"], "group")[-1]["test"].equals(found[-1]["test"])
    judged = [set(one["test"]["group"]) for one in found]
    assert sum(map(len, judged)) == len(set().union(*judged))
    for one in found:
        assert not set(one["test"]["group"]) & set(one["train"]["group"])
        assert set(one["train"]["row"]) <= {*frames["train"]["row"], *frames["test"]["row"]}
    shapes = {(len(one["train"]), len(one["test"])) for one in found[1:]}
    assert len(shapes) <= 1
    for _, rows in shapes:
        assert 0.5 * sum(test) <= rows <= 2 * sum(test)


def test_many_small_groups_are_all_judged():
    frames = {
        "train": grouped([3] * 100, 0, 0, False),
        "test": grouped([3] * 20, 300, 100, False),
        "validation": grouped([5], 400, 200, False),
    }
    found = divisions(frames, ["target"], "group")
    assert [len(one["test"]) for one in found] == [60] * 6
    assert len({len(one["train"]) for one in found}) == 1


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


def with_column(subject, **card):
    """The same rows, three of a group each, or in the order of time."""
    tables = {
        split: frame.assign(group=k * 1000 + np.arange(len(frame)) // 3)
        for k, (split, frame) in enumerate(subject.tables.items())
    }
    return replace(subject, card=changed_card(subject.card, **card), tables=tables)


def test_losses_have_their_groups_beside_them(wine):
    laboratory = Laboratory(with_column(wine, groups="group"))
    runs = Runs((0, 1), folds=len(laboratory.folds))
    assert runs.folds == 3
    for split in ("train", "validation", "test"):
        groups = laboratory.design(runs, split).groups
        assert groups.shape == laboratory.losses(wine.sections, runs, split).shape[1:]
    judged = laboratory.design(runs, "test").groups
    assert set(judged[:36]) == set(2000 + np.arange(12))
    assert laboratory.design(Runs((0, 1)), "test").groups.tolist() == judged[:36].tolist()
    assert Laboratory(wine).design(runs, "test") == SIMPLE


def test_rows_in_the_order_of_time_are_divided_once(wine):
    assert len(Laboratory(with_column(wine, time="when")).folds) == 1
