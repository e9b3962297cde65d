"""The split for all tables: complete, disjoint, every class in every part, or one clear line."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.files import SPLITS, UserError
from stages.generate.dataset import task_of
from stages.generate.split import named, split
from stages.params import Split

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
        parts = split(targets, "multilabel", given_shares, seed)
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
    parts = split(has, "multilabel", Split(validation=0.2, test=0.2), 3)
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
    task = "regression" if regression else task_of(classes)
    try:
        parts = split(target.to_frame(), task, Split(validation=shares[0], test=shares[1]), seed)
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
    parts = named(pd.Series(CELLS, name="part"), target.to_frame(), "regression")
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
        named(pd.Series(cells, name="part", dtype="str"), labels.to_frame(), "binary")
    assert all(word in str(caught.value) for word in words), caught.value
