"""Text tables whose columns lie between blanks, as fixed-width programs and older archives write
them."""

import csv
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from stages.lib.core.errors import UserError

# Bytes of a line, from which on it is no row.
MAX_LINE = 2**21
# A cell in quotes, or one up to the next blank.
_CELL = re.compile(r'"([^"]*)"(?=\s|$)|(\S+)')
# Where single blanks stand within cells: two lie between these.
_WIDE = re.compile(r"\s{2,}|\t")

Parted = Callable[[str], list[str]]


def blanks_of(lines: list[str]) -> Parted | None:
    """What parts all of these lines into as many cells, at least two: a run of blanks, or else one
    of two blanks or more. None where neither does, or there are fewer than two lines.

    Args:
        lines: of the table, its names among them; empty ones do not count.
    """
    filled = [line for line in lines if line.strip()]
    for parted in (_at_blanks, _at_wide_blanks):
        widths = {len(parted(line)) for line in filled}
        if len(filled) > 1 and len(widths) == 1 and min(widths) > 1:
            return parted
    return None


def with_tabs(
    path: str, file: Path, encoding: str, parted: Parted
) -> tuple[Path, tempfile.TemporaryDirectory[str]]:
    """The same table with tabs between its columns, in UTF-8, and the folder that it is in, which
    goes with the object. Every line stays a line.

    Args:
        path: what messages call the file.
        file: where it is.
        encoding: of its text.
        parted: a line into its cells.

    Raises:
        UserError: a line is too long.
    """
    folder = tempfile.TemporaryDirectory(prefix="table-")
    out = Path(folder.name) / "table.tsv"
    try:
        with out.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
            for line in _lines(path, file, encoding):
                writer.writerow(parted(line))
    except UserError:
        folder.cleanup()
        raise
    return out, folder


def _lines(path: str, file: Path, encoding: str) -> Iterator[str]:
    with file.open(encoding=encoding) as stream:
        while line := stream.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise UserError(path, f"lines of less than {MAX_LINE // 2**20} MiB", "a longer one")
            yield line.removeprefix("\ufeff")


def _at_blanks(line: str) -> list[str]:
    return [cell if cell else quoted for quoted, cell in _CELL.findall(line)]


def _at_wide_blanks(line: str) -> list[str]:
    return _WIDE.split(line.strip()) if line.strip() else []
