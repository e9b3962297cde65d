"""What was taken and what was not, for a terminal."""

import json
from itertools import groupby
from typing import Any

from stages.adopt.adopted import Adopted
from stages.files import printable

WIDTH = 100


def shown(found: Adopted, name: str, files: list[str]) -> str:
    """The edits by what they came from, notes, what has no counterpart, and the files."""
    lines = [f"taken from {name}:"]
    for origin, keys in groupby(found.edits, lambda key: found.origins[key]):
        lines.append(f"  {origin}")
        lines += [f"    {_cut(f'{key}: {_spelt(found.edits[key])}')}" for key in keys]
    lines += found.notes
    if found.untold:
        lines.append("has no counterpart:")
        lines += [f"  {_cut(line)}" for line in dict.fromkeys(found.untold)]
    lines.append(f"wrote {', '.join(files)}")
    lines.append("next: dvc repro")
    return "\n".join(printable(line) if line.strip() == line else _indented(line) for line in lines)


def _indented(line: str) -> str:
    """Printable, its indentation kept."""
    return " " * (len(line) - len(line.lstrip())) + printable(line)


def _spelt(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."
