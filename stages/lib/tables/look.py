"""What was made of a table, one line a column: kind, gaps, values, what was done, and the key that
changes it."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd
import pyarrow as pa

from stages.lib.artifacts.columns import Line, Note, grouped
from stages.lib.core.errors import shown
from stages.lib.core.sentinels import MIN_REPEATS, sentinels_of
from stages.lib.core.text import alike, printable
from stages.lib.params.data import File
from stages.lib.tables import left_out
from stages.lib.tables.cells import is_gap
from stages.lib.tables.column import Column
from stages.lib.tables.written_numbers import MOST_LEVELS, odd_levels, units_of

# Classes that are printed.
MOST_CLASSES = 20
# Characters of a name and of values in the table.
NAME_WIDTH, VALUES_WIDTH = 30, 44
# Levels of a column that are shown, the most frequent.
SHOWN_LEVELS = 3
# Rows in which sentinels are looked for, at even steps.
SENTINEL_ROWS = 20_000
# float64 leaves out whole numbers from 2^53 on.
BEYOND_EXACT = "numbers beyond 2^53, of which neighbours are one"
# From so many levels on a line names the keys that pool them.
MANY_LEVELS = 50


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
            lines.append(
                _line(name, "ignored", None, "", [Note.of("left out by data.file.ignore")])
            )
            continue
        column = columns[name]
        notes = [Note.of("another column has this name in the file")] * (name in repeated)
        if name in reasons:
            kind = "date" if reasons[name].startswith(left_out.DATED) else "left out"
            text = f"left out, since {reasons[name]}{left_out.remedy(column)}"
            # By its date rows are split; what keeps the others needs a reason of the user's.
            key = ("time", name) if kind == "date" else ("", None)
            notes.append(Note.of(text, *key))
        elif name in params.dates:
            kind = "date"
            parts = ", ".join(params.dates[name])
            notes.append(Note.of(f"taken in parts by data.file.dates: {parts}"))
        else:
            kind = roles.get(name) or _kind(column, params)
            notes += _notes(column, params, name in roles, sentinels)
        lines.append(_line(name, kind, int(column.gaps.sum()), _values(column), notes))
    return tuple(lines)


def _line(name: str, kind: str, gaps: int | None, values: str, notes: list[Note]) -> Line:
    return Line(name=name, kind=kind, gaps=gaps, values=values, notes=notes)


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
    numbers, named = column.numbers(), column.name in params.categorical
    if numbers is not None:
        if column.how and not named:
            notes.append(Note.of(f"{column.how}; data.file.categorical keeps the text"))
        if _is_beyond_exact(numbers) and not named:
            notes.append(Note.of(f"{BEYOND_EXACT}; data.file.categorical keeps the text"))
        for value in sorted(sentinels):
            rows, plain = int((numbers == value).sum()), f"{value:.10g}"
            if rows < MIN_REPEATS or value not in (numbers.min(), numbers.max()):
                continue
            text = f"{plain} in {rows} rows: a gap? data.file.missing: [{plain}]"
            notes.append(Note.of(text, "missing", [int(value) if value.is_integer() else value]))
        if not has_role and left_out.counts_rows(numbers) and column.name not in params.keep:
            text = "counts the rows: their number? data.file.ignore leaves it out"
            notes.append(Note.of(text, "ignore", [column.name]))
        elif not has_role and left_out.are_dates_in_digits(numbers):
            text = "dates such as 20241231? data.file.dates takes parts of them"
            notes.append(Note.of(text, "dates", {column.name: ["year", "month", "day"]}))
        elif not has_role and left_out.is_in_order(column, params):
            text = "rises or falls from row to row: data.file.time splits by it, data.file.ignore"
            notes.append(Note.of(f"{text} leaves it out", "time", column.name))
        elif not has_role and left_out.is_repeated_identifier(column):
            text = "named like an identifier: data.file.groups keeps its rows together"
            notes.append(Note.of(f"{text}, data.file.ignore leaves it out", "groups", column.name))
        elif (
            not has_role and left_out.is_code(column) and not (named or column.name in params.keep)
        ):
            text = "named like a code, taken for a number; data.file.categorical keeps its levels"
            notes.append(Note.of(text, "categorical", [column.name]))
    else:
        levels = column.cells.cat.categories
        words = [str(word) for word in levels[is_gap(pa.array(levels))]] if len(levels) else []
        for word in words:
            rows = int((column.cells == word).sum())
            text = f"{word!r} in {rows} rows: a gap? data.file.missing: [{word!r}]"
            notes.append(Note.of(text, "missing", [word]))
        for word in [] if named else odd_levels([str(level) for level in levels], column.notation):
            rows = int((column.cells == word).sum())
            text = f"numbers but for {word!r} in {rows} rows: a gap? data.file.missing: [{word!r}]"
            notes.append(Note.of(text, "missing", [word]))
        days = [] if named or has_role else left_out.odd_among_dates(levels)
        for word in days:
            rows = int((column.cells == word).sum())
            text = f"dates but for {word!r} in {rows} rows: a gap? data.file.missing: [{word!r}]"
            notes.append(Note.of(text, "missing", [word]))
        units = [] if named else units_of([str(level) for level in levels])
        if units:
            text = f"numbers in several units ({', '.join(units)}), taken for categories"
            notes.append(Note.of(text))
        if not has_role and len(levels) > MANY_LEVELS:
            keys = "normalize.min_frequency and max_categories pool the rare ones"
            notes.append(Note.of(f"{len(levels)} levels: {keys}"))
        same = "" if has_role or len(levels) > MOST_LEVELS else spellings(levels)
        if same:
            text = f"spellings of one level? {same}; data.file.spellings: joined joins them"
            notes.append(Note.of(text, "spellings", "joined"))
    if not has_role and len(column.cells.dropna().head(1000).unique()) <= 1:
        still = column.cells.nunique(dropna=False) == 1
        notes += [Note.of("the same in every row; data.file.ignore leaves it out")] * still
    return notes


def _is_beyond_exact(numbers: pd.Series) -> bool:
    """Whole numbers, all of them so large that their last digits are lost."""
    known = numbers.dropna().abs()
    return len(known) > 0 and bool(known.min() >= 2**53) and bool(known.max() < 1e30)


def spellings(levels: Iterable[str]) -> str:
    """Levels that differ by case, blanks or a full stop at the end, the first of them, or ''."""
    groups = [" = ".join(shown(level, 20) for level in group) for group in alike(levels)]
    return ", ".join(groups[:3]) + ", ..." * (len(groups) > 3)


def table_of(lines: Sequence[Line]) -> str:
    """The lines as a table for a terminal; of many columns some of those that are alike."""
    groups, others = grouped(lines)
    cells: list[tuple[str, str, str, str, str]] = [("column", "kind", "gaps", "values", "")]
    after: dict[int, str] = {}
    for group in groups:
        cells += [_cells(line) for line in group.shown]
        if group.more:
            like = _cut(printable(group.first), NAME_WIDTH)
            after[len(cells)] = f"... and {group.more} more like these, such as {like}"
    widths = [max(_width(row[k]) for row in cells) for k in range(4)]
    rows = []
    for count, (*fields, notes) in enumerate(cells, 1):
        padded = [cell + " " * (w - _width(cell)) for cell, w in zip(fields, widths, strict=True)]
        rows.append("  ".join([*padded, notes]).rstrip())
        if count in after:
            rows.append(after[count])
    return "\n".join([*rows, *[f"... and {others} more columns"] * (others > 0)])


def _cells(line: Line) -> tuple[str, str, str, str, str]:
    gaps = "" if line.gaps is None else str(line.gaps)
    name = _cut(printable(line.name), NAME_WIDTH)
    values = _cut(printable(line.values), VALUES_WIDTH)
    return name, line.kind, gaps, values, printable(line.words)


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
