"""The figures of the report. A new one is one entry of FIGURES at the end of this file."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.report.run import QUANTILES, Run, number, short, words
from stages.report.style import Canvas

# Above this ratio of the largest to the smallest value a linear axis shows one of them alone.
FAR_APART = 30
# More columns, classes or points than this cannot be told apart.
MAX_COLUMNS = 24
MAX_CLASSES = 20
MAX_POINTS = 400
MAX_TARGETS = 4


@dataclass(frozen=True)
class Entry:
    """A figure. draw: None where the run has nothing to show. alt: what it shows, in words."""

    name: str
    title: str
    about: str
    draw: Callable[[Run, Canvas], Figure | None]
    alt: Callable[[Run], str]


# ---------------------------------------------------------------------------------- waterfall


@dataclass(frozen=True)
class Step:
    """A row of the waterfall: from `start` to `end` on the axis of the loss."""

    label: str
    kind: str
    amount: float
    start: float
    end: float
    low: float | None = None
    high: float | None = None


def steps(diagnosis: dict) -> list[Step]:
    """The ledger's lines in their order, each where the one before it ended."""
    found = []
    at = 0.0
    for line in diagnosis["ledger"]:
        kind, amount = line["line"], line["amount"]
        if kind in ("loss", "floor"):
            start, end = 0.0, amount
        else:
            start, end = at, at - amount
        label = {
            "loss": "this run's loss",
            "this_run": "this run's luck",
            "unexplained": "unexplained",
            "floor": "floor" if diagnosis["loss"]["floor_is_exact"] else "floor, at most",
        }.get(kind) or words(line["families"])
        found.append(Step(label, kind, amount, start, end, line.get("low"), line.get("high")))
        at = amount if kind == "loss" else end
    return found


def waterfall(run: Run, canvas: Canvas) -> Figure | None:
    return drawn_steps(run.diagnosis, run.unit, canvas)


def drawn_steps(diagnosis: dict, unit: str, canvas: Canvas, most: float | None = None) -> Figure:
    """The waterfall. most: where the axis ends, in the loss's unit (None: at its own largest)."""
    rows = steps(diagnosis)
    colors = canvas.colors
    figure, [axes] = canvas.panels(1, 0.85 + 0.36 * len(rows))
    fill = {"loss": colors.loss, "cause": colors.cause, "floor": colors.floor}
    most = most or max(max(one.start, one.end) for one in rows) or 1.0
    for row, one in enumerate(rows):
        left, right = sorted((one.start, one.end))
        color = fill.get(one.kind, colors.rest)
        axes.barh(row, max(right - left, 0.002 * most), left=left, color=color, height=0.62)
        if row + 1 < len(rows) and one.kind != "unexplained":
            axes.plot([one.end] * 2, [row, row + 1], color=colors.muted, linewidth=0.8, zorder=0)
        if one.low is not None:
            ends = [one.start - one.high, one.start - one.low]
            axes.errorbar(
                one.end,
                row,
                xerr=[[max(0, one.end - ends[0])], [max(0, ends[1] - one.end)]],
                color=colors.text,
                capsize=3,
                linewidth=1.2,
            )
            right = max(right, ends[1])
        axes.text(
            right + 0.015 * most, row, _signed(one), va="center", fontsize=8.5,
            bbox={"facecolor": colors.page, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip
    chance = diagnosis["loss"]["chance"]
    if chance < 1.4 * most:
        axes.axvline(chance, color=colors.warn, linestyle="--", linewidth=1.2)
        axes.annotate(
            "chance", (chance, -0.45), xytext=(3, 2), textcoords="offset points",
            color=colors.warn, fontsize=8, va="bottom",
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [short(one.label, 22) for one in rows])
    axes.set_ylim(len(rows) - 0.4, -0.95)
    axes.set_xlim(min(0, *(min(one.start, one.end) for one in rows)), 1.16 * most)
    axes.set_xlabel(f"test loss, {unit}")
    axes.tick_params(axis="y", length=0)
    return figure


def _signed(step: Step) -> str:
    """The two ends as they are, what lies between as what it adds to the loss or takes off."""
    if step.kind in ("loss", "floor") or step.amount == 0:
        return number(step.amount)
    return f"{'−' if step.amount > 0 else '+'}{number(abs(step.amount))}"


def _waterfall_alt(run: Run) -> str:
    return "Waterfall of the test loss: " + "; ".join(
        f"{one.label} {number(one.amount)}" for one in steps(run.diagnosis)
    )


# ---------------------------------------------------------------------------------- training


def curves(run: Run, canvas: Canvas) -> Figure | None:
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
            values = history[column].to_numpy("float64")
            shown.append(values)
            # A single point is no line.
            mark = "o" if np.isfinite(values).sum() < 3 else None
            axes.plot(
                history["epoch"], values, line, color=color, label=label, linewidth=1.5,
                marker=mark, markersize=4,
            )  # fmt: skip
        if axes is proper:
            chance = run.card["chance"]["validation"]
            axes.axhline(chance, color=colors.warn, linestyle="--", linewidth=1, label="chance")
            shown.append(np.array([chance]))
            if run.card["floor"] is not None:
                floor = run.card["floor"]["validation"]["value"]
                axes.axhline(floor, color=colors.floor, linestyle="--", linewidth=1, label="floor")
                shown.append(np.array([floor]))
        _scaled(axes, np.concatenate(shown))
        axes.set_title(title, pad=30)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        canvas.legend(axes)
    return figure


def _curves_alt(run: Run) -> str:
    last = run.history.iloc[-1]
    return (
        f"Loss by epoch. After epoch {int(last['epoch'])} the proper loss is "
        f"{number(_finite(last['training_proper']))} on training and "
        f"{number(_finite(last['validation_proper']))} on validation rows; chance is "
        f"{number(run.card['chance']['validation'])}."
    )


def layers(run: Run, canvas: Canvas) -> Figure | None:
    """Scales and idle units, layer by layer, before training and at the end of it."""
    probes, colors = run.probes, canvas.colors
    probes = probes[np.isfinite(probes["gradient_rms"])]
    if probes.empty:
        return None
    first, last = probes["epoch"].min(), probes["epoch"].max()
    figure, panels = canvas.panels(3, 2.5)
    for axes, title, column in (
        (panels[0], "spread of activations", "activation_std"),
        (panels[1], "gradient of the kernel", "gradient_rms"),
    ):
        lines = {first: (colors.rest, "o--"), last: (colors.cause, "o-")}
        for epoch, (color, mark) in lines.items():
            own = probes[probes["epoch"] == epoch]
            axes.plot(own["layer"], own[column], mark, color=color, label=f"epoch {epoch}")
        _scaled(axes, probes.loc[probes["epoch"].isin((first, last)), column].to_numpy())
        axes.set_title(title, pad=18)
        canvas.legend(axes)
    own = probes[(probes["epoch"] == last) & (probes["layer"] < probes["layer"].max())]
    axes = panels[2]
    axes.bar(own["layer"] - 0.19, own["flat_share"], 0.36, color=colors.rest, label="flat")
    axes.bar(own["layer"] + 0.19, own["dead_share"], 0.36, color=colors.cause, label="dead units")
    axes.set_ylim(0, 1)
    axes.set_title(f"share, epoch {last}", pad=18)
    canvas.legend(axes)
    for axes in panels:
        axes.set_xticks(sorted(probes["layer"].unique()) if len(own) < 12 else [1, len(own)])
        axes.set_xlabel("layer")
    return figure


def _layers_alt(run: Run) -> str:
    last = run.probes[run.probes["epoch"] == run.probes["epoch"].max()]
    dead = "; ".join(
        f"layer {int(row['layer'])}: activations {row['activation_std']:.3g}, gradient "
        f"{row['gradient_rms']:.3g}, {row['dead_share']:.0%} dead"
        for _, row in last.head(8).iterrows()
    )
    return f"Scales by layer at the end of training: {dead}"


# ---------------------------------------------------------------------------------- data


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
        axes.set_yticks(rows, [short(name, 20) for name in table["name"]] if shown else [])
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
        f"{short(row['name'])} {row['before_0.05']:.3g} to {row['before_0.95']:.3g}, then "
        f"{row['after_0.05']:.3g} to {row['after_0.95']:.3g}"
        for _, row in table.head(4).iterrows()
    ]
    more = len(run.scales) - len(wide)
    return (
        "5 % to 95 % of the values, before and after: "
        + "; ".join(wide)
        + (f"; and {more} more" if more > 0 else "")
    )


# ---------------------------------------------------------------------------------- arms


def arms(run: Run, canvas: Canvas) -> Figure | None:
    """What each family's most promising edit would gain beyond the ledger's."""
    rows = [one for one in run.diagnosis["families"] if one["gain"] is not None]
    if not rows:
        return None
    colors = canvas.colors
    least = run.diagnosis["loss"]["smallest_gain"]
    figure, [axes] = canvas.panels(1, 1.0 + 0.27 * len(rows))
    axes.axvspan(-least, least, color=colors.grid, zorder=0, linewidth=0)
    axes.axvline(0, color=colors.muted, linewidth=0.8)
    paint = {"ruled_out": colors.floor, "confirmed": colors.cause, "suspected": colors.warn}
    for row, one in enumerate(rows):
        color = paint.get(one["status"], colors.rest)
        axes.errorbar(
            one["gain"],
            row,
            xerr=[[one["gain"] - one["low"]], [one["high"] - one["gain"]]],
            fmt="o",
            color=color,
            markersize=4,
            capsize=2.5,
        )
    ends = np.abs([one[key] for one in rows for key in ("low", "high")])
    if ends.max() > FAR_APART * least:
        axes.set_xscale("symlog", linthresh=least)
        top = 10.0 ** np.floor(np.log10(ends.max()))
        axes.set_xticks(
            [-top, -least, least, top], [f"{t:.2g}" for t in (-top, -least, least, top)]
        )
        axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [f"{words([one['family']])}" for one in rows])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlabel(f"gain, {run.unit}")
    return figure


def _arms_alt(run: Run) -> str:
    rows = [one for one in run.diagnosis["families"] if one["gain"] is not None]
    return "Further gain by family, with 95 % interval: " + "; ".join(
        f"{words([one['family']])} {number(one['gain'])} ({number(one['low'])} to "
        f"{number(one['high'])})"
        for one in rows
    )


# ---------------------------------------------------------------------------------- predictions


def predictions(run: Run, canvas: Canvas) -> Figure | None:
    if run.card["task"] == "regression":
        return _regression(run.plots["predicted"], run.card["targets"], canvas)
    if run.plots["confusion"].empty:
        return None
    # Labels that all test rows have, or none, have no curve.
    curves = not run.plots["roc"].empty
    figure, panels = canvas.panels(2 + curves, 2.7)
    _confusion(run.plots["confusion"], panels[0], canvas)
    if run.card["task"] == "multilabel":
        panels[0].set_title("labels, all together")
    if curves:
        each = "label" if run.card["task"] == "multilabel" else "class"
        _roc(run.plots["roc"], each, panels[1], canvas)
    _calibration(run.plots["calibration"], panels[-1], canvas)
    return figure


def _calibration(table: pd.DataFrame, axes, canvas: Canvas) -> None:
    axes.plot([0, 1], [0, 1], color=canvas.colors.grid)
    size = 12 + 160 * table["rows"] / table["rows"].sum()
    axes.scatter(
        table["confidence"], table["accuracy"], s=size, color=canvas.colors.cause, alpha=0.8,
        linewidth=0,
    )  # fmt: skip
    axes.set_title("calibration")
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.set_xlim(0, 1.03)
    axes.set_ylim(0, 1.03)


def _confusion(table: pd.DataFrame, axes, canvas: Canvas) -> None:
    """Shares of each actual class, with the counts where they can be read."""
    table = table.astype(str)
    names = sorted(set(table["actual"]) | set(table["predicted"]))
    counts = pd.crosstab(table["actual"], table["predicted"])
    counts = counts.reindex(index=names, columns=names, fill_value=0).to_numpy()
    if len(names) > MAX_CLASSES:
        hits = counts.diagonal() / np.maximum(counts.sum(axis=1), 1)
        axes.hist(hits, bins=np.linspace(0, 1, 11), color=canvas.colors.cause)
        axes.set_title(f"recall of {len(names)} classes")
        axes.set_xlabel("recall")
        axes.set_ylabel("classes")
        return
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cells = np.zeros((*share.shape, 4))
    cells[..., :3] = [int(canvas.colors.cause[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    cells[..., 3] = 0.85 * share
    axes.imshow(cells, aspect="auto")
    if len(names) <= 6:
        for (row, column), count in np.ndenumerate(counts):
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8)
    ticks = range(len(names)) if len(names) <= 12 else []
    shown = [short(names[k], 9) for k in ticks]
    axes.set_xticks(ticks, shown, rotation=0 if len(names) <= 3 else 90)
    axes.set_yticks(ticks, shown)
    axes.tick_params(length=0)
    axes.set_title("confusion")
    axes.set_xlabel("predicted")
    axes.set_ylabel("actual")


def _roc(table: pd.DataFrame, each: str, axes, canvas: Canvas) -> None:
    colors = canvas.colors
    axes.plot([0, 1], [0, 1], color=colors.grid)
    labels = list(dict.fromkeys(table["class"].astype(str)))
    lines = [colors.cause, colors.warn, colors.floor, colors.loss]
    for k, label in enumerate(labels):
        own = table[table["class"].astype(str) == label]
        thin = np.unique(np.linspace(0, len(own) - 1, min(len(own), MAX_POINTS // 2)).astype(int))
        color = lines[k] if len(labels) <= len(lines) else colors.cause
        axes.plot(
            own["false_positive_rate"].iloc[thin],
            own["true_positive_rate"].iloc[thin],
            color=color,
            linewidth=1.3,
            alpha=1 if len(labels) <= len(lines) else 0.5,
            label=short(label, 12),
        )
    axes.set_title("ROC" + (f", {each} by {each}" if len(labels) > 1 else ""))
    if 1 < len(labels) <= len(lines):
        axes.legend(frameon=False, fontsize=7.5, loc="lower right")
    axes.set_xlabel("false positives")
    axes.set_ylabel("true positives")


def _regression(table: pd.DataFrame, targets: list[str], canvas: Canvas) -> Figure | None:
    """Two panels a target, of the first ones if there are many."""
    rows = len(table) // len(targets)  # the targets stand one after the other
    tables = [
        table.iloc[k * rows : (k + 1) * rows][["target", "prediction"]]
        .replace([np.inf, -np.inf], np.nan)
        .dropna()
        .head(MAX_POINTS)
        for k in range(min(len(targets), MAX_TARGETS))
    ]
    if any(one.empty for one in tables):
        return None
    figure, panels = canvas.panels(2 * len(tables), 2.8 if len(tables) == 1 else 2.4, across=2)
    for k, one in enumerate(tables):
        of = f"{short(targets[k], 24)}: " if len(targets) > 1 else ""
        _predicted(one, panels[2 * k], panels[2 * k + 1], of, canvas)
    return figure


def _predicted(table: pd.DataFrame, scatter, residuals, of: str, canvas: Canvas) -> None:
    colors = canvas.colors
    low, high = table["target"].min(), table["target"].max()
    scatter.plot([low, high], [low, high], color=colors.grid)
    scatter.scatter(
        table["target"], table["prediction"], s=9, color=colors.cause, alpha=0.6, linewidth=0
    )
    scatter.set_title(f"{of}predicted against true")
    scatter.set_xlabel("true")
    scatter.set_ylabel("predicted")
    left = (table["target"] - table["prediction"]).to_numpy()
    if np.ptp(left) > 1e-6 * np.abs(left).max():
        residuals.hist(left, bins=30, color=colors.cause)
        residuals.axvline(0, color=colors.muted, linewidth=0.8)
    else:  # predictions that are lost in the same place give no bins
        about = f"all about {left.mean():.3g}"
        residuals.text(0.5, 0.5, about, transform=residuals.transAxes, ha="center")
    residuals.set_title(f"{of}true less predicted" if of else "residuals: true less predicted")
    residuals.set_ylabel("rows")
    for axes in (scatter, residuals):
        axes.locator_params(axis="x", nbins=5)


def _predictions_alt(run: Run) -> str:
    test = run.metrics["test"]
    several = len(run.card["targets"]) > 1
    keys = {
        "regression": ("mse", "r2") if several else ("rmse", "mae", "r2"),
        "multilabel": ("log_loss", "subset_accuracy", "f1_macro", "roc_auc", "calibration_error"),
    }.get(run.card["task"], ("accuracy", "balanced_accuracy", "roc_auc", "calibration_error"))
    return "Predictions on test rows: " + ", ".join(
        f"{words([key])} {number(test[key])}" for key in keys
    )


# ---------------------------------------------------------------------------------- helpers


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _scaled(axes, values: np.ndarray) -> None:
    """A logarithmic axis where the values need one."""
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > FAR_APART * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
        axes.minorticks_off()


FIGURES = (
    Entry(
        "waterfall",
        "Where the loss comes from",
        "From this run's test loss down to the floor, line by line; whiskers are 95 % intervals.",
        waterfall,
        _waterfall_alt,
    ),
    Entry(
        "curves",
        "Loss by epoch",
        "The proper loss says how good the predictions are, whatever loss was trained.",
        curves,
        _curves_alt,
    ),
    Entry(
        "layers",
        "Layer by layer",
        "Root mean squares before training and at its end; flat: activations without slope, dead: "
        "units that are flat on every row.",
        layers,
        _layers_alt,
    ),
    Entry(
        "scales",
        "Scales of the features",
        "5 % to 95 % of the training rows' values, the middle half thicker, the median marked.",
        scales,
        _scales_alt,
    ),
    Entry(
        "arms",
        "What one more edit would gain",
        "The most promising edit of each family on top of the prescription, trained on the same "
        "seeds, with 95 % intervals; within the band it does not matter.",
        arms,
        _arms_alt,
    ),
    Entry(
        "predictions",
        "Predictions on test rows",
        "As the run at hand makes them.",
        predictions,
        _predictions_alt,
    ),
)
