"""A forest plot a claim, and the three programs beside the floor."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stages.report.style import PALETTES, WIDE, Canvas, svg_of
from stages.tools.claims.programs import ABOUT, LOSSES
from stages.tools.claims.text import WORDS
from stages.tools.claims.verdicts import BACK, NO, OPEN, YES

COLORS = PALETTES["light"]
CANVAS = Canvas(COLORS, WIDE)
OUTCOMES = {
    YES: COLORS.cause,
    BACK: "#7e22ce",
    NO: COLORS.warn,
    OPEN: COLORS.rest,
}
SERIES = (COLORS.cause, COLORS.warn, COLORS.floor)
BAND = COLORS.grid
# Panels beside each other, and inches of a row of one and of what stands above and below.
ACROSS, ROW, ENDS = 2, 0.17, 0.9


def draw_claim(path: Path, claim: dict[str, Any]) -> None:
    """A panel a part: a row a data set, and below them the mean with what a new one may show."""
    path.write_bytes(_svg(lambda canvas: _forest(canvas, claim)))


def draw_programs(path: Path, programs: dict[str, Any]) -> None:
    """The three programs' losses beside the floor, a panel a table."""
    path.write_bytes(_svg(lambda canvas: _programs(canvas, programs)))


def _svg(draw: Any) -> bytes:
    drawn = svg_of(draw, CANVAS, background=COLORS.page)
    assert drawn is not None, "a claim has at least one part"
    return drawn


def _forest(canvas: Canvas, claim: dict[str, Any]) -> Figure:
    parts = claim["parts"]
    most = max(len(part["effects"]) for part in parts)
    figure, every = canvas.panels(
        len(parts), ENDS + ROW * (most + 2), across=min(ACROSS, len(parts))
    )
    for axes, part in zip(every, parts, strict=False):
        _panel(axes, part)
    for axes in every[len(parts) :]:
        axes.set_axis_off()
    marks = [
        Line2D([], [], color=color, marker="o", linestyle="", markersize=4, label=said)
        for said, color in OUTCOMES.items()
    ]
    mean = Line2D([], [], color=COLORS.text, marker="D", markersize=5, label="mean, new data set")
    band = Patch(color=BAND, label="too small to matter")
    figure.legend(
        handles=[*marks, mean, band], loc="outside upper center", ncols=6, fontsize=7,
        frameon=False, handletextpad=0.3, columnspacing=1.0,
    )  # fmt: skip
    return figure


def _panel(axes: Axes, part: dict[str, Any]) -> None:
    factor = 1.0 if part["unit"] else 100.0
    unit = part["unit"] or ("% of what is learnt" if part["of_learnt"] else "%")
    effects = sorted(part["effects"], key=lambda entry: entry["mean"])
    axes.axvspan(-factor * part["margin"], factor * part["margin"], color=BAND, zorder=0)
    axes.axvline(0, color=COLORS.muted, linewidth=0.8)
    for row, entry in enumerate(effects):
        low, mean, high = (factor * entry[key] for key in ("low", "mean", "high"))
        color = OUTCOMES[entry["outcome"]]
        axes.plot([low, high], [row, row], color=color, linewidth=1)
        axes.plot([mean], [row], marker="o", markersize=3.5, color=color)
    labels = [entry["data_set"] for entry in effects]
    if (pooled := part["pooled"]) is not None:
        below = len(effects) + 0.4
        ends = [factor * pooled[key] for key in ("new_low", "new_high")]
        axes.plot(ends, [below, below], color=COLORS.muted, linewidth=1)
        ends = [factor * pooled[key] for key in ("low", "high")]
        axes.plot(ends, [below, below], color=COLORS.text, linewidth=3)
        axes.plot([factor * pooled["mean"]], [below], marker="D", markersize=5, color=COLORS.text)
        labels.append("mean")
    rows = [*range(len(effects)), len(effects) + 0.4][: len(labels)]
    axes.set_yticks(rows, labels, fontsize=7)
    axes.set_ylim(len(effects) + 1.2, -0.8)
    # What lies far outside is cut, so that the others can be read.
    inside = [factor * entry["mean"] for entry in effects] or [0.0]
    reach = max(2.5 * factor * part["margin"], 1.25 * max(map(abs, inside)))
    axes.set_xlim(-reach, reach)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7)
    axes.set_title(part["says"], fontsize=8)
    axes.set_xlabel(unit, fontsize=7)


def _programs(canvas: Canvas, programs: dict[str, Any]) -> Figure:
    figure, every = canvas.panels(2, 2.6)
    for axes, key in zip(every, ("premise", "learnable"), strict=True):
        entry = programs[key]
        for place, kind in enumerate(LOSSES):
            values = [entry[f"program_{name}"][kind] for name in ABOUT]
            means = [value["mean"] for value in values]
            errors = [
                [value["mean"] - value["low"] for value in values],
                [value["high"] - value["mean"] for value in values],
            ]
            at = [number + 0.25 * (place - 1) for number in range(len(means))]
            axes.bar(
                at, means, 0.23, yerr=errors, capsize=3, ecolor=COLORS.text, color=SERIES[place],
                label=f"{WORDS[kind]} loss",
            )  # fmt: skip
        axes.axhline(entry["floor"], color=COLORS.text, linestyle="--", label="floor")
        axes.set_xticks(range(len(ABOUT)), [f"program {name}" for name in ABOUT], fontsize=8)
        axes.set_ylabel("nats")
        axes.set_title(entry["scenario"].replace("_", " "))
    handles, labels = every[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=7, frameon=False)
    return figure
