"""The split for all tables: complete, disjoint, every class in every part, or one clear line; and
for small ones: all rows train."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.generate.split import (
    MIN_HELD_OUT,
    by_class,
    by_column,
    is_small,
    missing_splits,
    split_rows,
)
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.params.data import Split
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import BINARY, MULTILABEL, REGRESSION, kind_of_classes


def shares_of(validation: float, test: float, min_rows: int = 0) -> Split:
    return Split(validation=validation, test=test, min_rows=min_rows)


def divided(targets: pd.DataFrame, kind, shares: Split, seed: int = 0, **column) -> dict:
    """The parts of rows with these targets, and with columns to divide by, if any."""
    return split_rows(Dataset("t", pd.DataFrame(), targets, kind, **column), shares, seed)


SHARES = st.tuples(st.floats(0.01, 0.98), st.floats(0.01, 0.98)).filter(lambda s: sum(s) < 0.99)


@given(
    rows=st.integers(1, 120),
    labels=st.integers(2, 6),
    share=st.floats(0, 1),
    shares=SHARES,
    seed=st.integers(0, 2**32 - 1),
)
def test_any_labels(rows, labels, share, shares, seed):
    rng = np.random.default_rng(seed)
    has = (rng.uniform(size=(rows, labels)) < share).astype(float)
    targets = pd.DataFrame(has, columns=list("abcdef")[:labels])
    try:
        parts = divided(targets, MULTILABEL, shares_of(*shares), seed)
    except UserError as error:
        assert "expected" in str(error)
        assert "Received: " in str(error)
        # a split that is empty, or a label that cannot be learnt; never a matter of the strata
        assert "data.split: expected at least" in str(error) or "without the label" in str(error)
        return
    assert sorted(np.concatenate(list(parts.values()))) == list(range(rows))
    assert targets.iloc[parts["train"]].nunique().eq(2).all()


def test_combinations_of_labels_are_spread_over_the_splits():
    has = pd.DataFrame({"a": np.resize([0.0, 1.0], 600), "b": np.resize([0.0, 0.0, 1.0], 600)})
    has.iloc[0] = 1.0, 1.0
    parts = by_class(has, MULTILABEL, shares_of(0.2, 0.2), 3)
    shares = {name: has.iloc[rows].value_counts(normalize=True) for name, rows in parts.items()}
    for name in ("validation", "test"):
        np.testing.assert_allclose(shares[name], shares["train"][shares[name].index], atol=0.01)


@given(
    counts=st.lists(st.integers(1, 30), min_size=2, max_size=5),
    shares=SHARES,
    seed=st.integers(0, 2**32 - 1),
    regression=st.booleans(),
)
def test_any_split(counts, shares, seed, regression):
    classes = tuple("abcde"[: len(counts)])
    labels = pd.Series(np.repeat(list(classes), counts), name="y", dtype="str")
    target = pd.Series(np.arange(len(labels), dtype=float), name="y") if regression else labels
    task = REGRESSION if regression else kind_of_classes(len(classes))
    try:
        parts = divided(target.to_frame(), task, shares_of(*shares), seed)
    except UserError as error:
        assert "expected" in str(error)
        assert "Received: " in str(error)
        return
    assert list(parts) == ["train", "validation", "test"]
    assert set(parts) == set(SPLITS)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(target)))
    for name in ("validation", "test"):
        assert len(parts[name]) == round(len(target) * shares[name == "test"])
    if not regression:
        assert all(set(labels.iloc[part]) == set(classes) for part in parts.values())


CELLS = ["train", "test", "train", "validation", "train", "test", "validation"]


def test_a_column_names_the_split_in_the_order_of_the_table():
    parts = by_column(pd.Series(CELLS, name="part"))
    assert {name: rows.tolist() for name, rows in parts.items()} == {
        "train": [0, 2, 4], "validation": [3, 6], "test": [1, 5],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({3: "valid"}, ["'part'", "train, validation or test", "'valid' in row 4"]),
        ({0: None}, ["'part'", "an empty cell in row 1"]),
        (dict.fromkeys(range(6), "test"), ["'part'", "2 rows of the train split", "0"]),
        ({6: "train"}, ["every class in every split", "of the validation split"]),
    ],
)
def test_a_column_that_names_no_split_is_refused(change, words):
    cells = [change.get(i, cell) for i, cell in enumerate(CELLS)]
    labels = pd.Series(list("aabbabb"), name="y", dtype="str")
    labels[6] = "a"
    with pytest.raises(UserError) as caught:
        splits = pd.Series(cells, name="part", dtype="str")
        divided(labels.to_frame(), BINARY, shares_of(0.2, 0.2), splits=splits)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_column_may_name_no_test_rows():
    cells = pd.Series([{"test": "train"}.get(cell, cell) for cell in CELLS], name="part")
    target, shares = pd.DataFrame({"y": np.arange(7.0)}), shares_of(0.2, 0.2)
    dataset = Dataset("t", pd.DataFrame(), target, REGRESSION, splits=cells)
    parts = split_rows(dataset, shares, 0)
    assert [len(parts[name]) for name in SPLITS] == [5, 2, 0]
    assert missing_splits(dataset, shares, parts) == "no test rows: column 'part' names none"


@given(
    counts=st.lists(st.integers(1, 9), min_size=2, max_size=5),
    more=st.integers(1, 60),
    shares=SHARES,
)
def test_all_rows_of_a_small_table_train_in_its_order(counts, more, shares):
    labels = pd.DataFrame({"y": np.repeat(list("abcde"[: len(counts)]), counts)})
    rows = len(labels)
    parts = divided(labels, kind_of_classes(len(counts)), shares_of(*shares, rows + more))
    assert parts["train"].tolist() == list(range(rows))
    assert not len(parts["validation"]) and not len(parts["test"])


def test_what_counts_as_small_is_said_with_the_number():
    targets, shares = pd.DataFrame({"y": np.arange(49.0)}), shares_of(0.2, 0.2, 50)
    dataset = Dataset("t", pd.DataFrame(), targets, REGRESSION)
    assert missing_splits(dataset, shares, split_rows(dataset, shares, 0)) == (
        "no validation and no test rows: all 49 rows train, since they are fewer than "
        "data.split.min_rows (50)"
    )
    assert not is_small(50, shares)
    larger = Dataset("t", pd.DataFrame(), pd.DataFrame({"y": np.arange(50.0)}), REGRESSION)
    parts = split_rows(larger, shares, 0)
    assert len(parts["test"]) == len(parts["validation"]) == MIN_HELD_OUT
    assert missing_splits(larger, shares, parts) is None


@pytest.mark.parametrize("column", [{}, {"groups": np.arange(60) // 2}, {"time": np.arange(60)}])
@pytest.mark.parametrize(
    ("shares", "sizes", "words"),
    [
        ((0.0, 0.2), (48, 0, 12), "no validation rows: data.split.validation is 0"),
        ((0.2, 0.0), (48, 12, 0), "no test rows: data.split.test is 0"),
        ((0.0, 0.0), (60, 0, 0), "data.split.validation and data.split.test are 0"),
    ],
)
def test_a_share_of_zero_is_a_split_without_rows(shares, sizes, words, column):
    labels = pd.DataFrame({"y": np.resize(list("aab"), 60)})
    rows = {key: pd.Series(values, name=key) for key, values in column.items()}
    dataset = Dataset("t", pd.DataFrame(), labels, BINARY, **rows)
    parts = split_rows(dataset, shares_of(*shares, 50), 0)
    assert tuple(len(parts[name]) for name in SPLITS) == sizes
    assert sorted(np.concatenate(list(parts.values()))) == list(range(60))
    assert words in missing_splits(dataset, shares_of(*shares, 50), parts)


@pytest.mark.parametrize(("labels", "lacking"), [("abaaaaaa", None), ("aaaaaaab", "train")])
def test_a_small_table_with_a_column_is_divided_by_it(labels, lacking):
    """Only the training rows have to have every class."""
    targets, time = pd.DataFrame({"y": list(labels)}), pd.Series(range(8), name="time")
    if lacking:
        with pytest.raises(UserError, match=f"none of 'b', .* of the {lacking} split"):
            divided(targets, BINARY, shares_of(0.25, 0.25, 50), time=time)
        return
    parts = divided(targets, BINARY, shares_of(0.25, 0.25, 50), time=time)
    assert [parts[name].tolist() for name in SPLITS] == [[0, 1, 2, 3], [4, 5], [6, 7]]
    with pytest.raises(UserError, match=r"none of 'b', .* of the validation split"):
        divided(targets, BINARY, shares_of(0.25, 0.25), time=time)


def divided_by(shares: tuple[float, float], seed: int = 0, labels=None, **column) -> dict:
    """The parts of rows with these labels, or numbers, divided by their groups or their time."""
    [values] = column.values()
    rows = {key: pd.Series(one, name=key) for key, one in column.items()}
    labels = np.arange(len(values), dtype=float) if labels is None else np.asarray(labels)
    task = REGRESSION if labels.dtype == float else kind_of_classes(len(np.unique(labels)))
    return divided(pd.DataFrame({"y": labels}), task, shares_of(*shares), seed, **rows)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=3, max_size=60),
    shares=SHARES,
    seed=st.integers(0, 2**32 - 1),
)
def test_no_group_is_in_two_splits(sizes, shares, seed):
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    try:
        parts = divided_by(shares, seed, groups=groups)
    except UserError as error:
        assert "expected at least 2 rows of the train split" in str(error)
        return
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(groups)))
    held = {name: set(groups[rows]) for name, rows in parts.items()}
    assert all(held.values())
    assert sum(map(len, held.values())) == len(sizes)
    again = divided_by(shares, seed, groups=groups)
    assert all(np.array_equal(parts[name], again[name]) for name in SPLITS)
    for name, share in zip(("validation", "test"), shares, strict=True):
        # Of three groups each split gets one, whatever its share.
        assert abs(len(parts[name]) - share * len(groups)) <= 2 * max(sizes)


def test_small_groups_meet_the_shares_of_rows_and_classes(rng):
    groups = np.repeat(np.arange(300), rng.integers(1, 6, 300))
    labels = np.array(list("aaab"))[rng.integers(0, 4, len(groups))]
    parts = divided_by((0.15, 0.25), labels=labels, groups=groups)
    for name, share in (("train", 0.6), ("validation", 0.15), ("test", 0.25)):
        assert len(parts[name]) == pytest.approx(share * len(groups), abs=3)
        for label in "ab":
            count = (labels[parts[name]] == label).sum()
            assert count == pytest.approx(share * (labels == label).sum(), abs=3)


def test_a_class_of_three_groups_is_in_every_split():
    labels = np.array(["common"] * 90 + ["rare"] * 3)
    groups = np.concatenate([np.repeat(np.arange(30), 3), [30, 31, 32]])
    for seed in range(20):
        parts = divided_by((0.2, 0.2), seed, labels=labels, groups=groups)
        assert all(set(labels[rows]) == {"common", "rare"} for rows in parts.values())


def test_another_seed_divides_the_groups_otherwise():
    groups = np.repeat(np.arange(50), 4)
    first, second = (set(groups[divided_by((0.2, 0.2), s, groups=groups)["test"]]) for s in (0, 1))
    assert first != second


@given(time=st.lists(st.integers(0, 40), min_size=3, max_size=120), shares=SHARES)
def test_later_rows_are_in_later_splits(time, shares):
    ranks = np.unique(time, return_inverse=True)[1]
    try:
        parts = divided_by(shares, time=ranks)
    except UserError as error:
        few = len(set(time)) < 3
        assert ("3 different moments" in str(error)) == few
        assert few or "expected at least 2 rows of the train split" in str(error)
        return
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(time)))
    ordered = [ranks[parts[name]] for name in SPLITS]
    assert all((np.diff(one) >= 0).all() and len(one) for one in ordered)
    assert ordered[0].max() < ordered[1].min() and ordered[1].max() < ordered[2].min()


@given(rows=st.integers(10, 300), seed=st.integers(0, 99))
def test_different_moments_meet_the_shares(rows, seed):
    parts = divided_by((0.2, 0.3), time=np.random.default_rng(seed).permutation(rows))
    assert len(parts["train"]) == pytest.approx(0.5 * rows, abs=1)
    assert len(parts["test"]) == pytest.approx(0.3 * rows, abs=1)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"groups": [0, 0, 1, 1]}, "at least 3 groups, one per split. Received: 2"),
        ({"time": [0, 0, 1, 1]}, "at least 3 different moments, one per split. Received: 2"),
        ({"groups": [0, 1, 2]}, "at least 2 rows of the train split. Received: 1 of 3 rows"),
        ({"time": [0, 1, 2]}, "at least 2 rows of the train split. Received: 1 of 3 rows"),
        (
            {"time": range(8), "labels": list("aaaaabab")},
            "expected every class in every split. Received: none of 'b', which 2 rows have",
        ),
    ],
)
def test_rows_that_cannot_be_divided_so(column, words):
    with pytest.raises(UserError, match=words):
        divided_by((0.3, 0.3), **column)
