"""The prescription as lines of params.yaml."""

import json
import re
from typing import Any

from stages.lib.diagnosis.schema import Prescription

# A word that YAML 1.2 takes for nothing but text; others stand in quotes.
_WORD = re.compile(r"(?!(?:true|false|null)$)[a-z][a-z0-9_]*", re.IGNORECASE)


def params_lines(prescription: Prescription | None) -> list[str]:
    """The keys that change under their sections, indented as in params.yaml; none without a
    prescription."""
    tree: dict[str, Any] = {}
    for edit in prescription.edits if prescription else []:
        *sections, last = edit.key.split(".")
        node = tree
        for name in sections:
            node = node.setdefault(name, {})
        node[last] = [edit.new]
    return _lines(tree, 0)


def _lines(tree: dict[str, Any], depth: int) -> list[str]:
    lines = []
    for key, below in tree.items():
        start = f"{'  ' * depth}{_scalar(key)}:"
        if isinstance(below, dict):
            lines += [start, *_lines(below, depth + 1)]
        else:
            lines.append(f"{start} {_scalar(below[0])}")
    return lines


def _scalar(value: object) -> str:
    """A value on one line; JSON is YAML, and of ASCII only."""
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    return json.dumps(value)
