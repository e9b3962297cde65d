"""Files and folders that are written whole or not at all."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from stages.lib.core.errors import UserError

# What stands in the way, by the system's refusal.
_PRESENT: dict[type[OSError], str] = {
    IsADirectoryError: "a folder",
    NotADirectoryError: "a file, or one below it",
    FileExistsError: "one below a file",
}


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside `path`, then rename over it, so that no reader sees half a file.

    Raises:
        UserError: something else than a file stands there, or a file in a folder's place.
    """
    partial = path.with_name(f".partial-{path.name}")
    with _placed(path, "a file"):
        path.parent.mkdir(parents=True, exist_ok=True)
        # What an earlier run left, or a link that leads elsewhere, is not written through.
        partial.unlink(missing_ok=True)
    try:
        write(partial)
        with _placed(path, "a file"):
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def replaced_folder(folder: str | Path) -> Iterator[Path]:
    """A new, empty folder to fill; it takes the place of `folder` when the block succeeds.

    What `folder` held before is removed only then, so no file of an earlier configuration stays
    behind and a failure changes nothing.

    Raises:
        UserError: something else than a folder stands there or on the way.
    """
    folder = Path(folder)
    partial = folder.with_name(f".partial-{folder.name}")
    with _placed(folder, "a folder"):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
    try:
        yield partial
        with _placed(folder, "a folder"):
            shutil.rmtree(folder, ignore_errors=True)
            partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def _placed(path: Path, what: str) -> Iterator[None]:
    """A block that puts `what` at the path: the system's refusal as one line."""
    try:
        yield
    except (FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        reason = _PRESENT.get(type(error), (error.strerror or "").lower())
        raise UserError(path, f"a path at which {what} can be written", reason) from None


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text."""
    replace_file(Path(path), lambda partial: partial.write_text(text, encoding="utf-8"))
