"""The target columns of a user's table: which task they are, and their classes or numbers."""

from typing import Any

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError, shown
from stages.lib.tables.column import MAX_CELL, Column, check_exact, check_finite
from stages.lib.vocabulary.tasks import KINDS, MULTILABEL, REGRESSION, TaskKind, kind_of_classes

# With `task: auto`, whole numbers of at most this many different values are taken for classes;
# from more than MAX_CODES on only where none is rare: grades and counts have tails.
MAX_AUTO_CLASSES, MAX_CODES = 20, 10
RARE = 0.25  # of the rows of the most frequent value


def read_targets(
    columns: list[Column], task: str
) -> tuple[TaskKind, pd.DataFrame, tuple[str, ...]]:
    """The targets as `Dataset` has them.

    Args:
        columns: one, or several labels or numbers; without gaps.
        task: `data.file.task`, a name of KINDS or 'auto', whose choice is printed with its reason.

    Returns:
        The kind of task, a column per target, and the classes in the order of their codes.

    Raises:
        UserError: the columns are no targets of that task.
    """
    if len(columns) == 1 and _is_of_classes(columns[0], task):
        labels, classes = _classes(columns[0], task)
        return kind_of_classes(len(classes)), labels.to_frame(), classes
    kind = REGRESSION if len(columns) == 1 else _kind_of_several(columns, task)
    if kind.has_labels:
        table = pd.DataFrame({column.name: _label(column) for column in columns})
        return kind, table, tuple(map(str, table))
    return kind, pd.DataFrame({column.name: _number_target(column) for column in columns}), ()


def _kind_of_several(targets: list[Column], setting: str) -> TaskKind:
    """Labels or numbers; for `auto` the reason is printed."""
    if setting != "auto" and KINDS[setting].has_classes:
        raise UserError(
            "params.yaml: data.file.task",
            "auto, multilabel or regression for several targets",
            setting,
        )
    if setting != "auto":
        return KINDS[setting]
    for column in targets:
        _check_no_odd_text(column)
    values = {column.name: len(_values(column)) for column in targets}
    if max(values.values()) <= 2:
        kind, why = MULTILABEL, "each of them holds two values"
    elif min(values.values()) > 2 and all(column.numbers() is not None for column in targets):
        kind, why = REGRESSION, "all of them hold numbers"
    else:
        words = ", ".join(
            f"{values[column.name]} {'words' if column.numbers() is None else 'numbers'} in "
            f"{column.name!r}"
            for column in targets
        )
        raise UserError(
            "params.yaml: data.file.target",
            "columns of two values each, for labels, or columns of numbers",
            f"{words:.300}",
            "name one target, or set data.file.task",
        )
    names = ", ".join(repr(column.name) for column in targets[:5]) + ", ..." * (len(targets) > 5)
    print(f"data.file.task: auto takes {names} for {kind.name}, since {why}")
    return kind


def _check_no_odd_text(target: Column) -> None:
    """Text in a column that is numbers for the most part is no class, but a mistake."""
    odd = target.odd_among_numbers() if target.numbers() is None else None
    if odd:
        raise UserError(
            f"target {target.name!r}",
            "numbers, or classes, in all rows",
            f"{shown(odd[1], MAX_CELL)} in row {odd[0]} among numbers",
            target.advice(odd[1]) or "mend it, name it in data.file.missing, or set data.file.task",
        )


def _label(target: Column) -> pd.Series:
    """1.0 where a row has the label, else 0.0: the larger of two numbers, or the later of two
    words, stands for it. What is not written 0 and 1, or as truth values, is printed."""
    values = _values(target)
    spellings = [f"{v:g}" if isinstance(v, float) else repr(v)[:40] for v in values]
    if len(values) != 2:
        more = ", ..." * (len(values) > 4)
        raise UserError(
            f"target {target.name!r}",
            "two values, with and without the label",
            f"{len(values)}: {', '.join(spellings[:4])}{more}",
        )
    if values != [0, 1]:
        print(f"target {target.name!r}: {spellings[1]} has the label, {spellings[0]} has not")
    cells = target.cells
    labels: pd.Series = (cells == values[1]).astype("float64")
    return labels.rename(target.name)


def _values(target: Column) -> list[Any]:
    """The different numbers or words of a column, in their order."""
    numbers = target.numbers()
    if numbers is not None:
        check_finite(numbers, f"target {target.name!r}")
    return sorted(target.cells.unique().tolist())


def _is_of_classes(target: Column, setting: str) -> bool:
    """Classes, or else numbers; for `auto` the reason is printed."""
    if setting != "auto" and KINDS[setting].has_labels:
        raise UserError(
            "params.yaml: data.file.target",
            "a list of columns for multilabel",
            f"{target.name!r} only",
        )
    if setting != "auto":
        return KINDS[setting].has_classes
    _check_no_odd_text(target)
    numbers = target.numbers()
    if numbers is None:
        task, why = "classes", "it holds text"
    else:
        values = numbers.nunique()
        whole = np.isfinite(numbers).all() and (numbers == numbers.round()).all()
        few = whole and values <= MAX_AUTO_CLASSES and len(numbers) >= 5 * values
        rare = few and values > MAX_CODES and _has_rare(numbers)
        kind = "numbers" if values > 2 or not target.truths else "truth values"
        task = "classes" if values <= 2 or (few and not rare) else "regression"
        why = f"it holds {values} different {kind}" + (", whole and few" if few else "")
        why += ", of which some are rare, as of grades and counts" if rare else ""
        if few and values > 2:
            other = "multiclass is for classes" if rare else "regression is for grades or counts"
            why += f"; data.file.task: {other}"
    print(f"data.file.task: auto takes {target.name!r} for {task}, since {why}")
    return task == "classes"


def _has_rare(numbers: pd.Series) -> bool:
    """Some value has far fewer rows than the most frequent one."""
    counts = numbers.value_counts()
    return bool(counts.min() < RARE * counts.max())


def _number_target(target: Column) -> pd.Series:
    numbers = target.all_numbers(f"target {target.name!r}", "numbers for a regression")
    if numbers.nunique() < 2:
        raise UserError(
            f"target {target.name!r}", "different values", f"{numbers.iloc[0]:g} in every row"
        )
    return numbers


def _classes(target: Column, setting: str) -> tuple[pd.Series, tuple[str, ...]]:
    """The class of each row, and the classes in the order of their numbers, or of the alphabet."""
    labels, numbers = target.text(), target.numbers()
    if numbers is None:
        classes = tuple(sorted(labels.unique()))
    else:
        check_finite(numbers, f"target {target.name!r}")
        check_exact(target, f"target {target.name!r}")
        # Of equal numbers written differently (1 and 1.0), the first spelling names the class.
        first = labels.groupby(numbers).first()
        labels, classes = numbers.map(first).astype("str").rename(target.name), tuple(first)
    if len(classes) < 2:
        raise UserError(
            f"target {target.name!r}",
            "at least two classes",
            f"{shown(classes[0], MAX_CELL)} in every row",
        )
    if setting != "auto" and kind_of_classes(len(classes)) != KINDS[setting]:
        raise UserError(
            f"target {target.name!r}", f"the classes of a {setting} task", f"{len(classes)} classes"
        )
    return labels, classes
