"""Many fits in processes, and what they are planned to take."""

from dataclasses import replace

import numpy as np
import pytest

from stages.lib.keras_fit.arms import (
    ARMS_PER_JOB,
    START_SECONDS,
    STARTED,
    KerasArm,
    KerasLoad,
    fit_seconds,
    train_all,
)
from stages.lib.keras_fit.fit import Trainer
from stages.lib.keras_fit.program import KerasProgram
from tests.lib.keras_fit.models import embedding, recurrent

ROWS = {"train": 1000, "validation": 0, "test": 0}


@pytest.fixture(scope="module")
def example():
    return embedding()


def at(program: KerasProgram, seed: int, **changes) -> KerasArm:
    params = program.params.model_copy(update={"seed": seed, **changes})
    return KerasArm(replace(program, params=params), "plain")


@pytest.mark.in_turn
def test_processes_give_what_one_process_gives_in_the_arms_order(example):
    program = example.program(epochs=2)
    tables = {"plain": example.table()}
    # Of two programs, and more of one than a job has.
    arms = [at(program, seed) for seed in range(ARMS_PER_JOB + 1)]
    arms.insert(1, at(program, 0, learning_rate=0.1))
    ended: list[int] = []
    outcomes = train_all(arms, tables, ended.append)
    assert sum(ended) == len(arms)
    for position in (0, 1, 4):
        chosen = arms[position].program
        alone = Trainer(chosen, tables["plain"].parts(chosen)).fit(arms[position].seed)
        for split, outputs in alone.outputs.items():
            np.testing.assert_array_equal(outcomes[position].outputs[split], outputs)
        assert outcomes[position].epochs_run == alone.epochs_run


def test_no_arms_are_no_work():
    assert train_all([], {}) == []


def test_nominal_seconds_grow_with_the_work(example):
    program = example.program(epochs=100)

    def seconds(**changes) -> float:
        return fit_seconds(at(program, 0, **changes).program, ROWS)

    one = seconds()
    assert seconds(epochs=200) > 1.8 * one
    assert seconds(batch_size=8) > 2.5 * one
    assert fit_seconds(program, ROWS | {"train": 4000}) > 3 * one
    # Recurrent layers take a step for each place.
    recurring = recurrent().program(epochs=100)
    assert fit_seconds(recurring, ROWS) > 1.5 * one


def test_a_load_adds_and_removes_and_starts_processes_once(example):
    program = example.program(epochs=100)
    tables = {"plain": example.table()}
    load = KerasLoad(tables)
    assert load.seconds == 0
    first, other = [at(program, s) for s in range(4)], [at(program, s, epochs=99) for s in range(3)]
    load.add(first)
    before = load.seconds
    load.add(other)
    assert load.seconds > before
    load.remove(other)
    assert load.seconds == pytest.approx(before)
    assert load.graphs == {STARTED}
    later = KerasLoad(tables, {STARTED})
    later.add(first)
    assert later.seconds == pytest.approx(before - START_SECONDS)
