"""A unified diff that `git apply` and `patch -p1` take, whatever a file's line ends."""

import difflib
import re

from stages.report.patch.source import Unsafe

_PLAIN = re.compile(r"[\w.][\w./ +=@,()\-]*", re.ASCII)


def unified(path: str, before: bytes, after: bytes) -> str:
    """The diff from one text to another of the same file.

    Args:
        path: of the file, relative, as the headers have it.
        before, after: UTF-8.

    Raises:
        Unsafe: for a path that a header cannot hold as it is.
    """
    if not _PLAIN.fullmatch(path) or ".." in path.split("/") or path.startswith("/"):
        raise Unsafe("its file name has characters that a patch's header does not take")
    lines = difflib.unified_diff(_lines(before), _lines(after), "a", "b", n=3)
    out = []
    for i, line in enumerate(lines):
        if i < 2:  # the headers; a line of the text may look like one
            out.append(f"{'-+'[i] * 3} {_name('ab'[i], path)}\n")
        elif line.endswith("\n"):
            out.append(line)
        else:
            out.append(f"{line}\n\\ No newline at end of file\n")
    return "".join(out)


def _name(side: str, path: str) -> str:
    # git ends a name with blanks by a tab, so that nothing behind it is taken for a date.
    return f"{side}/{path}" + ("\t" if " " in path else "")


def _lines(text: bytes) -> list[str]:
    """Lines with their ends; only a line feed ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text.decode("utf-8"))
