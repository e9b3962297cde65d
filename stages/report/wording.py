"""Names and numbers as figures and pages write them."""

from stages.lib.artifacts.card import Card
from stages.lib.core.text import printable


def shorten(name: object, max_length: int = 28) -> str:
    """A name for a figure: one line without control characters, cut in the middle.

    A stranger's column can be called anything; what is no printable character would break the
    drawing or turn the text around it.
    """
    text = printable(str(name)) or "(blank)"
    if len(text) <= max_length:
        return text
    return f"{text[: max_length - max_length // 3 - 1]}…{text[-(max_length // 3) :]}"


def number(value: float | None) -> str:
    """As the terminal summary writes it; a count as it is."""
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if abs(value) >= 10 else f"{value:z.3f}"


def several_targets(card: Card) -> str:
    """'3 labels' or '2 targets', where there are several, else nothing."""
    count = len(card.targets)
    return f"{count} {'labels' if card.task.has_labels else 'targets'}" * (count > 1)


def words(names: list[str]) -> str:
    """Names of families, scores or checks as words."""
    return ", ".join(name.replace("_", " ") for name in names)
