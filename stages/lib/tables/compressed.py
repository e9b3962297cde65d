"""Compressed tables: .gz, and .zip with exactly one file in it.

The content is unpacked into a temporary folder, which lives as long as the table, and stops at a
bound: a few kilobytes can unpack to terabytes.
"""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from stages.lib.core.errors import UserError, shown

# Bytes that a file may unpack to.
MAX_BYTES = 2**33
# Times its size that it may unpack to, beyond some that any may. Tables of text shrink to a fifth
# or a tenth, those of a few different rows to a hundredth; a bomb to a thousandth or less.
MAX_RATIO, FREE_BYTES = 200, 2**26
BLOCK = 2**20


def unpack(path: str) -> tuple[Path, tempfile.TemporaryDirectory[str]]:
    """The only file in a compressed one, and the folder that it is in, which goes with the object.

    Args:
        path: ends in .gz or .zip.

    Raises:
        UserError: it is damaged, encrypted, has not exactly one file, or unpacks to too much.
    """
    folder = tempfile.TemporaryDirectory(prefix="table-")
    most = most_unpacked(Path(path))
    try:
        with _content(path) as (name, stream):
            # No part of the name but its ending is used: it may lead anywhere.
            file = Path(folder.name) / f"table{PurePosixPath(name).suffix.lower()}"
            size = 0
            with file.open("wb") as out:
                while block := stream.read(BLOCK):
                    size += len(block)
                    if size > most:
                        raise UserError(path, f"at most {most} bytes when unpacked", "more")
                    out.write(block)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        # RuntimeError (and NotImplementedError) is what zipfile says of a password, or a method.
        folder.cleanup()
        raise UserError(path, "a file that can be unpacked", error) from None
    except UserError:
        folder.cleanup()
        raise
    return file, folder


def most_unpacked(file: Path) -> int:
    """The bytes that a compressed file may unpack to."""
    return min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * file.stat().st_size))


@contextmanager
def _content(path: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The name of the file inside, and its bytes."""
    if path.lower().endswith(".gz"):
        with gzip.open(path) as stream:
            yield path[: -len(".gz")], cast(IO[bytes], stream)
        return
    with zipfile.ZipFile(path) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        # What macOS adds beside each file.
        names = [name for name in names if not name.startswith("__MACOSX/")]
        if len(names) != 1:
            received = ", ".join(names[:5]) + ", ..." * (len(names) > 5)
            raise UserError(
                path,
                "one file in the archive",
                f"{len(names)}: {shown(received)}" if names else "none",
                "unpack it, and name the table in data.file.path" if names else "",
            )
        with archive.open(names[0]) as stream:
            yield names[0], stream
