"""The ledger's lines at each judging seed."""

import numpy as np
from matplotlib.figure import Figure

from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.steps import steps
from stages.report.style import Canvas
from stages.report.wording import number, shorten

Strip = tuple[str, list[float]]


def strips(run: Run) -> list[Strip]:
    """The label of each line that has an amount at each seed, and these amounts."""
    rows = zip(steps(run.diagnosis), run.evidence.seeds, strict=True)
    named = [
        ("loss as it is" if step.kind == "loss" else step.label, values) for step, values in rows
    ]
    return [(label, values) for label, values in named if len(values) > 1]


def seeds(run: Run, canvas: Canvas) -> Figure | None:
    """A strip for each line, on a scale of its own, whose ends are written."""
    rows = strips(run)
    if not rows:
        return None
    colors = canvas.colors
    figure, [axes] = canvas.panels(1, 0.55 + 0.36 * len(rows))
    for row, (_, values) in enumerate(rows):
        low, high = min(values), max(values)
        width = (high - low) or 1.0
        axes.plot([0, 1], [row, row], color=colors.grid, linewidth=5, solid_capstyle="round")
        at = (np.array(values) - low) / width
        axes.plot(at, np.full(len(at), row), "o", color=colors.cause, alpha=0.6, markersize=5)
        axes.plot([at.mean()] * 2, [row - 0.32, row + 0.32], color=colors.text, linewidth=1.6)
        if low < 0 < high:
            zero = -low / width
            axes.plot([zero] * 2, [row - 0.32, row + 0.32], ":", color=colors.muted, linewidth=1.2)
        axes.text(-0.03, row, number(low), ha="right", va="center", fontsize=8)
        axes.text(1.03, row, number(high), ha="left", va="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [shorten(label, 26) for label, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(-0.26, 1.22)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


def _seeds_alt(run: Run) -> str:
    return "At each judging seed, lowest to highest: " + "; ".join(
        f"{label} {number(min(values))} to {number(max(values))}" for label, values in strips(run)
    )


FIGURE = ReportFigure(
    name="seeds",
    section="ledger",
    order=20,
    title="Seed by seed",
    about="A dot for each judging seed, a bar at their mean; each strip from its lowest to its "
    "highest seed, with a dotted bar where it crosses 0.",
    draw=seeds,
    alt=_seeds_alt,
)
