"""Arms of one graph: a few are filled up to the number that others of it come in."""

import numpy as np
import pytest

from stages.lib.mlp.arms import FILLED_ARMS, Outcome, train_all
from stages.lib.mlp.epoch import Engine
from tests.lib.mlp.small_arms import SEEDS, arm


def assert_equal(one: Outcome, other: Outcome) -> None:
    assert (one.status, one.epochs_run) == (other.status, other.epochs_run)
    for split, outputs in one.outputs.items():
        np.testing.assert_allclose(outputs, other.outputs[split], rtol=1e-5, atol=1e-7)


def test_a_few_seeds_are_trained_in_the_graph_of_more(tables, sizes):
    all_of_them = train_all([arm(seed) for seed in SEEDS], tables)
    few = train_all([arm(seed) for seed in SEEDS[:2]], tables)
    assert len(few) == 2
    assert set(sizes) == {FILLED_ARMS}
    for one, other in zip(few, all_of_them, strict=False):
        assert_equal(one, other)


@pytest.mark.parametrize(
    "few",
    [
        [arm(3), arm(3, learning_rate=0.1)],
        [arm(seed, layers=[512, 512], epochs=5000) for seed in (3, 4)],
    ],
    ids=["of one seed", "of much work"],
)
def test_they_are_not_where_it_gains_nothing(few, tables, sizes, monkeypatch):
    monkeypatch.setattr(Engine, "run", lambda engine, *given: sizes.append(len(engine.replicas)))
    with pytest.raises(AttributeError):  # nothing was run
        train_all(few, tables)
    assert sizes == [2]
