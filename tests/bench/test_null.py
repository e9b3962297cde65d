"""The null study's arithmetic, on losses made by hand."""

import json
from collections import Counter

import numpy as np
import pytest

from stages.diagnose.interventions.entry import Candidate, Facts, Rank
from stages.lib.params.edits import edited
from stages.lib.trials.laboratory import Runs
from tests.bench.null.laboratory import StandIn, Stock, nearest
from tests.bench.null.losses import Measured
from tests.bench.null.report import rate
from tests.bench.null.study import Cell, Counts, of_record, record_of
from tests.cards import card_of
from tests.conftest import content_of

RUNS = Runs((0, 1, 2))
EDITS = (
    {"train.epochs": 12},
    {"train.epochs": 200},
    {"train.optimizer": "nesterov", "train.learning_rate": 0.01},
    {"train.learning_rate": 0.01},
)


def measured() -> Measured:
    """A program and four edits, 5 seeds x 30 rows, with gains of 0.1, 0.2, ..."""
    content = content_of()
    sections = {name: content[name] for name in ("normalize", "train")}
    rng = np.random.default_rng(0)
    levels = -0.1 * np.arange(5)[:, None, None]
    losses = (1 + levels + rng.normal(0, 0.3, (5, 5, 30))).astype("float32")
    options = [Candidate("some", Rank.SEARCH, "", edit) for edit in EDITS]
    facts = Facts(100, card_of().task, False, 0.0)
    return Measured(sections, facts, options, [], losses, losses[:, :, :7], 9.0)


def laboratory(**planted) -> StandIn:
    return StandIn(Stock(measured()), np.random.default_rng(1), 20, **planted)


def program(bench: StandIn, **edit) -> dict:
    return edited(bench.stock.measured.sections, {f"train.{key}": new for key, new in edit.items()})


@pytest.mark.parametrize(
    ("new", "values", "near"),
    [
        (0.009, [0.001, 0.01], 0.01),
        (48, [50, 12, 200], 50),
        (25, [50, 12], 50),  # ratios: 2 and 2.08
        (0.0, [0.3, 0.001], 0.001),
        ("elu", ["relu", "elu"], "elu"),
        ("tanh", ["relu", "elu"], "elu"),
        (None, [3, 5], 5),
    ],
)
def test_nearest_measured_value(new, values, near):
    assert nearest(new, values) == near


def test_no_edit_gains_anything_over_all_seeds_and_rows():
    stock = Stock(measured())
    every = [stock.losses(part, "test", np.arange(5), np.arange(30)).mean() for part in range(5)]
    assert every == pytest.approx([every[0]] * 5, abs=1e-12)


def test_a_seed_above_chance_counts_as_chance_before_losses_are_shifted():
    """Or its edit would gain on the ledger's scale, where such a seed is no worse than chance."""
    losses = measured()
    losses.held_out[2, 3] += np.float32(50)
    stock = Stock(losses)
    shifted = stock.losses(2, "test", np.arange(5), np.arange(30))
    assert shifted.mean() == pytest.approx(losses.held_out[0].mean(dtype="float64"))
    assert shifted[3].std() == pytest.approx(0, abs=1e-9)
    assert (shifted.mean(axis=1) <= losses.chance + 0.2).all()


def test_with_harm_a_candidate_keeps_what_it_costs():
    losses = measured()
    losses.held_out[2] += np.float32(0.9)  # gained 0.2, costs 0.7 now
    stock = Stock(losses, harm=True)
    levels = [stock.losses(part, "test", np.arange(5), np.arange(30)).mean() for part in range(5)]
    own = losses.held_out.mean(axis=(1, 2), dtype="float64")
    assert levels == pytest.approx([own[0], own[0], own[2], own[0], own[0]])
    longer = edited(losses.sections, {"train.epochs": 200})
    assert stock.true_gain(longer) == pytest.approx(own[0] - own[2])
    assert Stock(losses).true_gain(longer) == pytest.approx(0)


def test_differences_between_seeds_and_rows_stay():
    losses, stock = measured(), Stock(measured())
    served = stock.losses(3, "test", np.array([1, 4]), np.array([0, 9, 9]))
    raw = losses.held_out[3][np.ix_([1, 4], [0, 9, 9])].astype("float64")
    np.testing.assert_allclose(served - served[0, 0], raw - raw[0, 0], atol=1e-12)


def test_edits_made_together_are_additive():
    bench = laboratory()
    base, few, fast = (
        bench.losses(program(bench, **edit), RUNS, "test")
        for edit in ({}, {"epochs": 12}, {"learning_rate": 0.01})
    )
    both = bench.losses(program(bench, epochs=12, learning_rate=0.01), RUNS, "test")
    np.testing.assert_allclose(both, base + (few - base) + (fast - base))


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        ({}, ()),
        ({"epochs": 3}, (1,)),
        ({"epochs": 45}, ()),
        ({"learning_rate": 0.02}, (4,)),
        ({"optimizer": "nesterov", "learning_rate": 0.01}, (3,)),
        ({"optimizer": "nesterov"}, (3,)),
        ({"dropout": 0.5}, ()),
    ],
)
def test_what_a_program_is_made_of(edit, parts):
    stock = Stock(measured())
    assert (
        stock.parts(edited(stock.measured.sections, {f"train.{k}": v for k, v in edit.items()}))
        == parts
    )


def test_a_planted_gain_is_exact_and_comes_with_its_whole_edit_only():
    plain, rich = laboratory(), laboratory(planted=3, gain=0.25)
    whole = program(rich, optimizer="nesterov", learning_rate=0.01, epochs=12)
    part = program(rich, optimizer="nesterov")
    lost = plain.losses(whole, RUNS, "test") - rich.losses(whole, RUNS, "test")
    np.testing.assert_allclose(lost, 0.25)
    np.testing.assert_array_equal(plain.losses(part, RUNS, "test"), rich.losses(part, RUNS, "test"))


def test_rate_of_none_in_three_hundred():
    """Clopper and Pearson: the upper end of 0 of n is 1 - 0.025^(1/n)."""
    assert rate(0, 300) == pytest.approx((0.0, 0.0, 1 - 0.025 ** (1 / 300)))


def test_a_record_comes_back_from_json_as_it_was():
    kept = Cell("income", 50, 5, 1.5), range(20, 40), Counts(20, false=1, edits=Counter(a=2))
    assert of_record(json.loads(json.dumps(record_of(*kept)))) == kept


def test_counts_add_up():
    total = Counts(2, false=1) + Counts(3, lines=4, covered=2)
    assert (total.replicates, total.false, total.lines, total.covered) == (5, 1, 4, 2)
