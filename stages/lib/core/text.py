"""Text that is safe to show, and text that is spelled in several ways."""

import unicodedata
from collections.abc import Iterable


def printable(text: str) -> str:
    """The same without what a terminal or a browser would obey rather than show: control and
    direction characters, line breaks but for a space. A stranger's name can hold any."""
    characters = (character for character in text if character.isprintable() or character.isspace())
    return " ".join("".join(characters).split())


def folded(text: str) -> str:
    """A text without what tells spellings of one word apart: case, blanks, a full stop at the end.

    `folded(" >50K. ")` is `>50k`.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return plain.rstrip(" .") or plain


def alike(texts: Iterable[str]) -> list[list[str]]:
    """The groups of different texts that are spellings of one word, each sorted."""
    groups: dict[str, set[str]] = {}
    for text in texts:
        groups.setdefault(folded(text), set()).add(text)
    return [sorted(group) for group in groups.values() if len(group) > 1]
