"""Kinds of rows that cost more than others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.diagnose.evidence.pair import Pair
from stages.lib.trials.statistics import Design, Paired, linearised, mean

# Of the tree: leaves of fewer rows than either say little, deeper ones cannot be told at a glance.
DEPTH, LEAST_ROWS, LEAST_SHARE = 2, 25, 0.05
# Levels of a column of text that the tree may ask for, the most frequent ones.
MAX_LEVELS = 10
LEVEL = 0.95


@dataclass(frozen=True)
class Question:
    """What a node of the tree asks: a column of numbers against a threshold, or one of text for a
    level."""

    column: str
    level: str | None = None


def slices(pair: Pair) -> list[dict[str, Any]]:
    """The leaves of a shallow regression tree, the costliest first.

    The tree is grown on the mean loss of the validation rows after the edits (less what the law's
    own predictions cost there, if that is known), so that its leaves are judged by test rows that
    had no say in them. Rows count by their weights, in the tree too. The interval of a gain is over
    new rows and seeds together, that of a loss above the other rows' over new rows, its seeds
    averaged. They hold for all leaves at once (Bonferroni).
    """
    subject = pair.subject
    if not pair.question.rows_vary or len(subject.tables["validation"]) < 2 * LEAST_ROWS:
        return []
    tables = pair.laboratory.frames
    questions = _questions(subject.card.columns, tables["train"])
    if not questions:
        return []
    known, weights = (
        pair.laboratory.design(pair.own, split).weights for split in ("validation", "test")
    )
    tree = _grown(_answers(questions, tables), _excess(pair, "validation"), known)
    leaf_of = tree.apply(_answers(questions, tables, "test"))
    # A row of weight 0 stands for none.
    counts = np.ones(len(leaf_of), bool) if weights is None else weights > 0
    leaves = [
        leaf for leaf in np.unique(leaf_of) if (counts & (leaf_of == leaf)).sum() >= LEAST_ROWS
    ]
    if tree.get_n_leaves() < 2:
        return []
    excess = _excess(pair, "test")
    before, after = (pair.losses(sections, "test") for sections in (pair.before, pair.after))
    level = 1 - (1 - LEVEL) / max(1, len(leaves))
    found = []
    for leaf in leaves:
        inside, outside = counts & (leaf_of == leaf), counts & (leaf_of != leaf)
        rows = np.flatnonzero(inside)
        above = _difference(_of(excess, weights, inside), _of(excess, weights, outside))
        gain = pair.paired((before - after)[:, rows], rows) if pair.changed else None
        found.append(
            {
                "conditions": _conditions(tree.tree_, leaf, questions),
                "rows": len(rows),
                "loss": mean(after[:, rows], None if weights is None else weights[rows]),
                "above": _interval(above, level),
                "gain": None if gain is None else _interval(gain, level),
            }
        )
    return sorted(found, key=lambda leaf: -leaf["above"]["mean"])


def _excess(pair: Pair, split: str) -> np.ndarray:
    """The mean loss of each row over the seeds, less the law's own, float64 [rows]."""
    losses = pair.losses(pair.after, split).mean(axis=0)
    bayes = pair.subject.bayes.get(split)
    return losses if bayes is None else losses - bayes


def _questions(columns: Any, train: pd.DataFrame) -> list[Question]:
    asked: list[Question] = []
    for column in columns:
        if column.kind != "categorical":
            asked.append(Question(column.name))
            continue
        levels = train[column.name].value_counts().index[:MAX_LEVELS]
        asked += [Question(column.name, level) for level in levels]
    return asked


def _answers(
    questions: list[Question], tables: dict[str, pd.DataFrame], split: str = "validation"
) -> np.ndarray:
    """What the tree sees of a split, float32 [rows, questions]: a gap is the training median."""
    columns = []
    for question in questions:
        values = tables[split][question.column]
        if question.level is not None:
            columns.append((values == question.level).to_numpy("float64"))
            continue
        numbers = values.to_numpy("float64")
        train = tables["train"][question.column].to_numpy("float64")
        known = train[np.isfinite(train)]
        middle = float(np.median(known)) if len(known) else 0.0
        columns.append(np.where(np.isfinite(numbers), numbers, middle))
    most = float(np.finfo("float32").max)
    return np.clip(np.stack(columns, axis=1), -most, most).astype("float32")


def _of(excess: np.ndarray, weights: np.ndarray | None, chosen: np.ndarray) -> np.ndarray:
    """The excess of some rows, of which the plain mean is that by their weights."""
    return linearised(excess[chosen], Design(None if weights is None else weights[chosen]))


def _grown(answers: np.ndarray, excess: np.ndarray, weights: np.ndarray | None) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    least = max(LEAST_ROWS, int(LEAST_SHARE * len(excess)))
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    return tree.fit(answers, excess, sample_weight=weights)


def _conditions(tree: Any, leaf: int, questions: list[Question]) -> list[dict[str, Any]]:
    """The way from the root to a leaf: see `Condition`. Of two limits of one column on the same
    side the later one is the tighter, and stands alone."""
    way: list[dict[str, Any]] = []
    node = 0
    while node != leaf:
        question = questions[tree.feature[node]]
        left = _is_below(tree, tree.children_left[node], leaf)
        value: float | str
        if question.level is None:
            sign, value = "≤" if left else ">", float(f"{tree.threshold[node]:.4g}")
            limit = (question.column, sign)
            way = [held for held in way if (held["column"], held["sign"]) != limit]
        else:
            sign, value = "is not" if left else "is", question.level
        way.append({"column": question.column, "sign": sign, "value": value})
        node = tree.children_left[node] if left else tree.children_right[node]
    return way


def _is_below(tree: Any, node: int, leaf: int) -> bool:
    """Whether the leaf is this node or stands below it."""
    if node == leaf:
        return True
    below = (tree.children_left[node], tree.children_right[node])
    return any(child != -1 and _is_below(tree, child, leaf) for child in below)


def _difference(inside: np.ndarray, outside: np.ndarray) -> Paired:
    """Of the means of two kinds of rows (Welch, Biometrika 34, 1947)."""
    parts = [values.var(ddof=1) / len(values) for values in (inside, outside)]
    total = sum(parts)
    mean = float(inside.mean() - outside.mean())
    if total == 0:
        return Paired(mean, 0.0, 1.0)
    freedom = total**2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (inside, outside), strict=True)
    )
    return Paired(mean, float(np.sqrt(total)), float(freedom))


def _interval(gain: Paired, level: float) -> dict[str, float]:
    low, high = gain.interval(level)
    return {"mean": gain.mean, "low": low, "high": high}
