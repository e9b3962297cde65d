"""Categories as means of the target: scikit-learn's own, and no row sees its target."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.preprocessing import TargetEncoder

from stages.lib.transforms import frame
from stages.lib.transforms.fitted import normalize_splits
from stages.lib.transforms.state import NormalizationState
from stages.lib.transforms.target_means import FOLDS, fit_means
from tests.cards import card_of, task_of
from tests.conftest import settings

COLUMNS = [{"name": "city", "kind": "categorical"}]
MEANS = settings(**{"normalize.categorical": "target_mean"}).normalize


def stored(state: NormalizationState) -> NormalizationState:
    """As it is read back from its file."""
    return NormalizationState.model_validate(json.loads(json.dumps(state.plain(), allow_nan=False)))


CELLS = st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), min_size=12, max_size=60)


@given(CELLS, st.sampled_from(["binary", "multiclass", "regression"]))
def test_the_means_are_scikit_learns(cells, kind):
    """Of all rows, and for each fold of the rows of the others."""
    codes, numbers = (np.array(column) for column in zip(*cells, strict=True))
    classes = {"binary": 2, "multiclass": 3, "regression": 0}[kind]
    targets = (numbers % classes if classes else numbers).astype("float64")
    task = task_of(kind, classes)
    found = fit_means(codes, 6, targets[:, None], task)
    if kind == "regression":
        targets = (targets - targets.mean()) / (targets.std() or 1.0)
    folds = np.arange(len(codes)) % FOLDS
    cases = [(found.of_all, np.full(len(codes), True))]
    cases += [(found.of_others[fold], folds != fold) for fold in range(FOLDS)]
    for means, rows in cases:
        if len(np.unique(targets[rows])) < max(2, classes):
            continue  # scikit-learn takes what is left for another task
        encoder = TargetEncoder(
            categories=[np.arange(6)], target_type=kind if classes else "continuous"
        ).fit(codes[rows, None], targets[rows])
        wanted = encoder.transform(np.arange(6)[:, None])
        np.testing.assert_allclose(means.levels, wanted, atol=1e-7)


def test_means_by_hand():
    """Level 0 has 1, 1, 0, 0 and level 1 only 1: no row of it differs, so it keeps its mean."""
    codes, targets = np.array([0, 0, 0, 0, 1, -1]), np.array([1.0, 1, 0, 0, 1, 0])
    found = fit_means(codes, 3, targets[:, None], task_of())
    assert found.answers == ["class 1"]
    assert np.ravel(found.of_all.overall).tolist() == [0.5]
    # between 0.25 * 4 and within 0.25: four fifths of the level's mean, which is the overall one
    np.testing.assert_allclose(found.of_all.levels, [[0.5], [1.0], [0.5]])
    np.testing.assert_allclose(found.apply(np.array([1, 2, -1]), None), [[1.0], [0.5], [0.5]])
    # Row 4 is the only one of its level: without itself it has the mean of the others.
    others = targets[np.arange(6) % FOLDS != 4].mean()
    np.testing.assert_allclose(found.apply(codes, 0)[4], [others])
    np.testing.assert_allclose(found.apply(codes[3:], 3), found.apply(codes, 0)[3:])


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_a_training_rows_own_target_says_nothing_of_its_inputs(kind, rng):
    """Another target of row 7 changes the inputs of other rows, and not of those of its fold."""
    rows, has_labels = 40, kind == "multilabel"
    names = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"]}.get(kind, ["red", "ripe"])
    levels = [0.0, 1.0] if has_labels else names
    targets = names if has_labels else ["y"]
    tables = []
    city = rng.choice(["x", "y", "z"], rows)
    drawn = {name: rng.choice(levels, rows) for name in targets}
    for own in levels[:2]:
        table = pd.DataFrame({"city": city, **drawn})
        table.loc[7, targets[0]] = own
        tables.append(table)
    card = card_of(task=kind, targets=targets, classes=names, columns=COLUMNS)
    before, after = (normalize_splits({"train": t}, card, MEANS).x["train"] for t in tables)
    assert before.shape == (rows, {"binary": 1, "multiclass": 3, "multilabel": 2}[kind])
    same = (before == after).all(axis=1)
    assert same[2::FOLDS].all() and not same.all()


def test_a_column_that_says_nothing_says_nothing_of_training_targets(rng):
    """300 levels of 600 coin flips: means of all rows would give the target away."""
    table = pd.DataFrame({"city": rng.integers(0, 300, 600).astype(str)})
    table["label"] = rng.choice(["no", "yes"], 600)
    card = card_of(targets=["label"], columns=COLUMNS)
    state = stored(frame.fit(table, card, MEANS))
    yes = (table["label"] == "yes").to_numpy()
    leaking, fair = (frame.apply(state, table, first)[:, 0] for first in (None, 0))
    assert np.corrcoef(leaking, yes)[0, 1] > 0.5
    assert abs(np.corrcoef(fair, yes)[0, 1]) < 0.15


def test_pools_gaps_and_new_levels_by_hand():
    table = pd.DataFrame({"city": ["a", "a", "b", "c", None], "price": [1.0, 3, 5, 7, 4]})
    card = card_of(task="regression", targets=["price"], columns=COLUMNS)
    pooled = {"normalize.min_frequency": 2, "normalize.missing_indicator": True}
    params = settings(**{"normalize.categorical": "target_mean"} | pooled).normalize
    state = stored(frame.fit(table, card, params))
    assert state.inputs == ["city", "city is missing"]
    new = pd.DataFrame({"city": ["a", "b", "new", None]})
    found = frame.apply(state, new)
    # In deviations (2 of a price) about 4: a is at -1, drawn to 0 by 1/4 to 2; b and c at 1.
    np.testing.assert_allclose(found[:, 0], [-8 / 9, 8 / 9, 8 / 9, 0], atol=1e-6)
    assert found[:, 1].tolist() == [0, 0, 0, 1]


def test_blocks_are_encoded_as_the_whole(rng):
    table = pd.DataFrame(
        {"city": rng.choice([*"abcd"], 83), "label": rng.choice(["no", "yes"], 83)}
    )
    card = card_of(targets=["label"], columns=COLUMNS)
    blocks = [table.iloc[:10], table.iloc[10:57], table.iloc[57:]]
    state = frame.fit_blocks(lambda name: (block[name] for block in blocks), card, MEANS)
    assert state == frame.fit(table, card, MEANS)
    parts = [
        frame.apply(state, block, first) for block, first in zip(blocks, (0, 10, 57), strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), frame.apply(state, table, 0))


@pytest.mark.parametrize("change", ["no means", "a level less", "another width", "one hot"])
def test_a_state_that_no_stage_would_write_is_refused(change):
    table = pd.DataFrame({"city": ["a", "b"] * 5, "label": ["no", "yes"] * 5})
    plain = frame.fit(table, card_of(targets=["label"], columns=COLUMNS), MEANS).plain()
    [column] = plain["columns"]
    if change == "no means":
        del column["means"]
    elif change == "a level less":
        column["means"]["of_all"]["levels"].pop()
    elif change == "another width":
        column["means"]["of_others"][2]["overall"].append(0.5)
    else:
        column["encoding"] = "one_hot"
    with pytest.raises(ValidationError, match="mean"):
        NormalizationState.model_validate(plain)
