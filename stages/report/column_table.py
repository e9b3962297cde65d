"""The table of the columns of a user's file, as the page shows it: what `generate` prints."""

from dataclasses import dataclass

from stages.lib.artifacts.columns import Alike, Columns, grouped

# From so many rows on the table is folded.
FOLDED = 12


@dataclass(frozen=True)
class ColumnTable:
    """groups: of columns, those of a wide table by what is to be said of them. others: columns in
    no group. count: of all. answers: sentences on the classes or labels. is_long: to be folded."""

    groups: list[Alike]
    others: int
    count: int
    answers: list[str]
    is_long: bool


def table_of_columns(columns: Columns) -> ColumnTable | None:
    """What is shown, or None of data that are no file."""
    if not columns.lines:
        return None
    groups, others = grouped(columns.lines)
    rows = sum(len(group.shown) for group in groups)
    return ColumnTable(groups, others, len(columns.lines), columns.answers, rows > FOLDED)
