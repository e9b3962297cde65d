"""The loss on parts of the training rows."""

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from stages.lib.diagnosis.verdict import reference_name
from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas
from stages.report.wording import number


def more_rows(run: Run, canvas: Canvas) -> Figure | None:
    """The measured points, beside what the loss is held against."""
    found = run.evidence.more_rows
    if found is None:
        return None
    loss, colors = run.diagnosis.lead.loss, canvas.colors
    figure, [axes] = canvas.panels(1, 2.4)
    axes.plot(found.rows, found.losses, "o-", color=colors.cause, linewidth=1.5, markersize=5)
    for rows, value in zip(found.rows, found.losses, strict=True):
        axes.annotate(
            number(value), (rows, value), xytext=(0, 7), textcoords="offset points", ha="center",
            fontsize=8,
        )  # fmt: skip
    floor = reference_name(run.diagnosis.lead)
    axes.axhline(loss.floor, color=colors.floor, linestyle="--", linewidth=1, label=floor)
    if loss.chance < 2 * max(found.losses):
        axes.axhline(loss.chance, color=colors.warn, linestyle="--", linewidth=1, label="chance")
    axes.set_xscale("log", base=2)
    axes.set_xticks(found.rows, [f"{rows:,}" for rows in found.rows])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.08, y=0.2)
    axes.set_xlabel("training rows")
    axes.set_ylabel(f"test loss, {run.unit}")
    canvas.legend(axes)
    return figure


def _more_rows_alt(run: Run) -> str:
    found = run.evidence.more_rows
    assert found is not None
    return "Test loss by training rows: " + "; ".join(
        f"{rows:,} rows {number(value)}"
        for rows, value in zip(found.rows, found.losses, strict=True)
    )


FIGURE = ReportFigure(
    name="more_rows",
    section="rest",
    order=10,
    title="Would more rows help?",
    about="The program with the edits on an eighth, a quarter, a half and all of the training rows "
    "(each part holds the smaller ones), at the same seeds, on the same test rows. Measured points "
    "only: how the curve goes on is not known.",
    draw=more_rows,
    alt=_more_rows_alt,
)
