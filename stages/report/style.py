"""Matplotlib set up for the page: two palettes, two widths, the same bytes on every run."""

import base64
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

# Above this ratio of the largest to the smallest value a linear axis shows only one of them.
FAR_APART = 30
# Inches. A phone shows the narrow drawing at its full size, so that its type stays readable.
WIDE, NARROW = 6.4, 3.75


@dataclass(frozen=True)
class Palette:
    """Colours as #rrggbb. Text has a contrast of at least 4.5 against the page's background, marks
    of at least 3 (WCAG 2.2, 1.4.3 and 1.4.11)."""

    page: str
    text: str
    muted: str
    grid: str
    loss: str
    cause: str
    rest: str
    floor: str
    warn: str


PALETTES = {
    "light": Palette(
        "#ffffff",
        "#1c1917",
        "#57534e",
        "#d6d3d1",
        "#44403c",
        "#c2410c",
        "#78716c",
        "#15803d",
        "#1d4ed8",
    ),
    "dark": Palette(
        "#26221f",
        "#f5f5f4",
        "#a8a29e",
        "#44403c",
        "#d6d3d1",
        "#fb923c",
        "#a8a29e",
        "#4ade80",
        "#93c5fd",
    ),
}


@dataclass(frozen=True)
class Canvas:
    """What a figure is drawn with. width: inches."""

    colors: Palette
    width: float

    @property
    def narrow(self) -> bool:
        return self.width < WIDE

    def panels(self, count: int, height: float, across: int = 0) -> tuple[Figure, list[Axes]]:
        """A figure and its axes, beside each other where there is room, `across` of them in a row
        (0: all); height: of a row, in inches."""
        columns = 1 if self.narrow else across or count
        rows = -(-count // columns)
        figure, axes = plt.subplots(
            rows, columns, figsize=(self.width, rows * height), layout="constrained", squeeze=False
        )
        return figure, list(axes.flat)

    def legend(self, axes: Axes) -> None:
        """Above the panel, where it hides nothing."""
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, fontsize=8,
            borderaxespad=0.2, handlelength=1.6,
        )  # fmt: skip


def images(draw: Callable[[Canvas], Figure | None]) -> dict[str, str] | None:
    """A figure in both palettes and widths, as data: addresses by `palette-width`; None when there
    is nothing to draw.

    As images they cannot run a script or reach out, whatever a name in them holds.
    """
    drawn = {}
    for size, width in (("wide", WIDE), ("narrow", NARROW)):
        svg = svg_of(draw, Canvas(PALETTES["light"], width))
        if svg is None:
            return None
        for name, palette in PALETTES.items():
            encoded = base64.b64encode(recoloured(svg, palette)).decode("ascii")
            drawn[f"{name}-{size}"] = f"data:image/svg+xml;base64,{encoded}"
    return drawn


def recoloured(svg: bytes, palette: Palette) -> bytes:
    """A drawing of the light palette in another one: drawing it again would take as long again.

    In an SVG of matplotlib's a colour is what `fill` or `stroke` is set to.
    """
    light = asdict(PALETTES["light"])
    to = {colour.encode(): asdict(palette)[name].encode() for name, colour in light.items()}

    def replaced(found: re.Match[bytes]) -> bytes:
        name, colour = found[1], found[2]
        return bytes(name) + to.get(colour, bytes(colour))

    return re.sub(rb"((?:fill|stroke): )(#[0-9a-f]{6})\b", replaced, svg)


def svg_of(
    draw: Callable[[Canvas], Figure | None], canvas: Canvas, background: str = "none"
) -> bytes | None:
    """The figure's SVG, UTF-8. background: a colour, for a page whose own is not known."""
    colors = canvas.colors
    settings: dict[Any, Any] = {
        "svg.hashsalt": "report",
        "svg.fonttype": "none",
        # A column may be called $x$.
        "text.parse_math": False,
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.grid": False,
        "figure.facecolor": background,
        "axes.facecolor": "none",
        "savefig.facecolor": background,
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.labelcolor",
             "ytick.labelcolor"), colors.text,
        ),
        **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), colors.muted),
        "grid.color": colors.grid,
    }  # fmt: skip
    with plt.rc_context(settings), warnings.catch_warnings():
        # A browser has the glyphs that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = draw(canvas)
        if figure is None:
            return None
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return file.getvalue()


def use_log_scale_if_wide(axes: Axes, values: np.ndarray, ratio: float = FAR_APART) -> None:
    """A logarithmic y axis where the largest value is above this many times the smallest, and all
    are above zero."""
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > ratio * values.min():
        axes.set_yscale("log")
        if values.max() < 100 * values.min():
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
        axes.minorticks_off()
