"""Targets that stand some rows off their inputs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.generate.row_shift import row_shift
from stages.lib.tables.dataset import Dataset
from tests.diagnose.tables import table

ROWS = 600


def rows_of(rng: np.random.Generator, shift: int, kind: str, series: bool = False) -> Dataset:
    """A target that depends on two of three columns, moved down by some rows (up, if negative)."""
    x = rng.standard_normal((ROWS, 3))
    if series:  # each row nine tenths of the one before
        for i in range(1, ROWS):
            x[i] = 0.9 * x[i - 1] + 0.4 * x[i]
    target = x[:, 0] - x[:, 1] + 0.5 * rng.standard_normal(ROWS)
    moved = np.roll(target, shift)
    answer = pd.Series(moved if kind == "number" else np.where(moved > 0, "yes", "no"))
    return table(answer, a=x[:, 0], b=x[:, 1], c=x[:, 2])


@pytest.mark.parametrize("kind", ["number", "class"])
@pytest.mark.parametrize("shift", [1, 2, 5, -1, -4])
def test_a_shift_is_found(rng, shift, kind):
    found = row_shift(rows_of(rng, shift, kind))
    assert found.rows == shift
    assert found.explained > 0.4 > 0.05 > found.own


def test_what_it_says_of_independent_rows_is_the_share_of_the_variance(rng):
    found = row_shift(rows_of(rng, 1, "number"))
    # 2 of 2.25 is explained by the columns; of ranks of normal numbers a little less.
    assert found.explained == pytest.approx(2 / 2.25, abs=0.06)
    assert abs(found.own) < 0.05


def test_of_a_series_a_shift_of_several_rows_is_found(rng):
    """Neighbours are alike: the own row explains 0.9^2 of what one row further is explained."""
    assert row_shift(rows_of(rng, 5, "number", series=True)).rows == 5
    assert row_shift(rows_of(rng, 1, "number", series=True)) is None


@pytest.mark.parametrize("kind", ["number", "class"])
@pytest.mark.parametrize("series", [False, True])
def test_without_a_shift_there_is_none(kind, series):
    for seed in range(40):
        assert row_shift(rows_of(np.random.default_rng(seed), 0, kind, series)) is None


@pytest.mark.parametrize("walk", [False, True])
def test_columns_that_say_nothing_of_the_target_have_none(walk):
    """Random walks, which seem to follow each other, too."""
    for seed in range(100):
        numbers = np.random.default_rng(seed).standard_normal((ROWS, 4))
        numbers = numbers.cumsum(axis=0) if walk else numbers
        features = {f"x{i}": numbers[:, i] for i in range(3)}
        assert row_shift(table(pd.Series(numbers[:, 3]), **features)) is None


def test_rows_are_taken_in_the_order_of_time(rng):
    dataset = rows_of(rng, 2, "number")
    order = rng.permutation(ROWS)
    shuffled = replace(
        dataset,
        features=dataset.features.iloc[order].reset_index(drop=True),
        targets=dataset.targets.iloc[order].reset_index(drop=True),
    )
    assert row_shift(shuffled) is None
    assert row_shift(replace(shuffled, time=pd.Series(order, name="day"))).rows == 2


def test_groups_and_tables_without_numbers_or_of_few_rows_have_none(rng):
    dataset = rows_of(rng, 1, "number")
    assert row_shift(replace(dataset, groups=pd.Series(np.arange(ROWS) // 3, name="of"))) is None
    text = dataset.features[["a"]].round().astype("str")
    assert row_shift(replace(dataset, features=text)) is None
    few = replace(dataset, features=dataset.features[:150], targets=dataset.targets[:150])
    assert row_shift(few) is None
