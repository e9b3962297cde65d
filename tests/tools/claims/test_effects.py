"""Effects on a data set, from made-up losses with known answers."""

import numpy as np
import pytest

from stages.tools.claims.datasets.table import DATA_SETS
from stages.tools.claims.effects import effect, where
from stages.tools.claims.measures import MEASURES
from stages.tools.claims.watched import copies, wobble

MOONS, WINE = DATA_SETS["moons"], DATA_SETS["wine"]


def losses(test, train=None, chance=1.0) -> dict[str, np.ndarray]:
    test = np.asarray(test, float)
    train = test if train is None else np.asarray(train, float)
    of_chance = np.full(len(test), chance)
    return {"test": test, "train": train, "chance_test": of_chance, "chance_train": of_chance}


def of(pairs, measured="held_out", data_set=MOONS, margin=0.03, min_learnt=0.05):
    return effect(data_set, pairs, measured, MEASURES[measured], margin, min_learnt)


def test_in_units_of_what_the_better_side_learns():
    """Of a chance loss of 1 the second learns 0.5, the first 0.1 less: a fifth."""
    found = of({"net": (losses([0.6, 0.7, 0.5]), losses([0.5, 0.6, 0.4]))})
    assert found.mean == pytest.approx(0.2) and found.error == pytest.approx(0, abs=1e-9)
    assert found.outcome == "yes" and found.networks == {"net": pytest.approx(0.2)}
    back = of({"net": (losses([0.5, 0.6, 0.4]), losses([0.6, 0.7, 0.5]))})
    assert back.mean == pytest.approx(-0.2) and back.outcome == "reversed"


def test_losses_count_up_to_chance():
    """However much worse than the best constant: nothing is learnt, which is all of it."""
    found = of({"net": (losses([9.0, 16.0, 1.2]), losses([0.5, 0.5, 0.5]))})
    assert found.mean == pytest.approx(1.0)


def test_the_interval_by_hand():
    differences = np.array([0.1, 0.3, 0.2, 0.2])
    found = of({"net": (losses(0.5 + 0.5 * differences), losses([0.5] * 4))})
    assert found.mean == pytest.approx(0.2) and found.freedom == 3
    assert found.error == pytest.approx(differences.std(ddof=1) / 2)
    low, high = found.interval()
    assert high - low == pytest.approx(2 * 3.182446 * found.error, rel=1e-5)


def test_replicates_of_a_real_table_share_rows():
    """Nadeau's and Bengio's variance: s^2 (1 / K + test rows / training rows)."""
    differences = np.array([0.1, 0.3, 0.2, 0.2])
    pair = {"net": (losses(0.5 + 0.5 * differences), losses([0.5] * 4))}
    error = of(pair, data_set=WINE).error
    assert error**2 == pytest.approx(differences.var(ddof=1) * (1 / 4 + 40 / 100))


def test_the_mean_over_networks_leaves_out_those_that_learn_nothing():
    nothing = losses([0.97, 0.98, 0.99])
    good = losses([0.6, 0.6, 0.6]), losses([0.5, 0.5, 0.5])
    found = of({"deep": (nothing, nothing), "shallow": good})
    assert found.mean == pytest.approx(0.2) and list(found.networks) == ["shallow"]
    assert of({"deep": (nothing, nothing)}) is None
    both = of({"a": good, "b": (losses([0.5] * 3), losses([0.5] * 3))})
    assert both.mean == pytest.approx(0.1)


def test_the_gap_and_the_training_loss():
    first, second = losses([0.6] * 3, train=[0.2] * 3), losses([0.5] * 3, train=[0.4] * 3)
    assert of({"net": (first, second)}, "gap").mean == pytest.approx((0.4 - 0.1) / 0.5)
    assert of({"net": (first, second)}, "training").mean == pytest.approx(-0.2 / 0.8)


def test_what_is_no_loss_is_in_its_own_unit():
    first, second = ({"gradient": np.array(v)} for v in ([5.0, 6.0, 7.0], [1.0, 1.0, 1.0]))
    assert of({"net": (first, second)}, "gradient", margin=2.0).mean == pytest.approx(5.0)


def test_where_it_is_largest_and_smallest():
    one = of({"a": (losses([0.6] * 3), losses([0.5] * 3))})
    other = of({"b": (losses([0.4] * 3), losses([0.5] * 3))}, data_set=WINE)
    found = where([one, other])
    assert found["best"][:2] == ("moons", "a") and found["worst"][:2] == ("wine", "b")


def test_copies_of_units():
    kernel = np.array([[1.0, 1.0, 2.0, 1.0005], [0.5, 0.5, 0.5, 0.5]])
    assert copies(kernel) == 0.75
    assert copies(np.zeros((3, 4))) == 1.0
    assert copies(np.eye(4)) == 0.0


def test_wobble_by_hand():
    """The last quarter of twelve epochs: changes of 0.1 and 0.3 of a mean of 1.1."""
    assert wobble([9.0] * 9 + [1.0, 1.1, 1.4]) == pytest.approx(0.2 / (3.5 / 3))
    assert wobble([1.0, 2.0]) == 1.0 and wobble([1.0, np.nan, 1.0]) == 1.0
