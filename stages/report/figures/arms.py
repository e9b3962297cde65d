"""What each family's most promising edit gains on the program as it is."""

import numpy as np
from matplotlib.figure import Figure

from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import FAR_APART, Canvas
from stages.report.wording import number, words


def arms(run: Run, canvas: Canvas) -> Figure | None:
    """A row for each family of which an edit was tried."""
    rows = [
        (family, family.interval)
        for family in run.diagnosis.lead.families
        if family.interval is not None
    ]
    if not rows:
        return None
    colors = canvas.colors
    min_gain = run.diagnosis.lead.loss.min_gain
    figure, [axes] = canvas.panels(1, 1.0 + 0.27 * len(rows))
    axes.axvspan(-min_gain, min_gain, color=colors.grid, zorder=0, linewidth=0)
    axes.axvline(0, color=colors.muted, linewidth=0.8)
    paint = {"no_effect": colors.floor, "matters": colors.cause, "cannot_tell": colors.warn}
    for row, (family, (gain, low, high)) in enumerate(rows):
        color = paint.get(family.status, colors.rest)
        axes.errorbar(
            gain,
            row,
            xerr=[[gain - low], [high - gain]],
            fmt="o",
            color=color,
            markersize=4,
            capsize=2.5,
        )
    ends = np.abs([end for _, (_, *ends_of_one) in rows for end in ends_of_one])
    if ends.max() > FAR_APART * min_gain:
        axes.set_xscale("symlog", linthresh=min_gain)
        top = 10.0 ** np.floor(np.log10(ends.max()))
        ticks = [-top, -min_gain, min_gain, top]
        axes.set_xticks(ticks, [f"{t:,.0f}" if abs(t) >= 100 else f"{t:.2g}" for t in ticks])
        axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [words([family.family]) for family, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(f"gain, {run.unit}")
    return figure


def _arms_alt(run: Run) -> str:
    rows = [family for family in run.diagnosis.lead.families if family.gain is not None]
    return "Gain by family on the program as it is, with 95 % interval: " + "; ".join(
        f"{words([family.family])} {number(family.gain)} ({number(family.low)} to "
        f"{number(family.high)})"
        for family in rows
    )


FIGURE = ReportFigure(
    name="arms",
    section="verdicts",
    order=10,
    title="What one edit gains",
    about="The most promising edit of each family, made on the program as it is and trained on the "
    "same seeds, with 95 % intervals; within the band it does not matter. A loss above chance "
    "counts as chance.",
    draw=arms,
    alt=_arms_alt,
)
