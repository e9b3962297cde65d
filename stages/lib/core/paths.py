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
        raise UserError("", f"a file below {folder}/", shown(path, 200))
    target = Path(path)
    try:
        if target.is_absolute() or not target.resolve().is_relative_to(inside):
            raise UserError("", f"a path below {folder}/", shown(path, 200))
        if target.is_file():
            return target
    except (OSError, RuntimeError):  # a name that is too long, a link to itself
        pass
    raise UserError("", "an existing file", f"{shown(path, 200)}, which is not one")
