"""How many rows cost how much, before and after the edits."""

import numpy as np
from matplotlib.figure import Figure

from stages.lib.diagnosis.evidence import RowLosses
from stages.lib.diagnosis.verdict import ROWS, reference_name
from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas
from stages.report.wording import number


def row_losses(run: Run, canvas: Canvas) -> Figure | None:
    """Two outlines, and the floor, chance and the cap."""
    found = run.evidence.row_losses
    if found is None:
        return None
    account, colors = run.diagnosis.lead, canvas.colors
    figure, [axes] = canvas.panels(1, 2.6)
    edges = np.array(found.edges)
    axes.stairs(found.before, edges, color=colors.rest, fill=True, alpha=0.45, label="as it is")
    if account.causes:
        axes.stairs(found.after, edges, color=colors.cause, linewidth=1.6, label="with the edits")
    for name, value, color in (
        (reference_name(account), account.loss.floor, colors.floor),
        ("chance", account.loss.chance, colors.warn),
        ("cap of a row", account.loss.cap, colors.text),
    ):
        # The last edge is rounded.
        if value <= 1.001 * edges[-1]:
            axes.axvline(value, color=color, linestyle="--", linewidth=1.1, label=name)
    axes.set_xscale("function", functions=(_root, np.square))
    axes.set_xlim(0, 1.02 * edges[-1])
    axes.set_xticks(_ticks(edges[-1]))
    axes.xaxis.set_major_formatter(lambda value, position: f"{value:g}")
    axes.set_yscale("symlog", linthresh=10)
    axes.set_yticks([0, 10, 100, 1000], ["0", "10", "100", "1,000"])
    axes.minorticks_off()
    axes.set_ylabel("of 1,000 rows")
    axes.set_xlabel(f"{ROWS[account.question]} loss of a row, {run.unit}")
    canvas.legend(axes)
    return figure


def _root(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(values, 0))


def _ticks(most: float) -> list[float]:
    """Some round numbers up to this one, closer where the bins are."""
    unit = 10.0 ** np.floor(np.log10(most))
    return [unit * share for share in (0, 0.1, 0.5, 1, 2, 3, 5, 8) if unit * share <= most]


def share_above(found: RowLosses, losses: list[float], limit: float) -> float:
    """The share of the rows, 0 to 1, in bins that begin at this loss or above it."""
    beyond = [count for count, edge in zip(losses, found.edges[:-1], strict=True) if edge >= limit]
    return float(sum(beyond)) / 1000


def _row_losses_alt(run: Run) -> str:
    found, account = run.evidence.row_losses, run.diagnosis.lead
    assert found is not None
    before, after = (
        share_above(found, losses, account.loss.chance) for losses in (found.before, found.after)
    )
    text = (
        f"Rows by their loss. {before:.0%} lie clearly above chance ({number(account.loss.chance)})"
    )
    return text + (f", with the edits {after:.0%}." if account.causes else ".")


FIGURE = ReportFigure(
    name="row_losses",
    section="proof",
    order=20,
    title="Row by row",
    about="Each judged row at each judging seed by its loss; the bins are equally wide in the "
    "square root of the loss.",
    draw=row_losses,
    alt=_row_losses_alt,
)
