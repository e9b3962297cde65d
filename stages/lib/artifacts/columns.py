"""data/raw/columns.json: what was made of each column of a user's table, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.lib.artifacts.base import Artifact, Count, read_artifact

FILE = "data/raw/columns.json"
# A table of more columns shows some of those that are alike: of each kind so many, those of which
# something is to be said first, and so many kinds.
MANY_COLUMNS, SHOWN_ALIKE, MOST_KINDS = 60, 5, 40
# What differs between notes that say the same of two columns: names, texts and numbers.
_OWN = re.compile(r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"|\[[^]]*\]|[-+]?\d[\d.,:%/e+-]*")


class Note(Artifact):
    """Something done to a column, or to be asked of it.

    Attributes:
        text: in words.
        key: of data.file that is to be thought of, or ''.
        value: that the key would have then; of a list, its entries.
    """

    text: str
    key: str = ""
    value: Any = None

    @classmethod
    def of(cls, text: str, key: str = "", value: Any = None) -> "Note":
        return cls(text=text, key=key, value=value)


class Line(Artifact):
    """One column. gaps: empty cells, None where it was not read. values: their range, or levels."""

    name: str
    kind: str
    gaps: Count | None
    values: str
    notes: list[Note]

    @property
    def words(self) -> str:
        """All notes."""
        return "; ".join(note.text for note in self.notes)


class Columns(Artifact):
    """A user's table, a line a column; of scenarios and bundled data there are none.

    Attributes:
        lines: in the order of the file.
        answers: a sentence on the classes, or on each label.
    """

    lines: list[Line]
    answers: list[str]


@dataclass(frozen=True)
class Alike:
    """Columns of which the same is to be said: those that are shown, and how many more there are,
    of which `first` is one."""

    shown: tuple[Line, ...]
    more: int
    first: str


def read_columns() -> Columns:
    """The file as it stands. Raises UserError."""
    return read_artifact(Columns, FILE)


def grouped(lines: Sequence[Line]) -> tuple[list[Alike], int]:
    """The lines as they are shown, and how many columns are in no group: all of a table of few
    columns in their order; else some of each kind, with notes first."""
    if len(lines) <= MANY_COLUMNS:
        return [Alike(tuple(lines), 0, "")], 0
    kinds: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        kinds.setdefault((line.kind, _OWN.sub("", line.words)), []).append(line)
    # The sort is stable: in the order of the file otherwise.
    members = sorted(kinds.values(), key=lambda alike: not alike[0].notes)
    groups = []
    for alike in members[:MOST_KINDS]:
        # One that is left is shown rather than counted.
        most = SHOWN_ALIKE if len(alike) > SHOWN_ALIKE + 1 else len(alike)
        rest = alike[most:]
        groups.append(Alike(tuple(alike[:most]), len(rest), rest[0].name if rest else ""))
    return groups, sum(map(len, members[MOST_KINDS:]))
