"""LL234: a column that says which row it is."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import ignore_keys, quoted
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.core.identifiers import FEW_LEVELS, IDENTIFYING, is_named_like_identifier
from stages.lib.trials.subject import Subject

# Different numbers a row from which on a column named like an identifier is taken for one, and of
# which each row has so few that they can be customers with several rows.
REPEATED = 0.05
OUT_OR_KEPT = ("data.file.ignore", "data.file.keep")


def identifying_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Features of numbers that count the rows, are named like an identifier, or rise from row to
    row, and text that most rows have for themselves."""
    table = pd.concat(list(subject.tables.values()), ignore_index=True)
    for column in subject.card.columns:
        cells = table[column.name].dropna()
        how = _of_text(cells) if column.kind == "categorical" else _of_numbers(column.name, cells)
        if how:
            # Text is a feature only where it is named as one.
            named = column.kind == "categorical" or column.name in subject.card.kept
            yield CHECK.finding(
                "features that say what a row is like, not which one it is",
                f"{quoted(column.name)} {how}",
                severity="note" if named or subject.card.source != "file" else "error",
                keys=("data.file.groups", *OUT_OR_KEPT) if ignore_keys(subject) else (),
            )
        elif column.name in subject.card.rising:
            kept = column.name in subject.card.kept
            yield CHECK.finding(
                "features that say what a row is like, not when it was or which one it is",
                f"{quoted(column.name)} rises or falls from each row of the file to the next",
                severity="note" if kept or subject.card.source != "file" else "warning",
                keys=("data.file.time", *OUT_OR_KEPT) if ignore_keys(subject) else (),
            )


def _of_text(cells: pd.Series) -> str:
    levels = cells.nunique()
    if levels <= max(FEW_LEVELS, IDENTIFYING * len(cells)):
        return ""
    return f"has {levels} different texts in {len(cells)} rows"


def _of_numbers(name: str, cells: pd.Series) -> str:
    values = cells.to_numpy("float64")
    if len(values) <= FEW_LEVELS or not np.all(np.isfinite(values) & (values == np.round(values))):
        return ""
    different = len(np.unique(values))
    if different == len(values) and values.min() in (0, 1) and np.ptp(values) == len(values) - 1:
        return f"counts the {len(values)} rows"
    if is_named_like_identifier(name) and different > max(FEW_LEVELS, REPEATED * len(values)):
        return f"is named like an identifier, and has {different} numbers in {len(values)} rows"
    return ""


CHECK = Check(
    code="LL234",
    name="identifying_column",
    title="A column says which row it is",
    families=("data",),
    severities=("error", "warning", "note"),
    keys=("data.file.groups", "data.file.time", *OUT_OR_KEPT),
    about="Features that are no property of what a row is of: whole numbers that count the rows, "
    "whole numbers under the name of an identifier (customer_id, S.No, EmployeeNumber), and text "
    "that more than half of the rows have for themselves. A warning: whole numbers that rise or "
    "fall from each row of the file to the next by steps that differ, as order numbers and moments "
    "do, and as a feature does by which a table was sorted. A network learns rows by heart from "
    "them, and an order of collection that gives the target away looks like a signal. A note "
    "where the column is named as a feature, or the table is no file.",
    source="Leaks by identifiers are the usual example of data that cannot be known at prediction "
    "(Kaufman, Rosset, Perlich, Leakage in Data Mining, ACM TKDD 6, 2012, section 1). Ours: more "
    "than twenty different values, and more than half of the rows (text) or a twentieth (numbers "
    "under such a name).",
    remedy="Leave it out (data.file.ignore). Where several rows are of the same customer, patient "
    "or machine, name it in data.file.groups, so that they stay in one split. If it says when a "
    "row was, name it in data.file.time. If it is a feature, name it in data.file.keep.",
    find=identifying_columns,
)
