"""Where a text table begins: lines above the names, the names, and whether there are any.

A first row that is taken for names is lost, and a title that is taken for names hides them: what
looks like either is an error that names the key.
"""

import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from stages.lib.core.errors import UserError, shown
from stages.lib.params.data import File
from stages.lib.tables.cells import MISSING_WORDS, QUOTED_BEHIND_BLANKS
from stages.lib.tables.names import own_names

# Rows after which it is clear what the first one is.
ROWS = 50
# Rows by which the notation of a file's numbers is told.
SHOWN_ROWS = 1000
# Rows below the first one, of which all have to agree, to tell names from cells.
MIN_BELOW = 2
# Letters that nobody sees: a second byte order mark, a blank and a joiner of no width.
NO_WIDTH = "\ufeff\u200b\u2060"
# Characters of a line that a message shows.
MAX_LINE = 60
# Numbers as names that are no cells: they count the columns, or are years.
YEARS = range(1000, 3000)
_NUMBER = re.compile(
    r"[-+]?\s?[$€£]?\s?(\d[\d.,' \u00a0]*|[.,]\d+)(e[-+]?\d+)?\s?%?", re.IGNORECASE
)


@dataclass(frozen=True)
class Header:
    """The beginning of a text table.

    Attributes:
        names: of its columns, in their order, each its own.
        repeated: names that were made up since another column has them, by the name as written.
        skip: lines above the names, or above the first row where there are none.
        in_file: the names stand in the file.
        has_rows: something stands below them.
    """

    names: list[str]
    repeated: dict[str, str]
    skip: int
    in_file: bool
    has_rows: bool


@dataclass(frozen=True)
class _Row:
    """line: the number, from 0, of its first line in the file."""

    line: int
    cells: list[str]

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)


def read_header(path: str, start: str, mark: str, params: File) -> Header:
    """The names of a text table's columns.

    Args:
        path: of the file, for messages.
        start: the beginning of the text, without a byte order mark.
        mark: what lies between the cells.
        params: `skip_rows` and `header`.

    Raises:
        UserError: there are none, they cannot be read, or, with `header: auto`, the first line
            looks like a title or like a row of cells.
    """
    lines: list[_Row] = []
    broken = None
    try:
        lines.extend(row for row in _rows(start, mark, params.skip_rows) if row.cells)
    except csv.Error as error:  # of a later row the message comes where the rows are read
        broken = error
    rows = [row for row in lines if row.filled]
    if not rows:
        if broken is not None:
            raise UserError(path, "column names", broken)
        where = f"line {params.skip_rows + 1}" if params.skip_rows else "the first line"
        raise UserError(path, f"column names in {where}", "none")
    first, below = rows[0], rows[1:]
    if params.header is False:
        width = len(first.cells)
        return Header([f"column_{k + 1}" for k in range(width)], {}, first.line, False, True)
    if params.header == "auto":
        _check_title(path, rows)
        if _is_data(first.cells, [row.cells for row in below]):
            raise UserError(
                path,
                "column names in the first line",
                f"what looks like a row of cells, {_shown(first)}",
                "data.file.header: false reads it as one (the columns are column_1, column_2, "
                "...), true takes it for the names",
            )
    written = [re.sub(QUOTED_BEHIND_BLANKS, r"\1", name) for name in _as_wide(first, below)]
    names, repeated = own_names(path, list(map(_trimmed, written)))
    has_rows = lines[-1] is not first or broken is not None
    return Header(names, repeated, first.line, True, has_rows)


def first_cells(start: str, mark: str, header: Header) -> dict[str, list[str]]:
    """By column, the trimmed cells of the first rows (more than a header is told by), as far as
    they can be read.

    Args:
        start: the beginning of the text.
        mark: what lies between the cells.
        header: of the table.
    """
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        rows.extend(row.cells for row in _rows(start, mark, header.skip, SHOWN_ROWS))
    below = [row for row in rows[int(header.in_file) :] if len(row) == len(header.names)]
    columns = zip(*below, strict=True) if below else [[] for _ in header.names]
    cells = ([cell.strip() for cell in column] for column in columns)
    return dict(zip(header.names, cells, strict=True))


def _rows(start: str, mark: str, skip: int, most: int = ROWS) -> Iterator[_Row]:
    """The first rows after so many lines."""
    stream = io.StringIO(start, newline="")
    for _ in range(skip):
        stream.readline()
    reader = csv.reader(stream, delimiter=mark)
    line = 0
    for count, cells in enumerate(reader):
        # The last row of a longer file may be cut.
        if count > most or (count > 1 and stream.tell() == len(start) and start[-1:] not in "\r\n"):
            return
        yield _Row(skip + line, cells)
        line = reader.line_num


def _trimmed(name: str) -> str:
    """A name without blanks around it, those without a width included."""
    return name.strip().strip(NO_WIDTH).strip()


def _as_wide(first: _Row, below: list[_Row]) -> list[str]:
    """The names, one for each cell of the rows below: R writes none above its row names, others
    end every row, or only the names, with a delimiter."""
    names, widths = first.cells, {len(row.cells) for row in below}
    if widths == {len(names) + 1}:
        ends = all(not row.cells[-1].strip() for row in below)
        return [*names, ""] if ends else ["", *names]
    if widths == {len(names) - 1} and not names[-1].strip():
        return names[:-1]
    return names


def _check_title(path: str, rows: list[_Row]) -> None:
    """Raise UserError where the first row is a title and a later one has the names."""
    first, below = rows[0], rows[1:]
    if len(below) < MIN_BELOW:
        return
    width = Counter(len(row.cells) for row in below).most_common(1)[0][0]
    wide = [row for row in below if row.filled >= max(2, width - 1)]
    differ = len({len(row.cells) for row in below}) > 1
    rows_alike = next((row for row in below if len(row.cells) == width), None)
    if first.filled == 1 and width >= 3 and wide:
        names = wide[0]
    elif differ and len(first.cells) != width and rows_alike is not None and _starts(below, width):
        names = rows_alike
    elif _differ(below[0]) and _are_names(below[0].cells, [row.cells for row in below[1:]]):
        names = below[0]
    else:
        return
    raise UserError(
        path,
        "one line of column names, the first",
        f"{_shown(first)}, and what looks like the names in line {names.line + 1}: {_shown(names)}",
        f"data.file.skip_rows: {names.line} takes those; data.file.header: true takes the first",
    )


def _differ(row: _Row) -> bool:
    """No cell stands twice, as a type or a unit does."""
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    return len(set(cells)) == len(cells)


def _starts(below: list[_Row], width: int) -> bool:
    """From the first row of this many cells on, all rows have as many."""
    start = next(k for k, row in enumerate(below) if len(row.cells) == width)
    return len(below) - start > MIN_BELOW and all(len(r.cells) == width for r in below[start:])


def _are_names(cells: list[str], below: list[list[str]]) -> bool:
    """Words above numbers, wherever numbers are, and none that stands below itself."""
    numbers = 0
    columns = _columns(cells, below)
    for cell, known in columns:
        word = bool(cell) and not _is_number(cell) and cell.lower() not in MISSING_WORDS
        if all(map(_is_number, known)):
            if not word:
                return False
            numbers += 1
        elif not word or cell in known:
            return False
    return numbers > 0


def _is_data(cells: list[str], below: list[list[str]]) -> bool:
    """Numbers above numbers, or words that all stand below themselves; no word above numbers."""
    numbers, again, unseen = [], 0, 0
    for cell, known in _columns(cells, below):
        of_numbers = all(map(_is_number, known))
        if not cell or cell.lower() in MISSING_WORDS:
            continue
        if _is_number(cell):
            numbers += [cell] if of_numbers else []
        elif of_numbers:
            return False
        elif cell in known:
            again += 1
        else:
            unseen += 1
    if numbers:
        return again > 0 or not _count(numbers)
    return again > 0 and not unseen


def _columns(cells: list[str], below: list[list[str]]) -> list[tuple[str, list[str]]]:
    """Each cell with those below it that are no gaps, where there are enough."""
    same = [row for row in below if len(row) == len(cells)]
    if len(same) < MIN_BELOW:
        return []
    pairs = []
    for cell, column in zip(cells, zip(*same, strict=True), strict=True):
        known = [c.strip() for c in column if c.strip().lower() not in {"", *MISSING_WORDS}]
        if known:
            pairs.append((cell.strip(), known))
    return pairs


def _count(cells: list[str]) -> bool:
    """Whole numbers that count the columns, from 0 or 1, or years in their order."""
    if len(cells) < 2 or not all(cell.isdecimal() for cell in cells):
        return False
    numbers = list(map(int, cells))
    counting = numbers[0] in (0, 1) and numbers == [*range(numbers[0], numbers[0] + len(numbers))]
    years = all(number in YEARS for number in numbers) and numbers == sorted({*numbers})
    return counting or years


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _shown(row: _Row) -> str:
    return shown(", ".join(cell.strip() for cell in row.cells), MAX_LINE)
