"""LL209: a single column that gives the target away."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import ignore_keys, quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

MIN_ROWS = 20  # among fewer a column without meaning orders the target by luck
CORRELATION = 0.9999
# One far outlier in both gives such a correlation too; ranks do not see how far it is.
RANK_CORRELATION = 0.99
MIN_ROWS_A_CLASS = 10  # luck does not part so many


def leaking_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Single columns that determine the target, or one of several."""
    table = sample(subject.tables["train"])
    for name in subject.targets:
        target = table[name]
        if not subject.task.is_regression:
            target = pd.Series(pd.factorize(target)[0], index=target.index)
        suffix = f", of {quoted(name)}" if len(subject.targets) > 1 else ""
        yield from _leaks_of(subject, table, target, suffix)


def _leaks_of(
    subject: Subject, table: pd.DataFrame, target: pd.Series, suffix: str
) -> Iterator[CheckFinding]:
    """The columns that give one target away. suffix: of messages."""
    for column in subject.card.columns:
        values = table[column.name]
        known = values.notna().to_numpy()
        if known.sum() < MIN_ROWS:
            continue
        pair = values[known], target[known]
        if subject.task.is_regression:
            how = _determines(*pair) if column.kind != "categorical" else ""
        else:
            how = _separates(*pair, column.kind)
        if how:
            yield CHECK.finding(
                "no single column that determines the target, unless it is known beforehand",
                f"{quoted(column.name)} {how}{suffix}",
                keys=ignore_keys(subject),
            )


def _determines(values: pd.Series, target: pd.Series) -> str:
    """How a numeric column determines a numeric target, or nothing."""
    x, y = values.to_numpy("float64"), target.to_numpy("float64")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return ""
    correlation = np.corrcoef(x / np.abs(x).max(), y / np.abs(y).max())[0, 1]
    if not abs(correlation) > CORRELATION:
        return ""
    if abs(values.rank().corr(target.rank())) < RANK_CORRELATION:
        return ""
    return f"has the correlation {correlation:.6f} with the target"


def _separates(values: pd.Series, target: pd.Series, kind: str) -> str:
    """How a column by itself separates all classes, or nothing."""
    if kind == "categorical":
        groups = target.groupby(values.to_numpy())
        pure = groups.nunique().max() == 1 and groups.size().mean() >= MIN_ROWS_A_CLASS
        return "has categories that each belong to one class" if pure else ""
    # In the order of the values each class is one run, and no value stands in two of them.
    x, code = values.to_numpy("float64"), pd.factorize(target)[0]
    order = np.argsort(x, kind="stable")
    x, code = x[order], code[order]
    turns = np.flatnonzero(np.diff(code))
    counts = np.bincount(code)
    apart = len(turns) == len(counts) - 1 > 0 and (x[turns] < x[turns + 1]).all()
    enough = counts.min() >= MIN_ROWS_A_CLASS
    return "has ranges of the classes that do not overlap" if apart and enough else ""


CHECK = Check(
    code="LL209",
    name="leaking_column",
    title="A single column gives the target away",
    families=("data",),
    severities=("note",),
    keys=("data.file.ignore",),
    about="Columns that by themselves determine the target: an all but perfect correlation, "
    "categories that each belong to one class, or ranges of the classes that do not overlap. A "
    "feature may be so good, but most are leaks: known only once the target is.",
    source="Ours: a correlation of 0.9999 (and 0.99 of the ranks, which one far outlier does not "
    "make), of twenty rows at least; ten rows a class, which luck does not part.",
    remedy="Ask whether the column is known when the prediction is needed. If not, leave it out "
    "(data.file.ignore).",
    find=leaking_columns,
)
