"""Text that is safe to show."""


def printable(text: str) -> str:
    """The same without what a terminal or a browser would obey rather than show: control and
    direction characters, line breaks but for a space. A stranger's name can hold any."""
    return " ".join("".join(one for one in text if one.isprintable() or one.isspace()).split())
