"""The names of a table's columns: those of its header, and those that params.yaml speaks of."""

import unicodedata
from collections.abc import Mapping

from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.core.text import printable
from stages.lib.params.data import File

# Keys that name a column which is no feature, and what it is called in messages.
ROLES = {
    "split": "the column of splits",
    "groups": "the groups",
    "time": "the time",
    "weights": "the weights",
}
# Keys that say of a feature what becomes of it.
FEATURE_KEYS = ("categorical", "ignore", "keep", "dates")
# Column names that a message lists.
MOST_LISTED = 20
NONE: Mapping[str, str] = {}


def own_names(path: str, header: list[str]) -> tuple[list[str], dict[str, str]]:
    """A name for each column that no other one has, as pandas makes them up: `Unnamed: 3` for the
    fourth column where it has none, `a.1` for the second column a, which is printed.

    Args:
        path: of the file, for messages.
        header: the names as they are written.

    Returns:
        The names, and of those made up for a repeated one the name as it is written.

    Raises:
        UserError: no column has a name.
    """
    if not any(name.strip() for name in header):
        raise UserError(path, "column names in the first line", "none")
    names: list[str] = []
    repeated: dict[str, str] = {}
    written, taken = set(header), set()
    for position, name in enumerate(header):
        wanted = name if name.strip() else f"Unnamed: {position}"
        own, count = wanted, 0
        while own in taken or (own != name and own in written):
            count += 1
            own = f"{wanted}.{count}"
        if own != name and name.strip():
            repeated[own] = name
        taken.add(own)
        names.append(own)
    for own, name in list(repeated.items())[:MOST_LISTED]:
        print(f"{path:.200}: column {name!r:.200} stands twice; the later one is {own!r:.200}")
    return names, repeated


def check_columns(
    columns: list[str], params: File, header_hint: str = "", repeated: Mapping[str, str] = NONE
) -> None:
    """Check that the columns named in params.yaml exist, and that each has one role.

    Args:
        columns: the names in the table.
        params: names the targets and other roles, and features by kind.
        header_hint: what to do where a name is unknown because the header was not parted; '' where
            it was.
        repeated: names that were made up for columns whose own another one has, with that name.

    Raises:
        UserError: a name is unknown (with the nearest), has two roles, or a feature looks like a
            target.
    """
    for key, name in _named(params):
        if name not in columns:
            known = ", ".join(map(repr, columns[:MOST_LISTED]))
            known += ", ..." if len(columns) > MOST_LISTED else ""
            raise UserError(
                f"params.yaml: data.file.{key}",
                f"a column of {params.path} ({known})",
                shown(name),
                header_hint or nearest(name, columns),
            )
    _check_targets_differ(params)
    _check_roles_differ(params)
    _check_twins(columns, params, repeated)


def _named(params: File) -> list[tuple[str, str]]:
    """Every (key, name of a column) of data.file."""
    single = [(key, getattr(params, key)) for key in ROLES]
    values = [(key, getattr(params, key)) for key in FEATURE_KEYS]
    return [
        *(("target", name) for name in params.targets),
        *((key, name) for key, name in single if name is not None),
        *((key, name) for key, names in values if names != "all" for name in names),
    ]


def _check_targets_differ(params: File) -> None:
    visible = [printable(name) for name in params.targets]
    for name in params.targets:
        if visible.count(printable(name)) > 1:
            raise UserError(
                "params.yaml: data.file.target",
                "different columns",
                f"{name!r}, or what looks like it, twice",
            )


def _check_roles_differ(params: File) -> None:
    """No column is a target and something else, or plays two other roles."""
    roles = {
        **dict.fromkeys(params.targets, "the target"),
        **dict.fromkeys(params.ignore, "an ignored column"),
    }
    for key, role in ROLES.items():
        name = getattr(params, key)
        if name is None:
            continue
        if name in roles:
            raise UserError(
                f"params.yaml: data.file.{key}", "a column of its own", f"{roles[name]}, {name!r}"
            )
        roles[name] = role
    target = "the target" if len(params.targets) == 1 else "a target"
    for key, name in _named(params):
        if key in FEATURE_KEYS and name in params.targets:
            raise UserError(f"params.yaml: data.file.{key}", "features", f"{target}, {name!r}")


def _check_twins(columns: list[str], params: File, repeated: Mapping[str, str]) -> None:
    """No feature has a name that a reader would take for a target's: it is most likely a copy."""
    twins = {_folded(target): target for target in params.targets}
    for name in columns:
        target = twins.get(_folded(repeated.get(name, name)))
        if target and name not in params.targets and name not in params.ignore:
            raise UserError(
                f"{params.path}: column {name!r}",
                f"no feature of the target's name ({target!r})",
                hint="if it is meant, rename it in the file, else add it to data.file.ignore",
            )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
