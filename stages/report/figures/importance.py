"""What shuffling a column costs, before and after the edits."""

import numpy as np
from matplotlib.figure import Figure

from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas
from stages.report.wording import number, shorten

# More than these cannot be told apart.
MAX_COLUMNS = 16


def importance(run: Run, canvas: Canvas) -> Figure | None:
    """A pair of bars for each column."""
    columns = run.evidence.importance[:MAX_COLUMNS]
    if not columns:
        return None
    colors = canvas.colors
    figure, [axes] = canvas.panels(1, 0.9 + 0.3 * len(columns))
    rows = np.arange(len(columns))
    series = [("as it is", "before", colors.rest)]
    if run.diagnosis.lead.causes:
        series.append(("with the edits", "after", colors.cause))
    height = 0.76 / len(series)
    for k, (label, when, color) in enumerate(series):
        axes.barh(
            rows + (k - (len(series) - 1) / 2) * height,
            [getattr(column, when) for column in columns],
            height,
            xerr=[getattr(column, f"deviation_{when}") for column in columns],
            color=color,
            ecolor=colors.text,
            error_kw={"linewidth": 1},
            label=label,
        )
    axes.axvline(0, color=colors.muted, linewidth=0.8)
    axes.set_yticks(rows, [shorten(column.column, 24) for column in columns])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(columns) - 0.5, -0.5)
    axes.set_xlabel(f"rise of the test loss, {run.unit}")
    canvas.legend(axes)
    return figure


def _importance_alt(run: Run) -> str:
    return "Rise of the test loss where a column is shuffled: " + "; ".join(
        f"{shorten(column.column)} {number(column.before)}"
        + f", with the edits {number(column.after)}" * bool(run.diagnosis.lead.causes)
        for column in run.evidence.importance[:MAX_COLUMNS]
    )


FIGURE = ReportFigure(
    name="importance",
    section="rest",
    order=20,
    title="Which columns the networks lean on",
    about="Permutation importance: by how much the test loss rises where a column's values are "
    "shuffled, mean and deviation of five shuffles. What a network leans on need not cause the "
    "target, and columns that say the same share what they are worth.",
    draw=importance,
    alt=_importance_alt,
)
