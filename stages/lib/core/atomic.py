"""Files and folders that are written whole or not at all."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside `path`, then rename over it, so that no reader sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    # What an earlier run left, or a link that leads elsewhere, is not written through.
    partial.unlink(missing_ok=True)
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def replaced_folder(folder: str | Path) -> Iterator[Path]:
    """A new, empty folder to fill; it takes the place of `folder` when the block succeeds.

    What `folder` held before is removed only then, so no file of an earlier configuration stays
    behind and a failure changes nothing.
    """
    folder = Path(folder)
    partial = folder.with_name(f".partial-{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text."""
    replace_file(Path(path), lambda partial: partial.write_text(text, encoding="utf-8"))
