"""What training takes at nominal speeds."""

import pytest

from stages.lib.mlp.arms import FILLED_ARMS, Arm
from stages.lib.mlp.backends import THREADS_AT_ONCE
from stages.lib.mlp.cost import Load, training_seconds
from stages.lib.mlp.nominal import COMPILE_SECONDS
from tests.lib.mlp.small_arms import SEEDS, arm

ROWS = {"train": 60, "validation": 20, "test": 20}


def load(tables, *arms: Arm) -> Load:
    made = Load(tables)
    made.add(list(arms))
    return made


def test_a_group_is_compiled_once_and_trained_on_one_core(tables):
    group = [arm(seed) for seed in SEEDS]
    training = training_seconds(group[0].program, ROWS, FILLED_ARMS)
    assert load(tables, *group).seconds == pytest.approx(COMPILE_SECONDS + training)
    # A few are trained as so many.
    assert load(tables, *group[:2]).seconds == pytest.approx(COMPILE_SECONDS + training)


def test_groups_share_the_cores(tables):
    activations = ("relu", "tanh", "sigmoid", "elu")
    groups = [[arm(seed, activation=name) for seed in SEEDS] for name in activations]
    alone = load(tables, *groups[0]).seconds
    together = load(tables, *(one for group in groups for one in group))
    assert together.seconds == pytest.approx(len(groups) * alone / THREADS_AT_ONCE)
    # The longest of them is on one core.
    longest = [arm(seed, layers=[64], epochs=20_000) for seed in SEEDS]
    long = load(tables, *longest).seconds
    assert load(tables, *groups[0], *longest).seconds == pytest.approx(long)


def test_what_is_compiled_costs_no_compile(tables):
    group = [arm(seed) for seed in SEEDS]
    first = load(tables, *group)
    again = Load(tables, first.graphs)
    again.add(group)
    assert again.seconds == pytest.approx(first.seconds - COMPILE_SECONDS)
    # Of another number of replicas it is another graph.
    again.add([arm(SEEDS.stop)])
    assert again.seconds > first.seconds


def test_what_is_taken_away_again_costs_nothing(tables):
    some = load(tables, *(arm(seed) for seed in SEEDS))
    before = some.seconds
    more = [arm(seed, activation="tanh") for seed in SEEDS] + [arm(SEEDS.stop)]
    some.add(more)
    assert some.seconds > before
    some.remove(more)
    assert some.seconds == before


def test_early_stopping_is_paid_for_by_its_evaluations():
    plain = arm(0).program
    watched = arm(0, early_stopping={"patience": 3, "min_delta": 0.0, "restore_best": True}).program
    assert training_seconds(watched, ROWS, 5) > training_seconds(plain, ROWS, 5)
    # Without validation rows the training rows are.
    alone = ROWS | {"validation": 0}
    assert training_seconds(watched, alone, 5) > training_seconds(watched, ROWS, 5)
