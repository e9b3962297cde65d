"""Text that is safe to show."""


def printable(text: str) -> str:
    """The same without what a terminal or a browser would obey rather than show: control and
    direction characters, line breaks but for a space. A stranger's name can hold any."""
    characters = (character for character in text if character.isprintable() or character.isspace())
    return " ".join("".join(characters).split())
