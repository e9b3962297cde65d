"""What was adopted and what was not, for a terminal."""

import json
import textwrap
from itertools import groupby
from typing import Any

from stages.lib.core.text import printable
from stages.tools.adopt.translate.adopted import Adopted

WIDTH = 100


def summary(adopted: Adopted, name: str, files: list[str]) -> str:
    """The edits by what they came from, notes, what has no counterpart, and the files."""
    lines = [f"taken from {name}:"]
    for origin, keys in groupby(adopted.edits, lambda key: adopted.origins[key]):
        # What is off goes without saying.
        pairs = [
            f"{key.removeprefix('train.')}: {_as_text(adopted.edits[key])}"
            for key in keys
            if adopted.edits[key] not in (None, [], {})
        ]
        if pairs:
            lines += [f"  {origin}", *_wrap(", ".join(pairs), 4)]
    for note in adopted.notes:
        lines += _wrap(note, 0)
    if adopted.unsupported:
        lines.append("left out, or taken otherwise than it stands:")
        for line in dict.fromkeys(adopted.unsupported):
            lines += _wrap(line, 2)
    lines += _wrap(f"wrote {', '.join(files)}", 0)
    lines.append("next: dvc repro")
    return "\n".join(lines)


def _wrap(text: str, indent: int) -> list[str]:
    """Printable lines of a terminal's width; the second one on is indented further."""
    first, later = " " * indent, " " * (indent + 2)
    return textwrap.wrap(
        printable(text), WIDTH, initial_indent=first, subsequent_indent=later, max_lines=20
    )


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
