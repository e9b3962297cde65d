"""Held-out rows that stand in training: leaks are seen, independent rows are not called so."""

import dataclasses
import time

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.twins.held_out import held_out_twins
from stages.lib.trials.subject import Data
from tests.cards import changed_card
from tests.diagnose.tables import untrained
from tests.diagnose.twins.independent import FEATURES, TARGETS, data_of


def repeated(rng, rows: int, columns: int, copies: int, noise: float = 0.0) -> Data:
    """Normal rows with coin-flip labels, each so many times, each time with its own noise."""
    x = np.repeat(rng.standard_normal((rows // copies, columns)), copies, axis=0)
    label = pd.Series(np.repeat(rng.choice(["no", "yes"], rows // copies), copies))
    return data_of(x * (1 + noise * rng.standard_normal(x.shape)), label, rng)


@pytest.mark.parametrize("columns", [1, 2, 6])
@pytest.mark.parametrize("rows", [60, 400, 3_000])
@pytest.mark.parametrize("copies", [2, 6])
def test_copies_are_seen(rows, columns, copies, rng):
    data = repeated(rng, rows, columns, copies)
    twins = held_out_twins(data)
    assert twins.kind == "equal"
    train = data.tables["train"]
    for split in ("validation", "test"):
        merged = data.tables[split].merge(train.drop_duplicates(), how="inner")
        assert twins.rows[split] == len(merged)
        assert twins.looked_at[split] == len(data.tables[split])
    assert f"{twins.rows['test']:,} of {twins.looked_at['test']:,} test rows" in twins.sentence


@pytest.mark.parametrize(("rows", "columns"), [(400, 2), (400, 6), (3_000, 2), (3_000, 20)])
def test_repeated_measurements_are_seen(rows, columns, rng):
    twins = held_out_twins(repeated(rng, rows, columns, copies=6, noise=1e-3))
    assert twins.kind == "near"
    assert twins.rows["test"] > 0.1 * twins.looked_at["test"]


def test_a_tenth_of_the_rows_copied_is_seen(rng):
    x = rng.standard_normal((1_000, 6))
    label = pd.Series(rng.choice(["no", "yes"], 1_000))
    x[900:], label[900:] = x[:100], label[:100].to_numpy()
    twins = held_out_twins(data_of(x, label, rng))
    assert twins is not None and twins.kind in ("equal", "near")


def test_equal_features_with_another_label_are_no_twins(rng):
    """Designs measured again: the label is drawn anew, so nothing is remembered."""
    x = np.repeat(rng.standard_normal((200, 4)), 2, axis=0)
    data = data_of(x, pd.Series(np.resize(["no", "yes"], 400)), rng)
    assert held_out_twins(data) is None


def test_groups_that_stay_together_are_no_leak(rng):
    """Copies of one row in one group are one row, and no held-out row has a twin in training."""
    x = np.repeat(rng.integers(0, 40, (100, 1)).astype(float), 6, axis=0)
    group = np.repeat(np.arange(100), 6)
    tables = {}
    for split, rows in (("train", group < 60), ("validation", group >= 80), ("test", None)):
        rows = (group >= 60) & (group < 80) if rows is None else rows
        label = np.where(x[rows, 0] > 20, "yes", "no")
        tables[split] = pd.DataFrame({"x0": x[rows, 0], "y": label, "person": group[rows]})
    data = data_of(x, pd.Series(np.resize(["no", "yes"], 600)), rng)
    card = changed_card(data.card, groups="person")
    assert held_out_twins(Data(card, tables)) is None
    assert held_out_twins(Data(changed_card(data.card), tables)) is not None


def test_rows_of_no_weight_are_none(rng):
    """Of each pair of rows one counts."""
    data = repeated(rng, 400, 3, copies=2)
    every = pd.concat(data.tables)
    counts = (~every.duplicated()).astype("float64")
    tables = {split: table.assign(w=counts[split]) for split, table in data.tables.items()}
    assert held_out_twins(data) is not None
    assert held_out_twins(Data(changed_card(data.card, weights="w"), tables)) is None


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast_cancer", "diabetes"])
def test_real_tables_have_none(name):
    assert (
        held_out_twins(untrained(**{"data.source": "bundled", "data.bundled.dataset": name}))
        is None
    )


def test_gaps_and_text_are_compared_too(rng):
    """Rows equal but for a text, or but for a gap, are others; equal gaps are equal."""
    data = repeated(rng, 300, 1, copies=1)
    base = pd.concat(data.tables.values(), ignore_index=True).assign(x1=np.nan)
    doubled = pd.concat([base, base.assign(y=np.where(base["y"] == "no", "yes", "no"))])
    assert held_out_twins(_shuffled(data, doubled, rng)) is None
    assert held_out_twins(_shuffled(data, pd.concat([base, base]), rng)).kind == "equal"


def _shuffled(data: Data, table: pd.DataFrame, rng) -> Data:
    table = table.iloc[rng.permutation(len(table))]
    names = [name for name in table if name != "y"]
    card = changed_card(data.card, columns=[{"name": name, "kind": "numeric"} for name in names])
    parts = dict(zip(data.tables, (slice(0, 360), slice(360, 480), slice(480, None)), strict=True))
    tables = {split: table.iloc[rows].reset_index(drop=True) for split, rows in parts.items()}
    return dataclasses.replace(data, card=card, tables=tables)


@pytest.mark.parametrize("rows", [30, 200, 1_000])
def test_independent_rows_are_no_twins(rows):
    """ALPHA is 0.001: of 57 tables none."""
    false = [
        (kind, target, seed)
        for seed, (kind, features) in enumerate(FEATURES.items())
        for target, targets in TARGETS.items()
        if _found(rows, features, targets, seed)
    ]
    assert not false


@pytest.mark.slow
@pytest.mark.parametrize("rows", [30, 60, 100, 300, 1_000, 3_000, 20_000])
def test_independent_rows_are_no_twins_many_times(rows):
    """At most the 99.9th percentile of what ALPHA gives, within a minute a size."""
    from scipy.stats import binom

    tables, false, start, seed = 0, [], time.monotonic(), 0
    while time.monotonic() - start < 60:
        for kind, features in FEATURES.items():
            for target, targets in TARGETS.items():
                tables += 1
                if _found(rows, features, targets, seed):
                    false.append((kind, target, seed))
        seed += 1
    print(f"{rows} rows: {len(false)} of {tables} tables")
    assert len(false) <= binom.ppf(0.999, tables, 0.001), false


def _found(rows, features, targets, seed) -> bool:
    rng = np.random.default_rng([seed, rows])
    x = features(rng, rows).astype("float64")
    return held_out_twins(data_of(x, targets(rng, x), rng)) is not None
