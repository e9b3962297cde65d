"""What several checks share: samples of the rows, names as messages show them, common keys.

A check of the data that needs more than a look at each column takes a seeded sample of 20,000
rows of a split that has more.
"""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import pandas as pd

from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.transforms import TRANSFORMS

MAX_ROWS = 20_000

Rows = TypeVar("Rows", np.ndarray, pd.DataFrame)


def sample(rows: Rows) -> Rows:
    """An array or a table, or a seeded sample of its rows: of equally many rows the same ones, so
    that inputs, targets and raw rows of a split stay beside each other."""
    if len(rows) <= MAX_ROWS:
        return rows
    chosen = np.sort(np.random.default_rng(0).choice(len(rows), MAX_ROWS, replace=False))
    return rows.iloc[chosen] if isinstance(rows, pd.DataFrame) else np.asarray(rows[chosen])


def quoted(name: object) -> str:
    """A name as a message shows it: quoted, at most 60 characters."""
    text = repr(name)
    return text if len(text) <= 60 else text[:57] + "..."


def span(values: np.ndarray) -> str:
    """The lowest and the highest of some numbers."""
    return f"{values.min():g} to {values.max():g}"


def one_row_a_group(subject: Subject) -> pd.DataFrame:
    """The training rows, or a sample of them; of groups, whose rows are no independent ones, the
    first row of each."""
    table = subject.tables["train"]
    return sample(table.drop_duplicates(subject.groups) if subject.groups else table)


def numbers_of_one_input(subject: Subject) -> list[str]:
    """The numeric columns that the network has as one number each."""
    return [
        column.name
        for column in subject.state.columns
        if column.kind == "numeric" and TRANSFORMS[column.transform].one_input
    ]


def responses_of(subject: Subject, table: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """What the levels are to say something of, float64 [rows], each with its target: the ranks of
    numbers, which a few far rows do not decide; whether a row has a class or a label."""
    responses: list[tuple[str, pd.Series]] = []
    for name in subject.targets:
        if subject.task.is_regression:
            responses.append((name, table[name].rank()))
        elif subject.task.has_labels or len(subject.card.classes) == 2:
            responses.append((name, table[name] == table[name].iloc[0]))
        else:
            responses += [(name, table[name] == level) for level in subject.card.classes]
    return [(name, response.to_numpy("float64")) for name, response in responses]


def ignore_keys(subject: Subject) -> tuple[str, ...]:
    """The key that leaves a column out, where there is one."""
    return ("data.file.ignore",) if subject.card.source == "file" else ()


def is_constant(column: np.ndarray) -> bool:
    """All values of a column are the same; without rows none are."""
    return len(column) > 0 and bool((column == column[0]).all())


def scaled_targets(subject: Subject) -> Iterator[tuple[str, np.ndarray, pd.Series]]:
    """Each target of a regression, of a sample of the training rows.

    Yields:
        A prefix for messages (its name where there are several), its scaled numbers, float64
        [rows], and its own.
    """
    y = np.asarray(sample(subject.y["train"]), dtype="float64")
    raw = sample(subject.tables["train"])[subject.targets]
    for k, name in enumerate(subject.targets):
        yield f"{quoted(name)}: " if y.shape[1] > 1 else "", y[:, k], raw[name]
