"""Records of long benches, a JSON line each: an interrupted one goes on where it stopped."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT, digests


def code(*folders: str) -> str:
    """A hash of the Python files below these folders of the repository: of other code no record is
    to be used again."""
    files = {
        f"{folder}/{name}": digest
        for folder in folders
        for name, digest in digests(ROOT / folder).items()
        if name.endswith(".py")
    }
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()[:12]


def read(log: Path, of_code: str) -> Iterator[dict]:
    """The records made by this code, in their order; a line cut short is passed over."""
    for line in log.read_text(encoding="utf-8").splitlines() if log.is_file() else []:
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if record["code"] == of_code:
            yield record


def append(log: Path, record: dict) -> None:
    """One more record."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
