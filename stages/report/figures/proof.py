"""The loss by epoch before and after the edits, every seed of it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.lib.diagnosis.evidence import Curves
from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas, use_log_scale_if_wide
from stages.report.wording import number

# Curves that are so many times as high as others leave nothing to see of these.
FAR_APART_CURVES = 6


def proof(run: Run, canvas: Canvas) -> Figure | None:
    """A panel for each split of which there are curves."""
    splits = run.evidence.curves
    if not splits:
        return None
    figure, panels = canvas.panels(len(splits), 2.7)
    for axes, of_split in zip(panels, splits, strict=True):
        _draw(axes, of_split, run, canvas)
    return figure


def _draw(axes: Axes, of_split: Curves, run: Run, canvas: Canvas) -> None:
    colors = canvas.colors
    series = [("as it is", of_split.before, colors.rest)]
    if run.diagnosis.lead.causes:
        series.append(("with the edits", of_split.after, colors.cause))
    shown = []
    for label, curves, color in series:
        for curve in curves:
            values = np.array([np.nan if value is None else value for value in curve])
            shown.append(values)
            axes.plot(of_split.epochs[: len(values)], values, color=color, alpha=0.4, linewidth=0.8)
        middle = mean_curve(curves)
        shown.append(middle)
        axes.plot(of_split.epochs[: len(middle)], middle, color=color, linewidth=2, label=label)
    chance = run.card.chance[of_split.split]
    floor = None if run.card.floor is None else run.card.floor[of_split.split]
    for name, value, color in (
        ("chance", chance, colors.warn),
        ("floor", None if floor is None else floor.value, colors.floor),
    ):
        if value is not None:
            axes.axhline(value, color=color, linestyle="--", linewidth=1, label=name)
            shown.append(np.array([value]))
    use_log_scale_if_wide(axes, np.concatenate(shown), FAR_APART_CURVES)
    axes.set_title(f"{of_split.split} loss, {run.unit}", pad=30)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    canvas.legend(axes)


def mean_curve(curves: list[list[float | None]]) -> np.ndarray:
    """The mean over the seeds, float64 [points], as far as the longest curve goes: of those that
    got there with a finite loss, NaN where none did."""
    table = np.full((len(curves), max(map(len, curves))), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = [np.nan if value is None else value for value in curve]
    counts = np.isfinite(table).sum(axis=0)
    sums = np.nansum(table, axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _proof_alt(run: Run) -> str:
    parts = []
    for of_split in run.evidence.curves:
        text = f"{of_split.split} {_last(of_split.before)}"
        parts.append(text + f", then {_last(of_split.after)}" * bool(run.diagnosis.lead.causes))
    return "Loss after the last epoch, mean over the seeds: " + "; ".join(parts)


def _last(curves: list[list[float | None]]) -> str:
    value = float(mean_curve(curves)[-1])
    return number(value) if np.isfinite(value) else "not finite"


FIGURE = ReportFigure(
    name="proof",
    section="proof",
    order=10,
    title="Epoch by epoch",
    about="The same seeds, rows and order of the rows, trained as it is and with the edits: a thin "
    "line for each judging seed, a thick one for their mean.",
    draw=proof,
    alt=_proof_alt,
)
