"""How a text table is written: its encoding, and what lies between its columns.

What `auto` settles on is printed unless it is the usual: UTF-8, and commas, or tabs in a .tsv.
"""

import codecs
import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from stages.lib.core.errors import UserError
from stages.lib.params.data import File
from stages.lib.tables.blanks import blanks_of

# A number in memory takes about the eight bytes in which it is written, so that a larger file is a
# table for a machine with more memory than one table should ask for.
MAX_BYTES = 2**35
# Bytes of a cell, the limit of Python's own csv module. A longer one is a document, or the
# rest of a file whose quotes are not closed.
MAX_FIELD = csv.field_size_limit()
# Bytes of a file that are decoded at once.
BLOCK = 2**21
# Lines after which the delimiter is clear.
SNIFFED_LINES = 50

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
# Beside them: columns between runs of blanks, which no mark parts.
BLANK = "blank"
# Byte order marks, and the encodings that they stand for.
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# The first bytes of what is often named .csv and is none.
NOT_TEXT = {
    b"\x1f\x8b": "a gzip archive, whose name ends in .gz",
    b"PK\x03\x04": "a zip archive; an Excel workbook is one, whose name ends in .xlsx",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"PAR1": "a Parquet file, whose name ends in .parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}
# How text begins, in small letters, that is no table of lines: its kind, and what of pandas reads
# it, or ''.
NO_TABLES = {
    b"<!doctype": ("an HTML page", "read_html"),
    b"<html": ("an HTML page", "read_html"),
    b"<table": ("an HTML page", "read_html"),
    b"<?xml": ("an XML document", "read_xml"),
    b'{"': ("JSON", "read_json"),
    b"[{": ("JSON", "read_json"),
    b"@relation": ("an ARFF file; its rows stand below @data", ""),
    b"version https://git-lfs": ("a pointer of Git LFS; `git lfs pull` brings the file", ""),
}


def check_text_file(path: str, file: Path) -> None:
    """Refuse a file, called `path` in messages, that is too large or no text.

    Raises:
        UserError: with the size, or what the file is by its first bytes.
    """
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise UserError(path, f"at most {MAX_BYTES} bytes", size)
    with open(file, "rb") as stream:
        start = stream.read(64)
    for magic, kind in NOT_TEXT.items():
        if start.startswith(magic):
            raise UserError(path, "a table of text", kind)
    begin = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for words, (name, reader) in NO_TABLES.items():
        if begin.startswith(words):
            hint = f"pandas.{reader}(...).to_csv(...) makes one of it" if reader else ""
            raise UserError(path, "a table, a line a row", name, hint)


def detect_encoding(path: str, file: Path, setting: str) -> tuple[str, str]:
    """The encoding, after a look at the whole file.

    Args:
        path: what messages call the file.
        file: where it is.
        setting: `data.file.encoding`. `auto` takes what a byte order mark says, else UTF-8, else
            Windows' Western encoding.

    Returns:
        The encoding's name, and the last characters of the text without the blanks behind them.

    Raises:
        UserError: the file is not in that encoding, or holds a NUL.
    """
    with open(file, "rb") as stream:
        start = stream.read(3)
    marked = [name for mark, name in MARKS.items() if start.startswith(mark)]
    candidates = [setting] if setting != "auto" else marked or ["utf-8", "cp1252"]
    for name in candidates:
        try:
            end = _decode_end(path, file, name)
        except UnicodeError as error:
            mistake = error
            continue
        if setting == "auto" and name != "utf-8":
            why = "it begins with that byte order mark" if marked else "it is not UTF-8"
            print(f"data.file.encoding: auto takes {path} for {name}, since {why}")
        return name, end
    raise UserError(path, f"text in {' or '.join(candidates)}", mistake)


def _decode_end(path: str, file: Path, encoding: str) -> str:
    """The last characters, without blanks. Raises UnicodeError where the file is not in this
    encoding, and UserError for a NUL."""
    end = ""
    with open(file, "rb") as stream:
        blocks = iter(partial(stream.read, BLOCK), b"")
        for text in codecs.iterdecode(blocks, encoding):
            if "\0" in text:
                raise UserError(path, "text", "a NUL byte", "save it as text in UTF-8")
            end = (end + text)[-2 * MAX_FIELD :]
    return end.rstrip()


def detect_delimiter(path: str, start: str, params: File) -> str:
    """The name of the delimiter.

    Args:
        path: of the file, for what is printed; its suffix says what is usual.
        start: the beginning of the text.
        params: `delimiter`; `skip_rows`, lines that do not count. `auto` takes, of those that part
            all of the first lines alike, the one that gives the most cells; else the one that
            parts most of them alike; where none does, blanks if they part all of them alike; else
            the one that parts the header most.
    """
    if params.delimiter != "auto":
        return params.delimiter

    def width(name: str) -> tuple[bool, float, int]:
        try:
            lines = _first_lines(start, DELIMITERS[name], params.skip_rows)
            widths = [len(line) for line in lines if line] or [0]
        except csv.Error:
            return False, 0.0, 0
        # The last line may be cut.
        whole = widths[:-1] or widths
        most, rows = Counter(whole).most_common(1)[0]
        alike = rows / len(whole) if most > 1 and rows > len(whole) / 2 else 0.0
        return alike == 1, 0.0 if alike == 1 else alike, most if alike else widths[0]

    delimiter = max(DELIMITERS, key=width)
    parts_alike, share, _ = width(delimiter)
    if not parts_alike and not share and blanks_of(lines_to_tell(start, params.skip_rows)):
        delimiter = BLANK
    if delimiter != ("tab" if path.lower().endswith((".tsv", ".tsv.gz")) else "comma"):
        print(f"data.file.delimiter: auto takes {path} for a table of {delimiter}s")
    return delimiter


def lines_to_tell(start: str, skip: int) -> list[str]:
    """The first lines after so many, by which it is told what lies between the columns.

    Args:
        start: the beginning of the text.
        skip: lines that do not count.
    """
    return io.StringIO(start, newline=None).readlines()[skip : skip + SNIFFED_LINES]


def _first_lines(start: str, mark: str, skip: int) -> Iterator[list[str]]:
    """The cells of the first lines after so many. Raises csv.Error where they cannot be read, as
    with a quote that is not closed."""
    stream = io.StringIO(start, newline="")
    for _ in range(skip):
        stream.readline()
    return itertools.islice(csv.reader(stream, delimiter=mark), SNIFFED_LINES)
