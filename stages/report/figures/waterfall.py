"""From this run's loss down to the floor, line by line."""

from matplotlib.figure import Figure

from stages.lib.diagnosis.schema import Account, Diagnosis
from stages.lib.diagnosis.verdict import ROWS
from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.steps import steps
from stages.report.style import Canvas
from stages.report.wording import number, shorten


def waterfall(run: Run, canvas: Canvas) -> Figure:
    """The ledger of a run."""
    return draw_steps(run.diagnosis, run.unit, canvas)


def draw_steps(
    diagnosis: Diagnosis,
    unit: str,
    canvas: Canvas,
    axis_end: float | None = None,
    account: Account | None = None,
) -> Figure:
    """The waterfall. axis_end: in the loss's unit (None: at its own largest). account: the leading
    one if None."""
    account = account or diagnosis.lead
    rows = steps(diagnosis, account)
    colors = canvas.colors
    figure, [axes] = canvas.panels(1, 0.85 + 0.36 * len(rows))
    fill = {"loss": colors.loss, "cause": colors.cause, "floor": colors.floor}
    end = axis_end or max(max(step.start, step.end) for step in rows) or 1.0
    for row, step in enumerate(rows):
        left, right = sorted((step.start, step.end))
        color = fill.get(step.kind, colors.rest)
        axes.barh(row, max(right - left, 0.002 * end), left=left, color=color, height=0.62)
        if row + 1 < len(rows) and step.kind != "unexplained":
            axes.plot([step.end] * 2, [row, row + 1], color=colors.muted, linewidth=0.8, zorder=0)
        if step.low is not None and step.high is not None:
            ends = [step.start - step.high, step.start - step.low]
            axes.errorbar(
                step.end,
                row,
                xerr=[[max(0, step.end - ends[0])], [max(0, ends[1] - step.end)]],
                color=colors.text,
                capsize=3,
                linewidth=1.2,
            )
            right = max(right, ends[1])
        axes.text(
            right + 0.015 * end, row, number(step.amount), va="center", fontsize=8.5,
            bbox={"facecolor": colors.page, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip
    chance = account.loss.chance
    if chance < 1.4 * end:
        axes.axvline(chance, color=colors.warn, linestyle="--", linewidth=1.2)
        axes.annotate(
            "chance", (chance, -0.45), xytext=(3, 2), textcoords="offset points",
            color=colors.warn, fontsize=8, va="bottom",
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [shorten(step.label, 26) for step in rows])
    axes.set_ylim(len(rows) - 0.4, -0.95)
    axes.set_xlim(min(0, *(min(step.start, step.end) for step in rows)), 1.16 * end)
    axes.set_xlabel(f"{ROWS[account.question]} loss, {unit}")
    axes.tick_params(axis="y", length=0)
    return figure


def _waterfall_alt(run: Run) -> str:
    return f"Waterfall of the {ROWS[run.diagnosis.lead.question]} loss: " + "; ".join(
        f"{step.label} {number(step.amount)}" for step in steps(run.diagnosis)
    )


FIGURE = ReportFigure(
    name="waterfall",
    section="ledger",
    order=10,
    title="Where the loss comes from",
    about="From this run's loss down to what it is held against, line by line; whiskers are 95 % "
    "intervals.",
    draw=waterfall,
    alt=_waterfall_alt,
    has_heading=False,
)
