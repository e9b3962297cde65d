"""The test rows that cost most, and those whose labels are suspect."""

from typing import Any

import numpy as np

from stages.diagnose.evidence.pair import Pair

MOST = 20


def worst_rows(pair: Pair) -> list[dict[str, Any]]:
    """The test rows with the highest mean loss after the edits, the worst first, with what the
    average of the networks predicts there. No network was trained on any of them. A row of weight 0
    stands for none, and is left out."""
    if not pair.question.rows_vary:
        return []
    before, after = (
        pair.losses(sections, "test").mean(axis=0) for sections in (pair.before, pair.after)
    )
    rows = np.argsort(-after, kind="stable")
    weights = pair.laboratory.design(pair.own, "test").weights
    rows = (rows if weights is None else rows[weights[rows] > 0])[:MOST]
    predicted, odds = _predicted(pair, rows)
    return [
        {
            "row": int(row),
            "before": before[row],
            "after": after[row],
            "predicted": predicted[k],
            "odds": odds[k],
        }
        for k, row in enumerate(rows)
    ]


def _predicted(pair: Pair, rows: np.ndarray) -> tuple[list[Any], list[Any]]:
    """The predicted class code or value of each of the rows, and how many times as likely that
    class is as the row's own; None where it is not known, or several are predicted."""
    unknown: list[Any] = [None] * len(rows)
    task = pair.subject.task
    if pair.refits is None or len(pair.subject.targets) > 1 or task.has_labels:
        return unknown, unknown
    table = pair.laboratory.frames["test"].iloc[rows]
    average = pair.refits[1].predictions(table).mean(axis=0)
    if task.is_regression:
        return [float(value) for value in average[:, 0]], unknown
    codes = pair.laboratory.judges[0].targets["test"][rows, 0]
    own = average[np.arange(len(rows)), codes]
    odds = average.max(axis=1) / own
    return [int(code) for code in average.argmax(axis=1)], [float(value) for value in odds]
