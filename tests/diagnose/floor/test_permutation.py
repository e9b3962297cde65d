"""The permutation test against its own null distribution, and the orders that it draws."""

import numpy as np
import pytest
from scipy.stats import kstest

from stages.diagnose.floor.permutation import Tail, permutation_tests, row_orders
from stages.diagnose.floor.rows import EncodedRows
from stages.lib.trials.statistics import SIMPLE, Design
from tests.diagnose.floor.crafted import rows_of


def orders(rng, rows):
    return lambda: rng.permutation(rows)


@pytest.mark.parametrize("kind", ["value", "binary", "multiclass"])
def test_p_values_are_uniform_without_a_signal(kind):
    values = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        if kind == "value":
            target, prediction = rng.standard_normal(60), rng.standard_normal((60, 1))
        else:
            classes = 2 if kind == "binary" else 4
            target = rng.integers(0, classes, 60)
            prediction = rng.dirichlet(np.ones(classes), 60).clip(1e-6)
        found = permutation_tests({"only": [prediction]}, target[:, None], 199, orders(rng, 60))
        values.append(found["only"].p_value)
    assert kstest(values, "uniform").pvalue > 0.01
    assert min(values) >= 1 / 200


def test_p_values_of_several_targets_permute_whole_rows(rng):
    """Two targets that are each other's mirror: alone they would cancel, together they do not."""
    target = rng.standard_normal(200)
    both = np.column_stack([target, -target])
    said = [np.stack([target + rng.standard_normal(200)], axis=1), np.zeros((200, 1))]
    found = permutation_tests({"good": said, "none": [said[1]] * 2}, both, 199, orders(rng, 200))
    assert {name: test.p_value for name, test in found.items()} == {"good": 1 / 200, "none": 1.0}


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_p_values_agree_with_counting_the_losses(columns, rng):
    """The shortcuts of the statistic leave the order of the losses as it is."""
    rows = 6
    if columns == 1:
        target, prediction = rng.standard_normal(rows), rng.standard_normal((rows, 1))
    else:
        target = np.arange(rows) % columns
        prediction = rng.dirichlet(np.ones(columns), rows)

    def loss(targets):
        if columns == 1:
            return ((prediction[:, 0] - targets) ** 2).mean()
        return -np.log(prediction[np.arange(rows), targets]).mean()

    count, again = 2000, np.random.default_rng(7)
    losses = np.array([loss(again.permutation(target)) for _ in range(count)])
    expected = (1 + (losses <= loss(target) + 1e-9).sum()) / (count + 1)
    found = permutation_tests(
        {"only": [prediction]}, target[:, None], count, orders(np.random.default_rng(7), rows)
    )
    assert found["only"].p_value == pytest.approx(expected)


def test_a_constant_prediction_has_the_p_value_1(rng):
    for prediction in (np.full((500, 1), 0.3), np.full((500, 2), 0.5), np.full((500, 3), 1 / 3)):
        target = rng.integers(0, max(2, prediction.shape[1]), 500)
        found = permutation_tests({"only": [prediction]}, target[:, None], 99, orders(rng, 500))
        assert found["only"].p_value == found["only"].smallest == 1.0


def test_groups_are_shuffled_within_and_among_their_size(rng):
    data = rows_of(rng, [2, 3, 2, 1])
    draw = row_orders(data, rng)
    seen = set()
    for _ in range(1000):
        order = draw()
        assert sorted(order) == list(range(8))
        for group in range(4):
            came = data.groups[order[data.groups == group]]
            assert len(set(came)) == 1  # a whole group, of the same size
            assert (data.groups == came[0]).sum() == (data.groups == group).sum()
        seen.add(tuple(order))
    assert len(seen) == 2 * 2**2 * 6  # which of the two pairs, either way round, and the three


def test_blocks_of_time_are_shuffled_whole(rng):
    draw = row_orders(rows_of(rng, ordered=True), rng)
    order = draw()
    assert sorted(order) == list(range(100))
    assert (np.diff(order.reshape(10, 10), axis=1) == 1).all()
    assert (order.reshape(10, 10)[:, 0] != np.arange(0, 100, 10)).any()


def test_p_values_over_groups_are_honest_where_those_over_rows_are_not():
    """Neither target nor prediction changes within a group, and neither knows of the other: as so
    many rows they would make luck look sure."""
    low = {True: 0, False: 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(20), 20)
        target, prediction = rng.standard_normal((2, 20))[:, groups]
        for known in low:
            design = Design(groups=groups) if known else SIMPLE
            data = EncodedRows(prediction[:, None], target[:, None], 0, design)
            said = {"only": [prediction[:, None]]}
            test = permutation_tests(said, data.target, 99, row_orders(data, rng))["only"]
            low[known] += test.p_value <= 0.1
    assert low[True] <= 13  # of 60 at the 10 % level: the 99.5th percentile of luck
    assert low[False] > 18


def test_a_tail_counts_as_small_as_observed_and_as_the_smallest():
    """Orders of 3, 1, 2 and 1 beside the observed 2: four of five are at most 2."""
    tail = Tail(2.0)
    tail.add(np.array([3.0, 1.0]))
    tail.add(np.array([2.0, 1.0]))
    test = tail.test()
    assert (test.p_value, test.smallest) == (pytest.approx(4 / 5), pytest.approx(3 / 5))
    every = Tail(1.0)
    every.add(np.array([1.0, 2.0, 2.0, 5.0]))
    assert every.test(every=True).p_value == every.test(every=True).smallest == 0.25


def test_the_smallest_p_value_is_that_of_the_best_order(rng):
    """Two rows of each of two classes have six orders; the best one comes in a sixth of them."""
    target = np.array([0, 0, 1, 1])
    prediction = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]])
    test = permutation_tests({"only": [prediction]}, target[:, None], 2_000, orders(rng, 4))["only"]
    assert test.smallest == test.p_value == pytest.approx(1 / 6, rel=0.15)
