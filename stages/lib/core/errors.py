"""A mistake that the user can mend: one line that says where, what was expected and what came."""

import difflib
from collections.abc import Collection
from pathlib import Path

# Characters of a value that a message shows.
MAX_SHOWN = 80


class UserError(Exception):
    """A mistake in a file, an argument or a script, shown as one line without a traceback.

    The line reads "WHERE: expected EXPECTED. Received: RECEIVED; HINT".

    Args:
        where: the key, column, file or script line, e.g. "params.yaml: train.optimizer"; '' where
            the mistake has no place.
        expected: what should stand there, after the word "expected".
        received: what stands there, in words, or another error; a value goes through `shown`
            first. '' where what came is not worth a word.
        hint: what to do about it, or ''.
    """

    def __init__(
        self, where: str | Path, expected: str, received: object = "", hint: str = ""
    ) -> None:
        # All of them as text, so that a process of joblib's or Dask's can hand the error over.
        super().__init__(str(where), expected, str(received), hint)
        self.where, self.expected, self.received, self.hint = self.args

    def at(self, where: str) -> "UserError":
        """The same mistake, told from a wider place: a key that names the file it is in, say."""
        place = f"{where}: {self.where}" if self.where else where
        return UserError(place, self.expected, self.received, self.hint)

    def with_hint(self, hint: str) -> "UserError":
        """The same mistake with a further hint."""
        both = f"{self.hint}; {hint}" if self.hint else hint
        return UserError(self.where, self.expected, self.received, both)

    def __str__(self) -> str:
        line = (
            f"{self.where}: expected {self.expected}" if self.where else f"expected {self.expected}"
        )
        if self.received:
            line += f"{'' if line.endswith('.') else '.'} Received: {self.received}"
        return escaped(f"{line}; {self.hint}" if self.hint else line)


def escaped(text: str) -> str:
    """A text with its control characters escaped: keys, columns and files may contain any."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def one_line(error: object, most: int = 200) -> str:
    """What another library's error says, on one line, cut at `most` characters."""
    return " ".join(str(error).split())[:most]


def shown(value: object, most: int = MAX_SHOWN) -> str:
    """A value as a message shows it: as Python writes it, on one line, cut at `most` characters."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "thousands of digits"
    return text if len(text) <= most else text[: most - 3] + "..."


def nearest(name: str, known: Collection[str]) -> str:
    """The hint "did you mean ...?" with the nearest of the known names, or ''."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {matches[0]!r}?" if matches else ""
