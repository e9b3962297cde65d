"""What has been trained, kept outside DVC's outputs so that a killed run goes on.

A file a cell, written whole or not at all, and named by all that it depends on: programs, seeds,
data, code and packages. Numbers are written so that they are read back to the bit.
"""

import hashlib
import json
import math
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, write_json
from stages.train.checkpoint import fingerprint

FOLDER = Path("data/checkpoint/claims")
CODE = (
    "stages/generate",
    "stages/lib",
    "stages/tools/claims/cell.py",
    "stages/tools/claims/datasets",
    "stages/tools/claims/keras_programs.py",
    "stages/tools/claims/programs.py",
    "stages/tools/claims/watched.py",
)
# Beside those of `fingerprint`: of what tables are read from and made by.
PACKAGES = ("keras", "scikit-learn", "scipy")


@lru_cache
def _code() -> str:
    versions = {name: metadata.version(name) for name in PACKAGES}
    return fingerprint(versions, [], CODE)


def key(settings: Any) -> str:
    """The name of a file, from plain values on which its content depends."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(f"{_code()}{text}".encode()).hexdigest()


def check() -> None:
    """Raises UserError where the folder is a link: what it leads to is somebody else's."""
    if FOLDER.is_symlink() or FOLDER.parent.is_symlink():
        raise UserError(FOLDER, "a folder", "a link")


def save(name: str, programs: list[dict[str, list[float]]]) -> None:
    """Keep what each program of a cell came to."""
    write_json(FOLDER / f"{name}.json", {"programs": programs})


def saved(name: str, programs: int, replicates: int) -> list[dict[str, list[float]]] | None:
    """What `save` wrote under this name; None where there is none, or none that is whole."""
    try:
        found = read_json(FOLDER / f"{name}.json")["programs"]
        whole = len(found) == programs and all(
            len(values) == replicates and all(math.isfinite(value) for value in values)
            for program in found
            for values in program.values()
        )
    except (UserError, LookupError, TypeError, AttributeError):
        return None
    return found if whole else None


def has(name: str) -> bool:
    """Whether something is kept under this name here."""
    return (FOLDER / f"{name}.json").is_file()


def keep_only(names: set[str]) -> None:
    """Remove what no cell of the run that has ended has written."""
    for file in FOLDER.glob("*.json"):
        if file.stem not in names:
            file.unlink()
