"""Where predict and export may write: nowhere that a stage, git or DVC writes or reads."""

from pathlib import Path

from stages.lib.core.commits import git
from stages.lib.core.errors import UserError, shown
from stages.lib.core.paths import check_destination

# Of data/, what no stage reads or writes.
_FREE = ("data/export", "data/new")
# Folders of others. A link or `..` in a path does not hide that it leads there.
_TAKEN = ("data", "reports", "stages", "tests", ".git", ".dvc")


def destination(path: str, suffix: str, where: str) -> Path:
    """The file that a tool is to write, before the work that fills it.

    Args:
        path: as the user wrote it.
        suffix: that it has to have, such as ".csv".
        where: what the message calls the argument.

    Raises:
        UserError: it has another suffix, lies outside the repository or where the pipeline, git or
            DVC have their files, is tracked by git, or is no path at which a file can be written.
    """
    file, here = Path(path), Path.cwd().resolve()
    try:
        place = (here / file).parent.resolve() / file.name
        inside = place.is_relative_to(here)
    except (OSError, RuntimeError, ValueError):  # a link to itself, a NUL
        inside = False
    if not inside or file.suffix != suffix or not path.isprintable():
        raise UserError(where, f"a {suffix} file below this repository", shown(path))
    free = any(place.is_relative_to(here / folder) for folder in _FREE)
    taken = next((folder for folder in _TAKEN if place.is_relative_to(here / folder)), None)
    if taken and not free:
        raise UserError(
            where,
            f"a file of its own, outside {taken}/",
            shown(path),
            f"data/export/{file.name} is free",
        )
    if git("ls-files", "--", str(place)):
        raise UserError(where, "a file that git does not track", shown(path))
    try:
        check_destination(path)
    except UserError as error:
        raise error.at(where) from None
    return file
