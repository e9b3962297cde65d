"""The objects of DVC's cache that dvc.lock names, hashed again.

DVC believes a cached file by its date and size, so one that a disk or a hand has changed is
handed out as it is.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, RootModel

from stages.lib.core.errors import UserError, one_line, shown
from stages.lib.core.json_files import parse_json, validate


class _Entry(BaseModel):
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    relpath: str


class _Folder(RootModel[list[_Entry]]):
    """A folder's list in the cache."""


@dataclass(frozen=True)
class Object:
    """A file of the cache: the output that it holds, and the MD5 that names it."""

    output: str
    md5: str
    file: Path

    def state(self) -> Literal["whole", "missing", "corrupted"]:
        """What hashing the file says."""
        if not self.file.is_file():
            return "missing"
        with self.file.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
        return "whole" if digest.hexdigest() == self.md5 else "corrupted"


def objects() -> list[Object]:
    """Every object that a lock file names, each once: files, folders' lists, and what these list.

    Raises UserError where DVC cannot read the repository.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    by_hash: dict[str, Object] = {}
    try:
        with Repo() as repo:
            for out in repo.index.outs:
                if out.use_cache and out.hash_info:
                    for cached in _of(str(out), out.hash_info.value, Path(repo.cache.local.path)):
                        by_hash.setdefault(cached.md5, cached)
    except (DvcException, OSError) as error:
        raise UserError("dvc", "a repository that it can read", one_line(error)) from None
    return list(by_hash.values())


def _of(output: str, value: str, cache: Path) -> Iterator[Object]:
    # It becomes a path below, where what is corrupted is removed.
    if not re.fullmatch(r"[0-9a-f]{32}(\.dir)?", str(value)):
        raise UserError(f"dvc.lock: {output}", "an MD5 hash", shown(value, 80))
    md5 = value.removesuffix(".dir")
    whole = Object(output, md5, cache / value[:2] / value[2:])
    yield whole
    if value.endswith(".dir") and whole.state() == "whole":
        name = f"{output}: its list in the cache"
        content = parse_json(whole.file.read_bytes(), name)
        for entry in validate(_Folder, content, name, "files and their MD5 hashes").root:
            child = entry.md5
            yield Object(f"{output}/{entry.relpath}", child, cache / child[:2] / child[2:])
