"""Rows with weights, on networks and losses that are known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.evidence.importance import importance
from stages.diagnose.evidence.worst import worst_rows
from stages.diagnose.ledger.lines import GENERALIZE
from stages.lib.trials.statistics import Design

ROWS = 200
LEFT = np.arange(ROWS) < ROWS // 2
# Seconds of predicting one.
A_ROW = 1e-6


def pair_of(weights: np.ndarray) -> Any:
    """The left rows are predicted by column a and the others by column b, each without an error; a
    row costs its own number. Columns are -1 and 1."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({name: rng.choice([-1.0, 1.0], ROWS) for name in "ab"})
    table["left"], table["target"] = LEFT, np.where(LEFT, table["a"], table["b"])
    target = table["target"].to_numpy()

    def predictions(rows: pd.DataFrame) -> np.ndarray:
        values = np.where(rows["left"], rows["a"], rows["b"])
        return values[None, :, None]

    judge = SimpleNamespace(of_predictions=lambda one, split, rows: (one[:, 0] - target[rows]) ** 2)
    networks = SimpleNamespace(
        predictions=predictions, judge=judge, seconds=lambda rows: rows * A_ROW
    )
    columns = [SimpleNamespace(name=name) for name in "ab"]
    return SimpleNamespace(
        refits=(networks, networks),
        question=GENERALIZE,
        changed=False,
        seconds=60.0,
        own=None,
        before=None,
        after=None,
        losses=lambda sections, split: np.arange(ROWS, dtype=float)[None],
        laboratory=SimpleNamespace(
            design=lambda runs, split: Design(weights), frames={"test": table}
        ),
        subject=SimpleNamespace(
            card=SimpleNamespace(columns=columns),
            task=SimpleNamespace(is_regression=True, has_labels=False),
            targets=["target"],
        ),
    )


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_importance_counts_rows_by_their_weights(share):
    """A shuffled column is wrong in every second row of its half, by 2: a loss of 2 there. The
    right half has `share` of the left one's weight."""
    found = {one["column"]: one for one in importance(pair_of(np.where(LEFT, 1.0, share)))}
    of_left = 1 / (1 + share)
    assert found["a"]["after"] == pytest.approx(2 * of_left, rel=0.15)
    assert found["b"]["after"] == pytest.approx(2 * (1 - of_left), rel=0.15)
    assert share or found["b"]["after"] == 0


def test_no_importance_where_predicting_takes_too_long():
    pair = pair_of(np.ones(ROWS))
    pair.seconds = ROWS * 11 * A_ROW / 0.05 * 1.01
    assert len(importance(pair)) == 2
    pair.seconds /= 1.02
    assert importance(pair) == []


def test_a_row_without_weight_is_none_of_the_worst():
    found = worst_rows(pair_of(LEFT.astype(float)))
    assert [one["row"] for one in found] == list(range(99, 79, -1))
    everywhere = worst_rows(pair_of(np.where(LEFT, 5.0, 0.1)))
    assert [one["row"] for one in everywhere] == list(range(199, 179, -1))
