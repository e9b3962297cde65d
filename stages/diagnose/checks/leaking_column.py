"""LL209: a single column that gives the target away."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import ignore_keys, one_row_a_group, quoted
from stages.diagnose.checks.single_column import OTHERS, SINGLE, Halves
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.artifacts.card import Column
from stages.lib.trials.subject import Subject

MIN_ROWS = 20  # among fewer a column without meaning orders the target by luck
CORRELATION = 0.9999
# One far outlier in both gives such a correlation too; ranks do not see how far it is.
RANK_CORRELATION = 0.99
# An example of few rows may well follow one column; with fewer no row is held out by default.
MIN_BLOCKING_ROWS = 50
MIN_ROWS_A_CLASS = 10  # luck does not part so many


@dataclass(frozen=True)
class Leak:
    """A column that gives a target away. how: in words. blocks: nothing else is told until it is
    left out, or kept by name."""

    name: str
    how: str
    blocks: bool

    @property
    def sentence(self) -> str:
        """What was found."""
        return f"{quoted(self.name)} {self.how}"


def leaking_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Single columns that determine the target, or one of several."""
    for leak in leaks_of(subject):
        yield CHECK.finding(
            "no single column that determines the target, unless it is known beforehand",
            leak.sentence,
            severity="error" if leak.blocks else "note",
            keys=ignore_keys(subject) or ("normalize.columns",),
        )


def leaks_of(subject: Subject) -> list[Leak]:
    """The columns that give the target, or one of several, away; each once."""
    table, card = one_row_a_group(subject), subject.card
    # A bundled table has no key that leaves a column out of the references too.
    dropped = {column.name for column in subject.state.columns if not column.inputs}
    columns = [c for c in card.columns if card.source == "file" or c.name not in dropped]
    leaks: dict[str, str] = {}
    for name in subject.targets:
        target = table[name]
        if not subject.task.is_regression:
            target = pd.Series(pd.factorize(target)[0], index=target.index)
        suffix = f", of {quoted(name)}" if len(subject.targets) > 1 else ""
        halves = Halves.of(subject, table, target)
        for column in columns:
            how = _how(subject, table[column.name], target, column.kind)
            how = how or _is_far_ahead(subject, halves, column)
            if how:
                leaks.setdefault(column.name, how + suffix)
    # Without the only column nothing is left to learn from.
    told = card.source == "file" and len(card.columns) > 1 and len(table) >= MIN_BLOCKING_ROWS
    return [Leak(name, how, told and name not in card.kept) for name, how in leaks.items()]


def _how(subject: Subject, values: pd.Series, target: pd.Series, kind: str) -> str:
    """How a column determines a target, or nothing."""
    known = values.notna().to_numpy()
    if known.sum() < MIN_ROWS:
        return ""
    pair = values[known], target[known]
    if subject.task.is_regression:
        return _determines(*pair) if kind != "categorical" else ""
    return _separates(*pair, kind)


def _is_far_ahead(subject: Subject, halves: Halves, column: Column) -> str:
    """How far a column is ahead of all others, or nothing."""
    if len(subject.card.columns) < 2 or not halves.can_tell:
        return ""
    left = halves.left_by(column)
    if left > SINGLE:
        return ""
    others = halves.left_by_others(subject, column)
    if others < OTHERS:
        return ""
    return f"leaves {left:.1%} of the errors by itself, all others together {others:.0%}"


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
    severities=("error", "note"),
    keys=("data.file.ignore",),
    about="Columns that by themselves determine the target: an all but perfect correlation, "
    "categories that each belong to one class, or ranges of the classes that do not overlap; and a "
    "column by which a hundredth of the errors are left, where all others together leave a fifth "
    "at least. A feature may be so good, but most are leaks: known only once the target is. The "
    "references see it too, so no floor is told from it, and no edit of the network mends it. A "
    "note where the column is kept by name, is the only one, the table is no file, or fewer than "
    "fifty rows train.",
    source="Leaks show as features that predict surprisingly well (Kaufman, Rosset, Perlich, "
    "Leakage in Data Mining, ACM TKDD 6, 2012, section 4). Ours: a correlation of 0.9999 (and 0.99 "
    "of the ranks, which one far outlier does not make), of twenty rows at least; ten rows a "
    "class, which luck does not part; 0.01 of the best constant's errors on rows not fitted "
    "(squared ones, or wrong classes), by the mean or the usual class of each of up to a hundred "
    "parts of the column, and 0.2 by the better of a linear model and boosting of all others.",
    remedy="Ask whether the column is known when the prediction is needed. If not, leave it out "
    "(data.file.ignore; of a table that is no file normalize.columns: drop); if so, keep it by "
    "name (data.file.keep).",
    find=leaking_columns,
)
