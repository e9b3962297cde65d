"""Scales and idle units, layer by layer."""

import numpy as np
from matplotlib.figure import Figure

from stages.report.gallery import ReportFigure
from stages.report.run import Run
from stages.report.style import Canvas, use_log_scale_if_wide


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
            of_epoch = probes[probes["epoch"] == epoch]
            axes.plot(
                of_epoch["layer"], of_epoch[column], mark, color=color, label=f"epoch {epoch}"
            )
        shown = probes["epoch"].isin((first, last))
        use_log_scale_if_wide(axes, probes.loc[shown, column].to_numpy())
        axes.set_title(title, pad=18)
        canvas.legend(axes)
    hidden = probes[(probes["epoch"] == last) & (probes["layer"] < probes["layer"].max())]
    axes = panels[2]
    axes.bar(hidden["layer"] - 0.19, hidden["flat_share"], 0.36, color=colors.rest, label="flat")
    axes.bar(hidden["layer"] + 0.19, hidden["dead_share"], 0.36, color=colors.cause, label="dead")
    axes.set_ylim(0, 1)
    axes.set_title(f"share, epoch {last}", pad=18)
    canvas.legend(axes)
    for axes in panels:
        axes.set_xticks(sorted(probes["layer"].unique()) if len(hidden) < 12 else [1, len(hidden)])
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


FIGURE = ReportFigure(
    name="layers",
    section="training",
    order=20,
    title="Layer by layer",
    about="Root mean squares before training and at its end; flat: activations without slope, "
    "dead: units that are flat on every row.",
    draw=layers,
    alt=_layers_alt,
)
