"""Text that is safe to show, and the nearest of known names."""

import difflib
from collections.abc import Collection


def printable(text: str) -> str:
    """The same without what a terminal or a browser would obey rather than show: control and
    direction characters, line breaks but for a space. A stranger's name can hold any."""
    characters = (character for character in text if character.isprintable() or character.isspace())
    return " ".join("".join(characters).split())


def nearest(name: str, known: Collection[str]) -> str:
    """ "did you mean 'adam'?" with the nearest of the known names, or ''."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""
