"""What one part of a program becomes in the words of params.yaml."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Translation:
    """A part's translation.

    Attributes:
        edits: dotted keys of params.yaml and their values.
        unsupported: what has no counterpart, a line each.
        notes: what else a reader has to know.
    """

    edits: dict[str, Any] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
