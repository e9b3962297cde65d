"""What a figure of the page is, and which there are."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from stages.report import figures
from stages.report.contents import SECTIONS
from stages.report.run import Run
from stages.report.style import Canvas, images


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the page.

    Attributes:
        section: the name of the one in which it stands.
        order: where among the section's figures.
        title: its heading. about: its caption.
        draw: None where the run has nothing to show.
        alt: what it shows, in words.
        has_heading: whether its title stands above it; not where the section's own heading says it.
    """

    name: str
    section: str
    order: int
    title: str
    about: str
    draw: Callable[[Run, Canvas], Figure | None]
    alt: Callable[[Run], str]
    has_heading: bool = True


@dataclass(frozen=True)
class Drawing:
    """A figure of one run. images: as `style.images` gives them."""

    figure: ReportFigure
    alt: str
    images: dict[str, str]


def discover_figures() -> list[ReportFigure]:
    """The figures of `figures/`, one a file, in their order."""
    modules = (
        importlib.import_module(f"{figures.__name__}.{module.name}")
        for module in pkgutil.iter_modules(figures.__path__)
    )
    return sorted((module.FIGURE for module in modules), key=lambda figure: figure.order)


def draw_figures(run: Run) -> dict[str, list[Drawing]]:
    """The drawings of each section; without those figures that have nothing to show."""
    drawings: dict[str, list[Drawing]] = {section.name: [] for section in SECTIONS}
    for figure in discover_figures():
        drawn = images(partial(figure.draw, run))
        if drawn:
            drawings[figure.section].append(Drawing(figure, figure.alt(run), drawn))
    return drawings
