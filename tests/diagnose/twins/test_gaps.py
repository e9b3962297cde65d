"""Gaps behind the nearest training rows: p-values of independent rows, and copies among others."""

import numpy as np
import pytest

from stages.diagnose.twins.gaps import gap_p_values


@pytest.mark.parametrize("columns", [2, 5, 20])
@pytest.mark.parametrize("kind", ["normal", "integers", "curve"])
def test_p_values_of_independent_rows(columns, kind):
    """Bonferroni's are conservative: at 1 % there are at most 1 %, and luck."""
    p_values = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        rows = rng.standard_normal((1_500, columns))
        if kind == "integers":
            rows = np.round(8 * rows)
        if kind == "curve":
            rows = np.column_stack([np.sin(rows[:, 0] + k) for k in range(columns)])
        p_values.append(gap_p_values(rows[:1_000], rows[1_000:], rng)[0])
    p_values = np.concatenate(p_values)
    assert (p_values < 0.01).mean() < 0.02
    assert (p_values < 1e-4).sum() <= 2  # of 2,000


@pytest.mark.parametrize("copies", [1, 5])
@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_copies_stand_out(copies, noise, rng):
    train = rng.standard_normal((600, 6))
    held_out = rng.standard_normal((100, 6))
    train[: 50 * copies] = np.repeat(held_out[:50], copies, axis=0)
    train *= 1 + noise * rng.standard_normal(train.shape)
    p_values, before, neighbours = gap_p_values(train, held_out, rng)
    assert (p_values[:50] < 1e-4).mean() > 0.6
    if copies == 1:  # any row's neighbours come five at a time otherwise
        assert (p_values[50:] > 1e-4).all()
    assert np.median(before[:50]) == copies
    own = [set(range(copies * row, copies * (row + 1))) for row in range(50)]
    nearest = [set(row[:copies]) for row in neighbours[:50]]
    assert np.mean([near == row for near, row in zip(nearest, own, strict=True)]) > 0.9


def test_without_distances_there_is_no_p_value(rng):
    flags = rng.integers(0, 2, (100, 8)).astype(float)
    assert gap_p_values(flags[:60], flags[60:], rng) is None
    one = rng.standard_normal((100, 1))
    assert gap_p_values(one[:60], one[60:], rng) is None
    few = rng.standard_normal((10, 3))
    assert gap_p_values(few[:6], few[6:], rng) is None
