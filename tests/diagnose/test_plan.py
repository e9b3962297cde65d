"""What a plan leaves out, and in which order."""

from dataclasses import replace
from itertools import pairwise

import pytest

from stages.diagnose.plan import (
    LEAST_SCREENING_SEEDS,
    LEAST_SEEDS,
    LEAST_VERIFYING_SEEDS,
    MIN_ROWS,
    MIN_STEPS,
    VERIFYING_SEEDS,
    Plan,
    plan,
)
from stages.lib.params.edits import edited
from stages.lib.trials.subject import Subject
from tests.conftest import content_of, settings
from tests.subjects import subject_of

# From a second's work to hours of it.
EPOCHS = sorted({round(1.02**i) for i in range(420)})


@pytest.fixture(scope="module")
def subject() -> Subject:
    return subject_of(content_of(**{"data.synthetic.rows": 5000, "train.epochs": 1}))


def planned(subject: Subject, epochs: int, seconds: float = 60.0, divisions: int = 1) -> Plan:
    """Of the subject's program with so many epochs."""
    longer = replace(subject, sections=edited(subject.sections, {"train.epochs": epochs}))
    given = settings(**{"diagnose.seconds": seconds}).diagnose
    return plan(longer, given, divisions, 1)


def test_a_small_program_gets_all_that_is_asked_for(subject):
    given = settings().diagnose
    full = planned(subject, 1, divisions=4)
    assert full.rows is None
    assert (full.divisions, full.seeds) == (4, given.seeds)
    assert full.screening_seeds == given.screening_seeds


@pytest.mark.in_turn
def test_divisions_go_first_then_seeds_and_steps_last(subject):
    plans = [planned(subject, epochs, divisions=4) for epochs in EPOCHS]
    # Each is a part of the one before, and what stands later here goes later.
    sizes = [(not p.is_short, p.screening_seeds, p.seeds, p.divisions) for p in plans]
    for before, after in pairwise(sizes):
        assert all(a <= b for a, b in zip(after, before, strict=True))
    for whole, screening, seeds, divisions in sizes:
        if not whole:
            assert (screening, seeds, divisions) == (LEAST_SCREENING_SEEDS, LEAST_SEEDS, 1)
        if screening < sizes[0][1]:
            assert (seeds, divisions) == (LEAST_SEEDS, 1)
        if seeds < sizes[0][2]:
            assert divisions == 1
    # Nothing is jumped over.
    assert len({size[3] for size in sizes}) == 4
    assert len({size[2] for size in sizes}) == sizes[0][2] - LEAST_SEEDS + 1
    assert not sizes[-1][0] and sizes[-1][1:] == (LEAST_SCREENING_SEEDS, LEAST_SEEDS, 1)


@pytest.mark.in_turn
def test_a_search_is_of_all_steps_as_long_as_a_lean_one_has_time_for_them(subject):
    """A table of rows is sampled for nothing: with as many steps it would take as long."""
    for epochs in EPOCHS:
        found = planned(subject, epochs)
        assert found.rows is None
        assert found.is_short is (found.epochs < 1)
        # It is no shorter than what a weight needs to move.
        assert (
            found.epochs * epochs * -(-3000 // 32) >= min(MIN_STEPS, epochs * -(-3000 // 32)) - 1e-6
        )


def test_a_program_without_epochs_to_spare_is_searched_on_a_sample():
    large = subject_of(content_of(**{"data.synthetic.rows": 30_000, "train.epochs": 1}))
    layers = {"train.layers": [512, 512], "train.batch_size": 4}
    wide = replace(large, sections=edited(large.sections, layers))
    found = plan(wide, settings(**{"diagnose.seconds": 5}).diagnose, 1, 1)
    assert found.epochs == 1.0 and found.is_short
    assert MIN_ROWS <= found.rows < 18_000
    assert found.rows >= MIN_STEPS * 4


def test_a_short_search_leaves_time_to_train_what_it_found_with_all_steps(subject):
    short = planned(subject, 4000)
    assert short.is_short
    assert LEAST_VERIFYING_SEEDS <= short.verifying_seeds <= VERIFYING_SEEDS
    assert short.seconds < planned(subject, 1).seconds
    assert planned(subject, 20_000).verifying_seeds == LEAST_VERIFYING_SEEDS


def test_more_seconds_leave_no_less(subject):
    shares = [planned(subject, 2000, seconds).epochs for seconds in (5, 30, 120, 600)]
    assert shares == sorted(shares)
    assert shares[0] < 0.1 and shares[-1] == 1.0


def test_enough_rows_stay_to_judge_by():
    small = subject_of(content_of(**{"data.synthetic.rows": 100, "train.epochs": 1}))
    longer = replace(small, sections=edited(small.sections, {"train.epochs": 1_000_000}))
    given = settings().diagnose
    assert plan(small, given, 4, 3).divisions == 4
    # Too few rows to sample: what cannot be left out is done.
    assert plan(longer, given, 4, 3).divisions == 3
    assert plan(longer, given, 4, 3).rows is None
