"""A search for programs that the engine trains otherwise than `keras.Model.fit`.

Each example is PROGRAMS trainings of one drawn network, loss and optimizer, which differ by table,
initial arrays and learning rate, and some by schedule, clip and penalties. What differs is a bug,
and gets a test of its own in test_keras_equivalence.py.
"""

import gc
from collections import Counter
from dataclasses import replace

import hypothesis
import keras
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from stages.lib.mlp.optimizers import OPTIMIZERS
from tests.lib.mlp.drawn import Drawn, drawn, runs
from tests.lib.mlp.side_by_side import compare

PROGRAMS = 10
# Beyond ten examples Hypothesis mostly changes those that it has had, and seldom the network.
EXAMPLES = 10
# A larger share of programs that rounding decides would be a search of little.
MOST_ROUNDING = 0.4


def search(seeds: range) -> None:
    """Train ten examples for each seed, and print how many programs were equal, diverged alike, or
    differed as rounding makes them (see side_by_side.py)."""
    words: Counter = Counter()
    for seed in seeds:

        @hypothesis.seed(seed)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(drawn(PROGRAMS).filter(runs))
        def train_the_same(example: Drawn) -> None:
            words.update(compare(example))
            keras.backend.clear_session()
            gc.collect()

        train_the_same()
    print(dict(words))
    assert words["rounding"] <= MOST_ROUNDING * words.total()
    assert words["equal"] > words.total() / 2


PLAIN = Drawn(
    task="binary", classes=2, targets=1,
    common={"layers": [4], "batch_size": 5, "epochs": 2, "shuffle": False, "optimizer": "adam"},
    own=({"learning_rate": 0.01},),
    rows=18, inputs=3, seed=0, arrays_given=False, row_weights=True, class_weights=None,
)  # fmt: skip


@pytest.mark.parametrize("factor", [1.0, 1.002])
def test_a_step_that_is_wrong_by_two_thousandths_is_found(monkeypatch, factor):
    adam = OPTIMIZERS["adam"]
    wrong = replace(adam, rate=lambda *given: factor * adam.rate(*given))
    monkeypatch.setitem(OPTIMIZERS, "adam", wrong)
    if factor == 1.0:
        assert compare(PLAIN) == ["equal"]
        return
    with pytest.raises(AssertionError, match=r"array 0\[.*may differ by"):
        compare(PLAIN)


def test_steps_that_rounding_decides_are_told_apart():
    """A bias before batch normalization has no gradient but its rounding, and lion takes the sign
    of that."""
    common = PLAIN.common | {"batch_normalization": "before_activation", "optimizer": "lion"}
    assert compare(replace(PLAIN, common=common)) == ["rounding"]


def test_a_single_output_of_zero_has_no_share():
    """Categorical cross-entropy divides it by the sum of the row's outputs, which it is itself."""
    loss = {"loss": "categorical_crossentropy", "output_activation": "relu"}
    common = PLAIN.common | {"layers": [], "optimizer": "sgd", **loss}
    rates = tuple({"learning_rate": 0.01, "seed": seed} for seed in range(10))
    zero = replace(PLAIN, task="regression", classes=0, common=common, own=rates, row_weights=False)
    assert compare(zero) == ["diverged"] * 10


def test_drawn_programs_train_as_in_keras():
    search(range(1))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(25))
def test_many_drawn_programs_train_as_in_keras(part):
    search(range(100 + 2 * part, 102 + 2 * part))
