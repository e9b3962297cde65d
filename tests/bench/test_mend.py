"""The mend bench's tables and arithmetic, without any chain."""

import numpy as np
import pandas as pd
import pytest

from stages.lib import params
from tests.bench.mend.boosting import boosted_losses
from tests.bench.mend.made import ROWS
from tests.bench.mend.report import learnt, markdown
from tests.bench.mend.tables import TABLES
from tests.conftest import content_of
from tests.subjects import subject_of

MADE = {name: table for name, table in TABLES.items() if table.make is not None}
# About what the real tables' sources state of the target: share of a class, or mean and deviation.
CLASSES = {"adult-like": (">50K", 0.24), "credit-default-like": ("yes", 0.22)}
NUMBERS = {
    "bike-sharing-like": (189, 181),
    "houses-like": (207_000, 115_000),
    "diamonds-like": (3_930, 3_990),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_tables_program_is_one_that_params_allow(table):
    params.check(content_of(**table.changes))


@pytest.mark.parametrize("name", MADE)
def test_a_made_table_has_the_moments_of_the_real_one(name):
    table = MADE[name]
    rows = table.make(np.random.default_rng(1))
    assert rows.equals(table.make(np.random.default_rng(1)))
    assert len(rows) == ROWS and not rows.isna().any().any()
    target = rows[table.changes["data.file.target"]]
    if name in CLASSES:
        level, share = CLASSES[name]
        assert (target == level).mean() == pytest.approx(share, abs=0.03)
    else:
        mean, deviation = NUMBERS[name]
        assert target.mean() == pytest.approx(mean, rel=0.15)
        assert target.std() == pytest.approx(deviation, rel=0.2)


def record(**more) -> dict:
    plain = {
        "name": "wine", "state": "done", "rows": 178, "rounds_done": 2, "ended": "nothing more",
        "chance": 1.0, "before": 0.9, "after": 0.52, "boosting": 0.5, "took": 61.0,
        "reference": "linear model", "reference_loss": 0.4, "remains": "It lies 0.1 above.",
        "edit": {"train.l2": 0.0},
    }  # fmt: skip
    return plain | more


def test_learnt_is_of_boostings_distance_from_chance():
    assert learnt(record()) == pytest.approx(0.96)
    assert learnt(record(after=1.0)) == 0.0


def test_what_is_behind_is_said():
    text = markdown(
        [record(), record(name="iris", after=0.6), record(state="failed", reason="a\nKeyError: 3")],
        "command",
    )
    assert "1 of 3 chains end at 95% of what boosting learns or more." in text
    assert "| wine | 178 | 2 | 1 | 0.9 | 0.52 | 0.5 | 96.0% | 61 | nothing more |" in text
    behind = "`train.l2=0.0`. Behind; the best reference of its ledger: linear model, 0.4. It lies"
    assert f"**iris**: {behind}" in text and f"**wine**: {behind}" not in text
    assert "| wine | KeyError: 3 |" in text


def test_boosting_is_judged_row_by_row_on_the_same_rows():
    subject = subject_of(content_of(**{"data.synthetic.rows": 1000, "train.epochs": 1}))
    losses = boosted_losses(subject, [dict(subject.tables)])
    chance = subject.card.chance.test
    assert losses.shape == (len(subject.tables["test"]),)
    assert subject.card.floor.test.value < losses.mean() < chance
    # Its labels drawn at random, it learns nothing.
    rng = np.random.default_rng(0)
    [target] = subject.targets
    train = subject.tables["train"].copy()
    train[target] = rng.permutation(train[target])
    frames = {**subject.tables, "train": pd.DataFrame(train)}
    assert boosted_losses(subject, [frames]).mean() > chance
