"""The predictions on test rows: of classes and labels by their shares, of numbers beside the
truth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas
from stages.report.wording import number, shorten, words

# More classes or points than this cannot be told apart.
MAX_CLASSES = 20
MAX_POINTS = 400
MAX_TARGETS = 4


def predictions(run: Run, canvas: Canvas) -> Figure | None:
    """Confusion, ROC and calibration of classes and labels; scatter and residuals of numbers."""
    if run.card.task.is_regression:
        return _regression(run.plots["predicted"], run.card.targets, canvas)
    if run.plots["confusion"].empty:
        return None
    # Labels that all test rows have, or none, have no curve.
    curves = not run.plots["roc"].empty
    figure, panels = canvas.panels(2 + curves, 2.7)
    _confusion(run.plots["confusion"], panels[0], canvas)
    if run.card.task.has_labels:
        panels[0].set_title("labels, all together")
    if curves:
        each = "label" if run.card.task.has_labels else "class"
        _roc(run.plots["roc"], each, panels[1], canvas)
    _calibration(run.plots["calibration"], panels[-1], canvas)
    return figure


def _calibration(table: pd.DataFrame, axes: Axes, canvas: Canvas) -> None:
    axes.plot([0, 1], [0, 1], color=canvas.colors.grid)
    size = 12 + 160 * table["rows"] / table["rows"].sum()
    axes.scatter(
        table["confidence"], table["accuracy"], s=size, color=canvas.colors.cause, alpha=0.8,
        linewidth=0, clip_on=False,
    )  # fmt: skip
    axes.set_title("calibration")
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _confusion(table: pd.DataFrame, axes: Axes, canvas: Canvas) -> None:
    """Shares of each actual class, with the counts where they can be read."""
    table = table.astype(str)
    names = sorted(set(table["actual"]) | set(table["predicted"]))
    crossed = pd.crosstab(table["actual"], table["predicted"])
    counts = crossed.reindex(index=names, columns=names, fill_value=0).to_numpy()
    if len(names) > MAX_CLASSES:
        hits = counts.diagonal() / np.maximum(counts.sum(axis=1), 1)
        axes.hist(hits, bins=list(np.linspace(0, 1, 11)), color=canvas.colors.cause)
        axes.set_title(f"recall of {len(names)} classes")
        axes.set_xlabel("recall")
        axes.set_ylabel("classes")
        return
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for (row, column), part in np.ndenumerate(share):
        place = (column - 0.5, row - 0.5)
        fill = {"color": canvas.colors.cause, "alpha": 0.85 * part, "linewidth": 0}
        axes.add_patch(Rectangle(place, 1, 1, **fill))
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    if len(names) <= 6:
        for (row, column), count in np.ndenumerate(counts):
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8)
    ticks = range(len(names)) if len(names) <= 12 else []
    shown = [shorten(names[k], 9) for k in ticks]
    axes.set_xticks(ticks, shown, rotation=0 if len(names) <= 3 else 90)
    axes.set_yticks(ticks, shown)
    axes.tick_params(length=0)
    axes.set_title("confusion")
    axes.set_xlabel("predicted")
    axes.set_ylabel("actual")


def _roc(table: pd.DataFrame, each: str, axes: Axes, canvas: Canvas) -> None:
    colors = canvas.colors
    axes.plot([0, 1], [0, 1], color=colors.grid)
    labels = list(dict.fromkeys(table["class"].astype(str)))
    lines = [colors.cause, colors.warn, colors.floor, colors.loss]
    for k, label in enumerate(labels):
        curve = table[table["class"].astype(str) == label]
        thin = np.unique(
            np.linspace(0, len(curve) - 1, min(len(curve), MAX_POINTS // 2)).astype(int)
        )
        color = lines[k] if len(labels) <= len(lines) else colors.cause
        axes.plot(
            curve["false_positive_rate"].iloc[thin],
            curve["true_positive_rate"].iloc[thin],
            color=color,
            linewidth=1.3,
            alpha=1 if len(labels) <= len(lines) else 0.5,
            label=shorten(label, 12),
        )
    axes.set_title("ROC" + (f", {each} by {each}" if len(labels) > 1 else ""))
    if 1 < len(labels) <= len(lines):
        axes.legend(frameon=False, fontsize=7.5, loc="lower right")
    axes.set_xlabel("false positives")
    axes.set_ylabel("true positives")


def _regression(table: pd.DataFrame, targets: list[str], canvas: Canvas) -> Figure | None:
    """Three panels a target, of the first ones if there are many."""
    rows = len(table) // len(targets)  # the targets stand one after the other
    tables = [
        table.iloc[k * rows : (k + 1) * rows][["target", "prediction"]]
        .replace([np.inf, -np.inf], np.nan)
        .dropna()
        .head(MAX_POINTS)
        for k in range(min(len(targets), MAX_TARGETS))
    ]
    if any(table.empty for table in tables):
        return None
    figure, panels = canvas.panels(3 * len(tables), 2.7 if len(tables) == 1 else 2.4, across=3)
    for k, table in enumerate(tables):
        of = f"{shorten(targets[k], 14)}: " if len(targets) > 1 else ""
        scatter, along, residuals = panels[3 * k : 3 * k + 3]
        _predicted(table, scatter, residuals, of, canvas)
        _along(table, along, of, canvas)
    return figure


def _predicted(
    table: pd.DataFrame, scatter: Axes, residuals: Axes, of: str, canvas: Canvas
) -> None:
    colors = canvas.colors
    low, high = table["target"].min(), table["target"].max()
    scatter.plot([low, high], [low, high], color=colors.grid)
    scatter.scatter(
        table["target"], table["prediction"], s=9, color=colors.cause, alpha=0.6, linewidth=0
    )
    scatter.set_title(f"{of}predictions")
    scatter.set_xlabel("true")
    scatter.set_ylabel("predicted")
    left = (table["target"] - table["prediction"]).to_numpy()
    if np.ptp(left) > 1e-6 * np.abs(left).max():
        residuals.hist(left, bins=30, color=colors.cause)
        residuals.axvline(0, color=colors.muted, linewidth=0.8)
    else:  # predictions that are lost in the same place give no bins
        about = f"all about {left.mean():.3g}"
        residuals.text(0.5, 0.5, about, transform=residuals.transAxes, ha="center")
    residuals.set_title(f"{of}residuals")
    residuals.set_xlabel("true less predicted")
    residuals.set_ylabel("rows")
    for axes in (scatter, residuals):
        axes.locator_params(axis="x", nbins=5)


def _along(table: pd.DataFrame, axes: Axes, of: str, canvas: Canvas) -> None:
    """The residuals by what is predicted: a bend or a funnel is what the network leaves behind."""
    left = table["target"] - table["prediction"]
    axes.axhline(0, color=canvas.colors.grid)
    axes.scatter(table["prediction"], left, s=9, color=canvas.colors.cause, alpha=0.6, linewidth=0)
    axes.set_title(f"{of}residuals by prediction")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true less predicted")
    axes.locator_params(axis="x", nbins=4)


def _predictions_alt(run: Run) -> str:
    test = run.metrics.test.by_name
    several = len(run.card.targets) > 1
    keys: tuple[str, ...] = ("accuracy", "balanced_accuracy", "roc_auc", "calibration_error")
    if run.card.task.is_regression:
        keys = ("mse", "r2") if several else ("rmse", "mae", "r2")
    elif run.card.task.has_labels:
        keys = ("log_loss", "subset_accuracy", "f1_macro", "roc_auc", "calibration_error")
    return "Predictions on test rows: " + ", ".join(
        f"{words([key])} {number(test[key])}" for key in keys
    )


FIGURE = ReportFigure(
    name="predictions",
    section="predictions",
    order=10,
    title="Predictions on test rows",
    about="As the run at hand makes them.",
    draw=predictions,
    alt=_predictions_alt,
    has_heading=False,
)
