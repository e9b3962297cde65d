"""What was made of a table, one line a column: kind, gaps, values, what was done, and the key that
changes it."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from stages.lib.core.errors import shown
from stages.lib.core.sentinels import MIN_REPEATS, sentinels_of
from stages.lib.core.text import alike, printable
from stages.lib.params.data import File
from stages.lib.tables import left_out
from stages.lib.tables.cells import is_gap
from stages.lib.tables.column import Column
from stages.lib.tables.written_numbers import MOST_LEVELS, odd_levels, units_of

# Columns and classes that are printed; of more, those of which something is to be said come first.
MOST_LINES, MOST_CLASSES = 60, 20
# Characters of a name and of values in the table.
NAME_WIDTH, VALUES_WIDTH = 30, 44
# Levels of a column that are shown, the most frequent.
SHOWN_LEVELS = 3
# Rows in which sentinels are looked for, at even steps.
SENTINEL_ROWS = 20_000
# From so many levels on a line names the keys that pool them.
MANY_LEVELS = 50


@dataclass(frozen=True)
class Note:
    """Something done to a column, or to be asked of it.

    Attributes:
        text: in words.
        key: of data.file that is to be thought of, or ''.
        value: that the key would have then; of a list, its entries.
    """

    text: str
    key: str = ""
    value: Any = None


@dataclass(frozen=True)
class Line:
    """One column. gaps: empty cells, None where it was not read. values: their range, or levels."""

    name: str
    kind: str
    gaps: int | None
    values: str
    notes: tuple[Note, ...]


def lines_of(
    names: Sequence[str],
    columns: Mapping[str, Column],
    roles: Mapping[str, str],
    reasons: Mapping[str, str],
    params: File,
    repeated: Collection[str],
) -> tuple[Line, ...]:
    """A line for each column of a file.

    Args:
        names: of all columns, in their order.
        columns: those that were read.
        roles: by column that is no feature, what it is: target, groups, ...
        reasons: by feature that was left out, why.
        params: the section data.file.
        repeated: names that were made up since another column has them.
    """
    lines = []
    sentinels = _sentinels(columns.values())
    for name in names:
        if name not in columns:
            lines.append(Line(name, "ignored", None, "", (Note("left out by data.file.ignore"),)))
            continue
        column = columns[name]
        notes = [Note("another column has this name in the file")] * (name in repeated)
        if name in reasons:
            kind = "date" if reasons[name].startswith(left_out.DATED) else "left out"
            text = f"left out, since {reasons[name]}{left_out.remedy(column)}"
            # By its date rows are split; what keeps the others needs a reason of the user's.
            key = ("time", name) if kind == "date" else ("", None)
            notes.append(Note(text, *key))
        elif name in params.dates:
            kind = "date"
            parts = ", ".join(params.dates[name])
            notes.append(Note(f"taken in parts by data.file.dates: {parts}"))
        else:
            kind = roles.get(name) or _kind(column, params)
            notes += _notes(column, params, name in roles, sentinels)
        lines.append(Line(name, kind, int(column.gaps.sum()), _values(column), tuple(notes)))
    return tuple(lines)


def _kind(column: Column, params: File) -> str:
    if column.numbers() is None or column.name in params.categorical:
        return "categories"
    return "yes or no" if column.truths else "numbers"


def _values(column: Column) -> str:
    numbers = column.numbers()
    if numbers is None or column.truths:
        counts = column.categories().value_counts()
        counts = counts[counts > 0]
        levels = ", ".join(
            f"{shown(str(level), 14)} {_share(count, len(column))}"
            for level, count in counts.head(SHOWN_LEVELS).items()
        )
        return f"{len(counts)} levels: {levels}" if len(counts) else ""
    known = numbers.dropna()
    if not len(known):
        return ""
    low, high = known.min(), known.max()
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def _sentinels(columns: Iterable[Column]) -> set[float]:
    """Numbers that stand for a gap in some column: they most likely do so in the others, too."""
    found: set[float] = set()
    for column in columns:
        numbers = column.numbers()
        if numbers is not None:
            step = max(1, len(numbers) // SENTINEL_ROWS)
            found |= {value for value, _ in sentinels_of(numbers.to_numpy("float64")[::step])}
    return found


def _notes(column: Column, params: File, has_role: bool, sentinels: set[float]) -> list[Note]:
    """What is to be said of a column that was kept. sentinels: those of the table."""
    notes = []
    numbers = column.numbers()
    if numbers is not None:
        if column.how:
            notes.append(Note(f"{column.how}; data.file.categorical keeps the text"))
        for value in sorted(sentinels):
            rows, plain = int((numbers == value).sum()), f"{value:.10g}"
            if rows < MIN_REPEATS or value not in (numbers.min(), numbers.max()):
                continue
            text = f"{plain} in {rows} rows: a gap? data.file.missing: [{plain}]"
            notes.append(Note(text, "missing", [int(value) if value.is_integer() else value]))
        if not has_role and left_out.counts_rows(numbers) and column.name not in params.keep:
            text = "counts the rows: their number? data.file.ignore leaves it out"
            notes.append(Note(text, "ignore", [column.name]))
        elif not has_role and left_out.is_repeated_identifier(column):
            text = "named like an identifier: data.file.groups keeps its rows together"
            notes.append(Note(f"{text}, data.file.ignore leaves it out", "groups", column.name))
    else:
        levels = column.cells.cat.categories
        words = [str(word) for word in levels[is_gap(pa.array(levels))]] if len(levels) else []
        for word in words:
            rows = int((column.cells == word).sum())
            text = f"{word!r} in {rows} rows: a gap? data.file.missing: [{word!r}]"
            notes.append(Note(text, "missing", [word]))
        named = column.name in params.categorical
        for word in [] if named else odd_levels([str(level) for level in levels], column.notation):
            rows = int((column.cells == word).sum())
            text = f"numbers but for {word!r} in {rows} rows: a gap? data.file.missing: [{word!r}]"
            notes.append(Note(text, "missing", [word]))
        units = [] if named else units_of([str(level) for level in levels])
        if units:
            text = f"numbers in several units ({', '.join(units)}), taken for categories"
            notes.append(Note(text))
        if not has_role and len(levels) > MANY_LEVELS:
            keys = "normalize.min_frequency and max_categories pool the rare ones"
            notes.append(Note(f"{len(levels)} levels: {keys}"))
        same = "" if has_role or len(levels) > MOST_LEVELS else spellings(levels)
        if same:
            text = f"spellings of one level? {same}; data.file.spellings: joined joins them"
            notes.append(Note(text, "spellings", "joined"))
    if not has_role and len(column.cells.dropna().head(1000).unique()) <= 1:
        still = column.cells.nunique(dropna=False) == 1
        notes += [Note("the same in every row; data.file.ignore leaves it out")] * still
    return notes


def spellings(levels: Iterable[str]) -> str:
    """Levels that differ by case, blanks or a full stop at the end, the first of them, or ''."""
    groups = [" = ".join(shown(level, 20) for level in group) for group in alike(levels)]
    return ", ".join(groups[:3]) + ", ..." * (len(groups) > 3)


def table_of(lines: Sequence[Line]) -> str:
    """The lines as a table for a terminal, those with notes first where there are too many."""
    chosen = sorted(range(len(lines)), key=lambda k: (not lines[k].notes, k))[:MOST_LINES]
    cells = [("column", "kind", "gaps", "values", "")]
    for k in sorted(chosen):
        line = lines[k]
        notes = "; ".join(note.text for note in line.notes)
        gaps = "" if line.gaps is None else str(line.gaps)
        name = _cut(printable(line.name), NAME_WIDTH)
        cells.append((name, line.kind, gaps, _cut(printable(line.values), VALUES_WIDTH), notes))
    widths = [max(_width(row[k]) for row in cells) for k in range(4)]
    rows = []
    for *fields, notes in cells:
        padded = [cell + " " * (w - _width(cell)) for cell, w in zip(fields, widths, strict=True)]
        rows.append("  ".join([*padded, printable(notes)]).rstrip())
    more = len(lines) - len(chosen)
    return "\n".join([*rows, *[f"... and {more} more columns"] * (more > 0)])


def classes_of(name: str, labels: pd.Series, classes: Sequence[str]) -> str:
    """The classes of a target with their counts, in the order of their codes, and those that may
    be spellings of one."""
    counts = labels.value_counts()
    words = [
        f"{shown(label, 30)} {counts[label]} ({_share(int(counts[label]), len(labels))})"
        for label in classes[:MOST_CLASSES]
    ]
    more = f", and {len(classes) - MOST_CLASSES} more" if len(classes) > MOST_CLASSES else ""
    line = f"{len(classes)} classes of {shown(name, 60)}: {', '.join(words)}{more}"
    same = spellings(classes)
    if not same:
        return line
    return f"{line}\n  spellings of one class? {same}; data.file.spellings: joined joins them"


def _share(count: int, rows: int) -> str:
    return f"{count / max(rows, 1):.0%}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _width(text: str) -> int:
    """Columns of a terminal: East Asian letters take two, marks on others none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)
