"""Paths from files and arguments, confined to a folder."""

from pathlib import Path

from stages.lib.core.errors import UserError, shown


def resolve_within(path: str, folder: str) -> Path:
    """The relative path of an existing file below `folder`, itself below the working directory.

    Raises UserError for an absolute path, one that leaves `folder` (by `..` or by a link), and
    one that names no regular file.
    """
    inside = Path.cwd().resolve() / folder
    if "\0" in path or "://" in path:
        raise UserError("", f"a file below {folder}/", shown(path))
    target = Path(path)
    try:
        if target.is_absolute() or not target.resolve().is_relative_to(inside):
            raise UserError("", f"a path below {folder}/", shown(path))
        if target.is_file():
            return target
    except (OSError, RuntimeError):  # a name that is too long, a link to itself
        pass
    raise UserError("", "an existing file", f"{path!r:.200}, which is not one")


def check_destination(path: str) -> None:
    """Whether a file can be written to this relative path, before the work that fills it.

    Raises:
        UserError: it lies outside the working directory, by a link or by `..`, it is a folder, or a
            folder on its way is a file.
    """
    inside, target = Path.cwd().resolve(), Path.cwd() / path
    try:
        within = target.resolve().is_relative_to(inside)
    except (OSError, RuntimeError):  # a link to itself
        within = False
    if not within:
        raise UserError(path, "a path inside the repository", "one that leads elsewhere")
    parents = [parent for parent in target.parents if parent.is_relative_to(inside)]
    try:
        present = "a folder" if target.is_dir() else ""
        if any(parent.exists() and not parent.is_dir() for parent in parents):
            present = "one below a file"
    except OSError as error:  # a name that is too long
        present = (error.strerror or "").lower()
    if present:
        raise UserError(path, "a path at which a file can be written", present)


def written_file(path: str | Path) -> Path:
    """The path of a file that an earlier stage has written.

    Raises:
        UserError: there is none.
    """
    if not Path(path).is_file():
        raise UserError(path, "this file to exist", hint="run `dvc repro` first")
    return Path(path)
