"""Tables of rows by name."""

from typing import Protocol, TypeVar


class Named(Protocol):
    """A row of a table: its name in params.yaml."""

    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=Named)


def by_name(*rows: Row) -> dict[str, Row]:
    """Rows by their names, in the order of their entry.

    Raises:
        ValueError: two rows have one name.
    """
    table = {row.name: row for row in rows}
    if len(table) < len(rows):
        raise ValueError("expected rows of different names")
    return table
