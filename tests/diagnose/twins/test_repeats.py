"""Numbers of copies: mixtures of Poisson numbers are nothing unusual, more regular ones are."""

import numpy as np
import pytest

from stages.diagnose.twins.repeats import MOST_COPIES, log_e_value


def copies_of(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_counts=True)[1]


@pytest.mark.parametrize(
    ("copies", "distinct"), [(6, 10), (2, 15), (3, 15), (4, 12), (6, 400), (2, 10_000)]
)
def test_equally_many_copies_of_each_row_are_no_chance(copies, distinct):
    assert log_e_value(np.full(distinct, copies)) > np.log(2_000)


def test_many_pairs_and_no_triples_are_no_chance():
    """Of independent rows 4 (pairs)^2 <= 6 (single ones) (triples) in expectation, since k! times
    the number of k-fold rows are the moments of a measure: 300 triples here."""
    assert log_e_value(np.repeat([1, 2], [2_000, 1_000])) > np.log(2_000)


@pytest.mark.parametrize("rows", [30, 300, 3_000, 20_000])
@pytest.mark.parametrize("levels", ["2", "12", "rows / 3", "rows", "Zipf", "none"])
def test_independent_draws_are_usual(rows, levels):
    """An e-value is at most 1 in expectation: no draw of 60 should come near 2,000."""
    rng = np.random.default_rng(len(levels))
    for _ in range(60):
        if levels == "Zipf":
            values = rng.zipf(1.5, rows)
        elif levels == "none":
            values = rng.random(rows)
        else:
            values = rng.integers(0, {"rows / 3": rows // 3, "rows": rows}.get(levels) or 12, rows)
        assert log_e_value(copies_of(values)) < np.log(200)


def test_many_copies_of_few_rows_are_usual():
    """Four points of a truth table a hundred times each, and one value in half of the rows."""
    assert log_e_value(np.full(4, 100)) < 0
    assert log_e_value(np.array([10_000] + [1] * 10_000)) < 0
    assert log_e_value(np.array([MOST_COPIES + 50])) < 0
