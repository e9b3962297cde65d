"""What each cause brings in other orders of the edits."""

import numpy as np
from matplotlib.figure import Figure

from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas
from stages.report.wording import number, words


def order(run: Run, canvas: Canvas) -> Figure | None:
    """Alone, last and the share of each cause, if there are several."""
    causes = run.diagnosis.lead.causes
    if len(causes) < 2:
        return None
    colors = canvas.colors
    figure, [axes] = canvas.panels(1, 0.9 + 0.4 * len(causes))
    for row, line in enumerate(causes):
        points = [value for value in (line.alone, line.last, line.amount) if value is not None]
        axes.plot([min(points), max(points)], [row, row], color=colors.grid, linewidth=4, zorder=0)
    rows = range(len(causes))
    for label, values, mark, color in (
        ("alone", [line.alone for line in causes], "<", colors.rest),
        ("share", [line.amount for line in causes], "o", colors.cause),
        ("on top of the others", [line.last for line in causes], ">", colors.warn),
    ):
        axes.plot(
            np.array(values, "float64"),
            rows,
            mark,
            color=color,
            markersize=6,
            label=label,
            linestyle="none",
        )
    axes.axvline(0, color=colors.muted, linewidth=0.8)
    axes.set_yticks(rows, [words(line.families) for line in causes])
    axes.set_ylim(len(causes) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"gain, {run.unit}")
    canvas.legend(axes)
    return figure


def _order_alt(run: Run) -> str:
    return "Gain of each cause: " + "; ".join(
        f"{words(line.families)} alone {number(line.alone)}, share {number(line.amount)}, "
        f"on top of the others {number(line.last)}"
        for line in run.diagnosis.lead.causes
    )


FIGURE = ReportFigure(
    name="order",
    section="ledger",
    order=30,
    title="In which order",
    about="What an edit brings depends on those made before it: alone, on top of all others, and "
    "its share, the mean over all orders.",
    draw=order,
    alt=_order_alt,
)
