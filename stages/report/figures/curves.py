"""The losses by epoch, beside chance and floor."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas, use_log_scale_if_wide
from stages.report.wording import number


def curves(run: Run, canvas: Canvas) -> Figure:
    """The proper loss beside the loss that was trained."""
    history, colors = run.history, canvas.colors
    figure, [proper, trained] = canvas.panels(2, 2.7)
    for axes, title, series in (
        (proper, f"proper loss, {run.unit}", [
            ("training", "training_proper", colors.loss, "-"),
            ("validation", "validation_proper", colors.cause, "-"),
        ]),
        (trained, "trained loss, as Keras shows it", [
            ("running", "running_loss", colors.rest, ":"),
            ("training", "training_loss", colors.loss, "-"),
            ("validation", "validation_loss", colors.cause, "-"),
        ]),
    ):  # fmt: skip
        shown = []
        for label, column, color, line in series:
            if label == "validation" and not run.card.rows.validation:
                continue
            values = history[column].to_numpy("float64")
            shown.append(values)
            # A single point is no line.
            mark = "o" if np.isfinite(values).sum() < 3 else None
            axes.plot(
                history["epoch"], values, line, color=color, label=label, linewidth=1.5,
                marker=mark, markersize=4,
            )  # fmt: skip
        if axes is proper:
            split = run.card.watched_split
            chance = run.card.chance[split]
            assert chance is not None, split
            axes.axhline(chance, color=colors.warn, linestyle="--", linewidth=1, label="chance")
            shown.append(np.array([chance]))
            estimate = None if run.card.floor is None else run.card.floor[split]
            if estimate is not None:
                floor = estimate.value
                axes.axhline(floor, color=colors.floor, linestyle="--", linewidth=1, label="floor")
                shown.append(np.array([floor]))
        use_log_scale_if_wide(axes, np.concatenate(shown))
        axes.set_title(title, pad=30)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        canvas.legend(axes)
    return figure


def _curves_alt(run: Run) -> str:
    last = run.history.iloc[-1]
    validation = f" and {number(_finite(last['validation_proper']))} on validation"
    return (
        f"Loss by epoch. After epoch {int(last['epoch'])} the proper loss is "
        f"{number(_finite(last['training_proper']))} on training"
        f"{validation if run.card.rows.validation else ''} rows; chance is "
        f"{number(run.card.chance[run.card.watched_split])}."
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


FIGURE = ReportFigure(
    name="curves",
    section="training",
    order=10,
    title="Loss by epoch",
    about="The proper loss says how good the predictions are, whatever loss was trained.",
    draw=curves,
    alt=_curves_alt,
)
