"""Kinds of rows: one that costs more is found, and luck is not taken for one."""

from types import SimpleNamespace

import numpy as np
import pytest

from stages.diagnose.evidence.slices import slices
from stages.diagnose.ledger.lines import FIT, GENERALIZE
from stages.lib.core.splits import SPLITS
from stages.lib.trials.statistics import SIMPLE, Design, paired
from tests.diagnose.tables import coin, table, untrained

SEEDS = 3


def pair_of(cost, rows: int = 1500, seed: int = 0):
    """A pair whose edits take 0.25 off every row. cost: from a split's table to its losses."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "west"], rows)
    subject = untrained(table(coin(rng, rows), age=rng.uniform(0, 80, rows), region=region))
    before, after = {}, {}
    for split in SPLITS:
        noise = rng.exponential(0.3, (SEEDS, len(subject.tables[split])))
        after[split] = cost(subject.tables[split]) + noise
        before[split] = after[split] + 0.25
    return SimpleNamespace(
        subject=subject,
        laboratory=SimpleNamespace(frames=subject.tables, design=lambda runs, split: SIMPLE),
        own=None,
        question=GENERALIZE,
        before="before",
        after="after",
        changed=True,
        losses=lambda sections, split: {"before": before, "after": after}[sections][split],
        paired=lambda difference, rows=None: paired(difference),
    )


def test_rows_that_cost_more_are_found_and_named():
    costly = slices(
        pair_of(lambda rows: 1.0 * ((rows["region"] == "west") & (rows["age"] > 40)).to_numpy())
    )[0]
    conditions = {held["column"]: held for held in costly["conditions"]}
    assert (conditions["region"]["sign"], conditions["region"]["value"]) == ("is", "west")
    assert conditions["age"]["sign"] == ">"
    assert conditions["age"]["value"] == pytest.approx(40, abs=3)
    assert costly["above"]["low"] > 0.8 and costly["above"]["high"] < 1.2
    # A sixth of 300 test rows.
    assert costly["rows"] == pytest.approx(50, abs=15)
    assert costly["gain"]["mean"] == pytest.approx(0.25)


def test_a_limit_stands_once_on_each_side():
    """Four steps of one column: its kinds lie between two limits, not between three."""
    kinds = slices(pair_of(lambda rows: 1.0 * (rows["age"] // 15).to_numpy()))
    assert len(kinds) > 2
    for kind in kinds:
        limits = [(held["column"], held["sign"]) for held in kind["conditions"]]
        assert len(limits) == len(set(limits))
    assert any(len(kind["conditions"]) == 2 for kind in kinds)


@pytest.mark.in_turn
def test_luck_is_not_taken_for_a_kind():
    """Of tables without any such kind at most a few in a hundred have one whose interval begins
    above 0; each is at the level 95 %."""
    false = 0
    for seed in range(40):
        kinds = slices(pair_of(lambda rows: np.zeros(len(rows)), 500, seed))
        false += any(kind["above"]["low"] > 0 for kind in kinds)
    # Four or fewer of 40 where the rate is 2.5 % (one side): a binomial tail of 0.3 % beyond.
    assert false <= 4


def test_nothing_is_said_of_training_rows():
    pair = pair_of(lambda rows: rows["age"].to_numpy())
    pair.question = FIT
    assert slices(pair) == []


def weighted(pair, weights: dict):
    """The same pair with weights, or with each row as often as its weight says."""
    designs = {split: Design(column) for split, column in weights.items()}
    pair.laboratory.design = lambda runs, split: designs[split]
    pair.paired = lambda difference, rows: paired(difference, designs["test"].take(rows))
    return pair


def repeated(pair, weights: dict):
    counts = {split: column.astype(int) for split, column in weights.items()}
    losses = {
        (sections, split): np.repeat(pair.losses(sections, split), counts[split], axis=1)
        for sections in ("before", "after")
        for split in counts
    }
    pair.losses = lambda sections, split: losses[sections, split]
    for split, count in counts.items():
        table = pair.subject.tables[split]
        pair.subject.tables[split] = table.loc[table.index.repeat(count)].reset_index(drop=True)
    return pair


def test_a_weight_of_two_is_a_row_twice_and_of_nothing_none():
    """Kinds, losses and differences are those of the repeated rows; intervals are wider, since a
    row twice is no two rows."""

    def cost(rows):
        return 1.0 * (rows["age"] > 40).to_numpy()

    rng, pair = np.random.default_rng(5), pair_of(cost)
    weights = {
        split: rng.integers(0, 3, len(pair.subject.tables[split])).astype(float)
        for split in ("validation", "test")
    }
    found, twice = (
        slices(weighted(pair_of(cost), weights)),
        slices(repeated(pair_of(cost), weights)),
    )
    assert len(found) == len(twice) > 1
    for one, other in zip(found, twice, strict=True):
        assert one["conditions"] == other["conditions"]
        assert one["loss"] == pytest.approx(other["loss"])
        assert one["above"]["mean"] == pytest.approx(other["above"]["mean"])
        assert one["rows"] < other["rows"]
        assert one["above"]["low"] < other["above"]["low"]
    assert slices(pair_of(cost))[0]["loss"] != pytest.approx(found[0]["loss"], rel=1e-6)
