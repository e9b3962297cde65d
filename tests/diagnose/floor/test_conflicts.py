"""Equal inputs with different targets, against sums done by hand."""

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.floor.conflicts import conflict_floor
from stages.lib.trials.subject import Data
from tests.cards import card_of


def data(task: str, x: list, y: list, **facts) -> Data:
    table = pd.DataFrame({"x": x, "y": y} | facts.pop("columns", {}))
    card = card_of(task=task, **facts)
    return Data(card, dict.fromkeys(("train", "validation", "test"), table))


def test_inputs_that_are_all_different_have_no_floor():
    assert conflict_floor(data("binary", [1.0, 2.0, 3.0], ["no", "yes", "no"])) == 0


def test_classes_of_equal_inputs_cost_their_entropy():
    """Two of three equal rows say yes, a fourth row stands by itself."""
    found = conflict_floor(data("binary", [1.0, 1.0, 1.0, 2.0], ["yes", "yes", "no", "no"]))
    entropy = -(2 / 3) * np.log(2 / 3) - (1 / 3) * np.log(1 / 3)
    assert found == pytest.approx(3 / 4 * entropy)


def test_numbers_of_equal_inputs_cost_their_variance():
    found = conflict_floor(data("regression", [1.0, 1.0, 5.0], [1e6, 1e6 + 4, 7.0]))
    assert found == pytest.approx(2 / 3 * 4.0)


def test_gaps_are_equal_inputs():
    found = conflict_floor(data("regression", [np.nan, np.nan], [0.0, 2.0]))
    assert found == pytest.approx(1.0)


def test_rows_count_by_their_weights():
    weighted = data("regression", [1.0, 1.0], [0.0, 4.0], columns={"w": [3.0, 1.0]}, weights="w")
    assert conflict_floor(weighted) == pytest.approx(0.75 * 0.25 * 16)
