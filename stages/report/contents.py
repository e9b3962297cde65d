"""The sections of the page, in their order."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageSection:
    """A section of the page, which `sections/NAME.html` writes.

    Attributes:
        name: of its template, its anchor, and the figures that stand in it.
        title: its heading, and its line in the list of contents.
        needs: the value of the page without which there is no such section; None for one that is
            always there.
    """

    name: str
    title: str
    needs: str | None = None

    @property
    def template(self) -> str:
        """Its path below this folder."""
        return f"sections/{self.name}.html"


SECTIONS = (
    PageSection("ledger", "Where the loss comes from"),
    PageSection("change", "What to change"),
    PageSection("proof", "Before and after"),
    PageSection("verdicts", "Cause by cause"),
    PageSection("rest", "What is left"),
    PageSection("training", "Training"),
    PageSection("data", "Data"),
    PageSection("columns", "What was read of the file", needs="columns"),
    PageSection("predictions", "Predictions"),
    PageSection("run", "What was run"),
)
