"""The order of the rows in an epoch: every row once, few places of a file at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.mlp import shuffle as shuffling
from stages.lib.mlp import streams
from stages.lib.mlp.batches import Batches, Part
from stages.lib.mlp.shuffle import Shuffle, shuffle

ROW_BYTES = 40


def whole_epoch(one: Shuffle, seed: int = 3, epoch: int = 2) -> np.ndarray:
    return np.concatenate([one.orders([seed], epoch, g)[0, 0] for g in range(one.groups)])


@given(rows=st.integers(1, 3000), group=st.integers(1, 400), chunk=st.integers(1, 50))
def test_every_row_comes_once_an_epoch(rows, group, chunk):
    assert sorted(whole_epoch(Shuffle(rows, group, chunk))) == list(range(rows))


@given(rows=st.integers(1, 500), beyond=st.integers(0, 2**40))
def test_what_fits_the_buffer_is_shuffled_as_a_whole(rows, beyond):
    one = shuffle(rows, ROW_BYTES, rows * ROW_BYTES + beyond)
    assert np.array_equal(one.orders([5], 1, 0), streams.orders([5], 1, rows))


def test_without_a_buffer_the_rows_come_as_they_stand():
    one = shuffle(50, ROW_BYTES, 0)
    assert one.groups == 1
    assert one.orders([1, 2], 3, 0).tolist() == [[list(range(50))]] * 2


def test_a_group_lies_in_few_places_of_the_table():
    one = shuffle(10**6, ROW_BYTES, 200_000 * ROW_BYTES)
    assert one == Shuffle(10**6, 100_000, shuffling.CHUNK_BYTES // ROW_BYTES)
    small = Shuffle(100_000, 20_000, 500)
    for group in range(small.groups):
        [[order]] = small.orders([0], 0, group)
        assert len(np.unique(order // small.chunk)) <= 20_000 / 500 + 2
        # Inside the group nothing is left of the file's order.
        assert abs(np.corrcoef(order, np.arange(len(order)))[0, 1]) < 0.05
    first, second = (whole_epoch(small, epoch=epoch)[:20_000] for epoch in (0, 1))
    # Each epoch mixes other chunks: two random fifths share a fifth.
    assert 0.1 < len(np.intersect1d(first, second)) / 20_000 < 0.3


def test_an_order_is_its_seed_s_alone():
    one = Shuffle(1000, 300, 20)
    together = one.orders([1, 2, 3], 4, 1)
    assert np.array_equal(together[2], one.orders([3], 4, 1)[0])
    assert not np.array_equal(together[0], together[1])


@pytest.mark.parametrize("one", [Shuffle(1000, 300, 20), Shuffle(1000, 1000, 1)])
def test_orders_of_several_epochs_are_those_of_each(one):
    several = one.orders([1, 2], 4, 0, 3)
    each = [one.orders([1, 2], epoch, 0)[:, 0] for epoch in (4, 5, 6)]
    assert np.array_equal(several, np.stack(each, axis=1))


@given(
    rows=st.integers(1, 300),
    batch=st.integers(1, 70),
    buffer=st.integers(1, 9000),
    block=st.integers(1, 5000),
)
def test_batches_take_the_rows_in_that_order(rows, batch, buffer, block):
    """However the steps are cut into blocks, and wherever a group ends in them."""
    x = np.arange(rows, dtype="float32")[:, None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stages.lib.mlp.batches.BLOCK_BYTES", block)
        batches = Batches([Part(x, x)], [(7, 0), (8, 0)], batch, 0, buffer)
    for view, seed in enumerate((7, 8)):
        seen = []
        for one in batches.blocks_of(1):
            counting = one.weights[: one.steps] > 0
            seen.append(one.x[view, 0, : one.steps][counting][:, 0])
        order = np.concatenate(
            [batches.shuffle.orders([seed], 1, g)[0, 0] for g in range(batches.shuffle.groups)]
        )
        assert np.array_equal(np.concatenate(seen), order)
