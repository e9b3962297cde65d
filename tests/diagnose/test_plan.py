"""What a plan leaves out, and in which order."""

from dataclasses import replace
from itertools import pairwise

import pytest

from stages.diagnose.plan import (
    LEAST_SCREENING_SEEDS,
    LEAST_SEEDS,
    MIN_ROWS,
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


def test_divisions_go_first_then_seeds_and_rows_last(subject):
    plans = [planned(subject, epochs, divisions=4) for epochs in EPOCHS]
    # Each is a part of the one before, and what stands later here goes later.
    sizes = [(p.rows or 3000, p.screening_seeds, p.seeds, p.divisions) for p in plans]
    for before, after in pairwise(sizes):
        assert all(a <= b for a, b in zip(after, before, strict=True))
    for rows, screening, seeds, divisions in sizes:
        if rows < 3000:
            assert (screening, seeds, divisions) == (LEAST_SCREENING_SEEDS, LEAST_SEEDS, 1)
        if screening < sizes[0][1]:
            assert (seeds, divisions) == (LEAST_SEEDS, 1)
        if seeds < sizes[0][2]:
            assert divisions == 1
    # Nothing is jumped over.
    assert len({size[3] for size in sizes}) == 4
    assert len({size[2] for size in sizes}) == sizes[0][2] - LEAST_SEEDS + 1
    assert sizes[-1] == (MIN_ROWS, LEAST_SCREENING_SEEDS, LEAST_SEEDS, 1)


def test_a_sample_leaves_time_to_try_its_prescription_on_all_rows(subject):
    sampled = planned(subject, 600)
    assert sampled.rows is not None
    assert 1 <= sampled.verifying_seeds <= VERIFYING_SEEDS
    assert sampled.seconds < planned(subject, 1).seconds
    assert planned(subject, 4000).verifying_seeds == 1


def test_more_seconds_leave_no_less(subject):
    rows = [planned(subject, 600, seconds).rows or 3000 for seconds in (5, 30, 60, 120, 600)]
    assert rows == sorted(rows)
    assert rows[0] == MIN_ROWS
    assert rows[-1] == 3000


def test_enough_rows_stay_to_judge_by():
    small = subject_of(content_of(**{"data.synthetic.rows": 100, "train.epochs": 1}))
    longer = replace(small, sections=edited(small.sections, {"train.epochs": 1_000_000}))
    given = settings().diagnose
    assert plan(small, given, 4, 3).divisions == 4
    # Too few rows to sample: what cannot be left out is done.
    assert plan(longer, given, 4, 3).divisions == 3
    assert plan(longer, given, 4, 3).rows is None
