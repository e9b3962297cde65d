"""The evidence of a small diagnosis, against the losses of its laboratory."""

from dataclasses import replace

import numpy as np
import pytest

from stages.diagnose.diagnosis import diagnose_with_pair
from stages.diagnose.evidence.build import evidence
from stages.diagnose.evidence.curves import thinned
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.evidence import MAX_POINTS, Evidence
from stages.lib.trials.laboratory import Runs
from tests.conftest import content_of, settings
from tests.subjects import subject_of

CHANGES = {
    "data.synthetic.rows": 1000,
    "train.layers": [16],
    "train.epochs": 10,
    "normalize.columns": {"household_size": "drop"},
}


@pytest.fixture(scope="module")
def pair():
    given = settings(
        **{
            "diagnose.families": ["input_normalization"],
            "diagnose.seeds": 4,
            "diagnose.screening_seeds": 2,
        }
    ).diagnose
    content, pair = diagnose_with_pair(subject_of(content_of(**CHANGES)), given)
    return pair, schema.parse(content, "x").lead


@pytest.fixture(scope="module")
def found(pair) -> Evidence:
    return Evidence.model_validate(evidence(*pair))


@pytest.mark.in_turn
def test_the_strips_have_the_ledger_s_lines_for_their_means(pair, found):
    account = pair[1]
    assert account.causes
    for line, values in zip(account.ledger, found.seeds, strict=True):
        if line.line in ("seed_luck", "label_luck", "floor"):
            assert values == []
            continue
        expected = account.loss.baseline if line.line == "loss" else line.amount
        assert np.mean(values) == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_a_curve_ends_at_the_loss_that_the_laboratory_has(pair, found):
    pair, _ = pair
    assert [curves.split for curves in found.curves] == ["train", "validation"]
    for curves in found.curves:
        assert curves.epochs == list(range(11))
        for sections, of_seeds in ((pair.before, curves.before), (pair.after, curves.after)):
            losses = pair.losses(sections, curves.split).mean(axis=1)
            assert [curve[-1] for curve in of_seeds] == pytest.approx(losses.tolist(), rel=1e-3)


def test_rows_and_seeds_are_all_in_the_histogram(pair, found):
    pair, account = pair
    rows = found.row_losses
    assert sum(rows.before) == pytest.approx(1000, abs=0.1)
    assert sum(rows.after) == pytest.approx(1000, abs=0.1)
    losses = pair.losses(pair.before, "test")
    limit = rows.edges[5]
    share = sum(rows.before[:5]) / 1000
    assert share == pytest.approx((losses < limit).mean(), abs=0.01)
    assert rows.edges[-1] <= account.loss.cap * 1.001


def test_the_averaged_prediction_is_that_of_the_mean_probability(pair, found):
    """Of classes the probability of the truth is exp(-loss), so the average needs no networks."""
    losses = pair[0].losses(pair[0].after, "test")
    averaged = -np.log(np.exp(-losses).mean(axis=0))
    assert found.variance.networks == 4
    assert found.variance.averaged == pytest.approx(averaged.mean(), rel=1e-4)
    assert found.variance.variance.mean == pytest.approx((losses - averaged).mean(), rel=1e-3)
    assert found.variance.variance.mean > 0


def test_the_last_point_of_the_rows_is_the_program_itself(pair, found):
    pair, _ = pair
    rows = found.more_rows
    assert rows.rows == [75, 150, 300, 600]
    runs = Runs(pair.ledger.runs.seeds[: rows.seeds])
    whole = pair.laboratory.losses(pair.after, runs, "test").mean()
    assert rows.losses[-1] == pytest.approx(whole, rel=1e-4)
    assert rows.last.mean == pytest.approx(rows.losses[-2] - rows.losses[-1], abs=2e-5)
    assert rows.last.low < rows.last.mean < rows.last.high


def test_the_worst_rows_cost_most(pair, found):
    pair, _ = pair
    after = pair.losses(pair.after, "test").mean(axis=0)
    listed = [row.row for row in found.worst_rows]
    assert len(listed) == 20 and after[listed].min() >= np.delete(after, listed).max()
    codes = pair.laboratory.judges[0].targets["test"][:, 0]
    for row in found.worst_rows:
        assert row.odds == pytest.approx(1.0) or row.predicted != codes[row.row]


def test_a_column_that_the_network_does_not_see_has_no_importance(found):
    by_name = {column.column: column for column in found.importance}
    assert by_name["household_size"].after == 0 and by_name["household_size"].before == 0
    assert max(column.after for column in found.importance) > 0.05
    assert len(by_name) == 6


@pytest.mark.in_turn
def test_gathered_again_it_is_the_same(pair):
    pair, account = pair
    first = evidence(replace(pair), account)
    assert first == evidence(replace(pair), account)


def test_without_time_nothing_is_trained_again(pair):
    pair, account = pair
    without = evidence(replace(pair, seconds=0.001), account)
    assert without["curves"] == [] and without["more_rows"] is None
    assert without["variance"] is None and without["importance"] == []
    # What needs no training is there all the same.
    assert without["row_losses"] and len(without["worst_rows"]) == 20
    assert {row["predicted"] for row in without["worst_rows"]} == {None}


@pytest.mark.parametrize("length", [1, 2, 59, 60, 61, 1000])
def test_a_thinned_curve_keeps_its_ends(length):
    points = thinned(length)
    assert points[0] == 0 and points[-1] == length - 1
    assert len(points) == min(length, MAX_POINTS)
