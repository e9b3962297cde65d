"""From this run's loss down to the floor, line by line."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.lib.diagnosis.schema import Account, Diagnosis
from stages.lib.diagnosis.verdict import ROWS
from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.steps import Step, extent, steps
from stages.report.style import Canvas
from stages.report.wording import number, shorten

# Bars that end within this share of the axis are drawn again in an inset, if there are so many.
DWARFED_SHARE, LEAST_DWARFED = 0.22, 3
# Where it stands, as shares of the panel's width: beside the bars and what is written on them.
INSET_LEFT, INSET_WIDTH = 0.36, 0.62


def waterfall(run: Run, canvas: Canvas) -> Figure:
    """The ledger of a run."""
    return draw_steps(run.diagnosis, run.unit, canvas)


def draw_steps(
    diagnosis: Diagnosis,
    unit: str,
    canvas: Canvas,
    axis: tuple[float, float] | None = None,
    account: Account | None = None,
) -> Figure:
    """The waterfall. axis: from and to, in the loss's unit (None: as far as its own bars come).
    account: the leading one if None."""
    account = account or diagnosis.lead
    rows = steps(diagnosis, account)
    lowest, highest = axis or extent(rows)
    width = highest - lowest
    first = first_dwarfed(rows, lowest + DWARFED_SHARE * width)
    # The inset's own axis takes a row's place.
    height = len(rows) + 0.6 * (first is not None)
    figure, [axes] = canvas.panels(1, 0.85 + 0.36 * height)
    _draw(axes, rows, 0, (lowest - 0.01 * width * (lowest < 0), lowest + 1.16 * width), canvas)
    _draw_chance(axes, account.loss.chance, canvas)
    axes.set_yticks(range(len(rows)), [shorten(step.label, 26) for step in rows])
    axes.set_ylim(height - 0.4, -0.95)
    axes.set_xlabel(f"{ROWS[account.question]} loss, {unit}")
    axes.tick_params(axis="y", length=0)
    if first is not None:
        _draw_inset(axes, rows, first, account.loss.chance, canvas)
    return figure


def first_dwarfed(rows: list[Step], limit: float) -> int | None:
    """From which row on all bars end below this loss, while the first one does not; None where
    these are fewer than LEAST_DWARFED."""
    small = [step.reach[1] < limit for step in rows]
    first = len(rows)
    while first and small[first - 1]:
        first -= 1
    return first if first and len(rows) - first >= LEAST_DWARFED else None


def _draw(
    axes: Axes, rows: list[Step], first: int, limits: tuple[float, float], canvas: Canvas
) -> None:
    """The bars from the row `first` on, with their whiskers and amounts."""
    colors = canvas.colors
    fill = {"loss": colors.loss, "cause": colors.cause, "floor": colors.floor}
    low, high = limits
    axes.set_xlim(low, high)
    for row, step in enumerate(rows[first:], first):
        left, right = sorted((step.start, step.end))
        color = fill.get(step.kind, colors.rest)
        thin = 0.0017 * (high - low)
        axes.barh(row, max(right - left, thin), left=left, color=color, height=0.62)
        if row + 1 < len(rows) and step.kind != "unexplained":
            axes.plot([step.end] * 2, [row, row + 1], color=colors.muted, linewidth=0.8, zorder=0)
        if step.whisker is not None:
            ends = step.whisker
            axes.errorbar(
                step.end, row, xerr=[[max(0, step.end - ends[0])], [max(0, ends[1] - step.end)]],
                color=colors.text, capsize=3, linewidth=1.2,
            )  # fmt: skip
        axes.text(
            step.reach[1] + 0.013 * (high - low), row, number(step.amount), va="center",
            fontsize=8.5, bbox={"facecolor": colors.page, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


def _draw_chance(axes: Axes, chance: float, canvas: Canvas) -> None:
    if chance >= axes.get_xlim()[1]:
        return
    axes.axvline(chance, color=canvas.colors.warn, linestyle="--", linewidth=1.2)
    axes.annotate(
        "chance", (chance, 1), xytext=(3, -2), textcoords="offset points", va="top",
        xycoords=("data", "axes fraction"), color=canvas.colors.warn, fontsize=8,
    )  # fmt: skip


def _draw_inset(axes: Axes, rows: list[Step], first: int, chance: float, canvas: Canvas) -> None:
    """The bars from the row `first` on once more, beside themselves, on an axis of their own."""
    bottom, top = len(rows) - 0.55, first - 0.55
    whole = axes.get_ylim()
    share = [(whole[0] - y) / (whole[0] - whole[1]) for y in (bottom, top)]
    inset = axes.inset_axes((INSET_LEFT, share[0], INSET_WIDTH, share[1] - share[0]))
    lowest, highest = extent(rows[first:])
    width = highest - lowest
    _draw(inset, rows, first, (lowest - 0.01 * width * (lowest < 0), lowest + 1.2 * width), canvas)
    _draw_chance(inset, chance, canvas)
    inset.set_ylim(bottom, top)
    inset.set_yticks([])
    inset.locator_params(axis="x", nbins=5)
    inset.tick_params(axis="x", labelsize=7.5, pad=1)
    for spine in inset.spines.values():
        spine.set_visible(True)
        spine.set_color(canvas.colors.grid)


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
    "intervals. Where there is a frame, small bars stand in it once more, on an axis of their own.",
    draw=waterfall,
    alt=_waterfall_alt,
    has_heading=False,
)
