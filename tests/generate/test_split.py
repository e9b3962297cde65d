"""The split for all tables: complete, disjoint, every class in every part, or one clear line."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.generate.split import by_class, by_column, split_rows
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.params.data import Split
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import BINARY, MULTILABEL, REGRESSION, kind_of_classes

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
    given_shares = Split(validation=shares[0], test=shares[1])
    try:
        parts = by_class(targets, MULTILABEL, given_shares, seed)
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
    parts = by_class(has, MULTILABEL, Split(validation=0.2, test=0.2), 3)
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
        parts = by_class(target.to_frame(), task, Split(validation=shares[0], test=shares[1]), seed)
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
    target = pd.Series([0.0, 1, 2, 3, 4, 5, 6], name="y")
    parts = by_column(pd.Series(CELLS, name="part"), target.to_frame(), REGRESSION)
    assert {name: rows.tolist() for name, rows in parts.items()} == {
        "train": [0, 2, 4], "validation": [3, 6], "test": [1, 5],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({3: "valid"}, ["'part'", "train, validation or test", "'valid' in row 4"]),
        ({0: None}, ["'part'", "an empty cell in row 1"]),
        ({1: "train", 5: "train"}, ["'part'", "1 rows of the test split", "0"]),
        ({6: "train"}, ["every class in every split", "of the validation split"]),
    ],
)
def test_a_column_that_names_no_split_is_refused(change, words):
    cells = [change.get(i, cell) for i, cell in enumerate(CELLS)]
    labels = pd.Series(list("aabbabb"), name="y", dtype="str")
    labels[6] = "a"
    with pytest.raises(UserError) as caught:
        by_column(pd.Series(cells, name="part", dtype="str"), labels.to_frame(), BINARY)
    assert all(word in str(caught.value) for word in words), caught.value


def divided_by(shares: tuple[float, float], seed: int = 0, labels=None, **column) -> dict:
    """The parts of rows with these labels, or numbers, divided by their groups or their time."""
    [values] = column.values()
    rows = {key: pd.Series(one, name=key) for key, one in column.items()}
    labels = np.arange(len(values), dtype=float) if labels is None else np.asarray(labels)
    task = REGRESSION if labels.dtype == float else kind_of_classes(len(np.unique(labels)))
    dataset = Dataset("t", pd.DataFrame(), pd.DataFrame({"y": labels}), task, **rows)
    return split_rows(dataset, Split(validation=shares[0], test=shares[1]), seed)


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
