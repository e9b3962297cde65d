"""Where each column's values lie, before and after normalization."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages.report.gallery import ReportFigure
from stages.report.run import QUANTILES, Run
from stages.report.style import FAR_APART, Canvas
from stages.report.wording import shorten

# More columns than this cannot be told apart.
MAX_COLUMNS = 24


def scales(run: Run, canvas: Canvas) -> Figure | None:
    """Where each column's values lie, before and after normalization."""
    table = _widest(run.scales)
    if table.empty:
        return None
    colors = canvas.colors
    figure, panels = canvas.panels(2, 1.0 + 0.24 * len(table))
    for axes, when, color in (
        (panels[0], "before", colors.rest),
        (panels[1], "after", colors.cause),
    ):
        low, lower, middle, upper, high = (table[f"{when}_{q}"].to_numpy() for q in QUANTILES)
        rows = np.arange(len(table))
        axes.hlines(rows, low, high, color=color, linewidth=1.2)
        axes.hlines(rows, lower, upper, color=color, linewidth=4)
        axes.plot(middle, rows, "|", color=colors.text, markersize=8)
        most = float(np.nanmax(np.abs(np.concatenate([low, high, [1.0]]))))
        if most > FAR_APART:
            axes.set_xscale("symlog", linthresh=1.0)
            top = int(np.ceil(np.log10(most)))
            powers = [0, *range(max(1, top // 3), top + 1, max(1, top // 3))]
            ticks = [0.0, *(10.0**p for p in powers[1:])]
            if np.nanmin(low) < -1:
                ticks = [-ticks[-1], *ticks]
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
        axes.set_title(f"{when} normalization")
        shown = axes is panels[0] or canvas.narrow
        axes.set_yticks(rows, [shorten(name, 20) for name in table["name"]] if shown else [])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
    return figure


def _widest(table: pd.DataFrame) -> pd.DataFrame:
    """At most MAX_COLUMNS of the columns, those with the widest values first."""
    size = table[[f"before_{q}" for q in QUANTILES]].abs().max(axis=1)
    order = size.sort_values(ascending=False, kind="stable").index
    return table.loc[order].head(MAX_COLUMNS)


def _scales_alt(run: Run) -> str:
    table = _widest(run.scales)
    wide = [
        f"{shorten(row['name'])} {row['before_0.05']:.3g} to {row['before_0.95']:.3g}, then "
        f"{row['after_0.05']:.3g} to {row['after_0.95']:.3g}"
        for _, row in table.head(4).iterrows()
    ]
    more = len(run.scales) - len(wide)
    return (
        "5 % to 95 % of the values, before and after: "
        + "; ".join(wide)
        + (f"; and {more} more" if more > 0 else "")
    )


FIGURE = ReportFigure(
    name="scales",
    section="data",
    order=10,
    title="Scales of the features",
    about="5 % to 95 % of the training rows' values, the middle half thicker, the median marked.",
    draw=scales,
    alt=_scales_alt,
)
