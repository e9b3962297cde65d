"""A figure a claim: its effects with their intervals, beside the smallest that matters."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stages.tools.claims.programs import ABOUT, LOSSES
from stages.tools.claims.text import OUTCOMES, WORDS

# The same bytes on every run, and text that stays text.
plt.rcParams.update({"svg.hashsalt": "claims", "svg.fonttype": "none", "font.size": 9})
COLORS = {
    "supports": "#c2410c",
    "reversed": "#7e22ce",
    "contradicts": "#1d4ed8",
    "open": "#6b7280",
}
SERIES = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce")
BAND = "#d1d5db"
TOO_SMALL = "too small to matter"
# Effects of more than the chance loss itself take a logarithmic axis, or the others vanish.
LARGE = 1.0
EFFECT = "effect, share of the chance loss"


def draw_claim(path: Path, claim: dict[str, Any]) -> None:
    """Effects on losses: over the claim's axis, or one below the other where it has none."""
    _save(_along(claim) if claim["axis"] else _forest(claim), path)


def draw_programs(path: Path, programs: dict[str, Any]) -> None:
    """The three programs' losses beside the floor."""
    figure, axes = plt.subplots(figsize=(7, 2.8), layout="constrained")
    for place, kind in enumerate(LOSSES):
        values = [programs[f"program_{name}"][kind] for name in ABOUT]
        means = [value["mean"] for value in values]
        errors = [
            [value["mean"] - value["low"] for value in values],
            [value["high"] - value["mean"] for value in values],
        ]
        at = [number + 0.25 * (place - 1) for number in range(len(means))]
        axes.bar(
            at,
            means,
            0.23,
            yerr=errors,
            capsize=4,
            ecolor="black",
            color=SERIES[place],
            label=f"{WORDS[kind]} loss",
        )
    axes.axhline(programs["floor"], color="black", linestyle="--", label="floor: ln 2")
    axes.set_xticks(range(len(ABOUT)), [f"program {name}" for name in ABOUT])
    axes.set_ylabel("nats")
    figure.legend(loc="outside upper center", ncols=4, fontsize=8)
    _save(figure, path)


def _along(claim: dict[str, Any]) -> Figure:
    """A line a series; effects are shares of the chance loss, so that worlds can be compared."""
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    conditions = [
        item
        for part in claim["parts"]
        for item in part["conditions"]
        if item["scale"] == item["chance"] and item["x"] is not None
    ]
    for color, series in zip(SERIES, dict.fromkeys(c["series"] for c in conditions), strict=False):
        points = [item for item in conditions if item["series"] == series]
        effect, low, high = (
            [item[key] / item["scale"] for item in points] for key in ("effect", "low", "high")
        )
        axes.errorbar(
            [item["x"] for item in points],
            effect,
            yerr=[
                [e - at for e, at in zip(effect, low, strict=True)],
                [at - e for e, at in zip(effect, high, strict=True)],
            ],
            marker="o",
            capsize=3,
            color=color,
            label=series,
        )
    share = conditions[0]["matters"] / conditions[0]["scale"]
    axes.axhspan(-share, share, color=BAND, zorder=0, label=TOO_SMALL)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xscale("log", base=2)
    places = sorted({item["x"] for item in conditions})
    axes.set_xticks(places, [str(place) for place in places])
    axes.set_xlabel(claim["axis"])
    axes.set_ylabel(EFFECT)
    figure.legend(loc="outside upper center", fontsize=8)
    return figure


def _forest(claim: dict[str, Any]) -> Figure:
    """A row a condition, under the words of its part."""
    several = len(claim["parts"]) > 1
    rows: list[tuple[str, dict[str, Any] | None]] = []
    for part in claim["parts"]:
        rows += [(part["says"], None)] if several else []
        rows += [(item["label"], item) for item in part["conditions"]]
    figure, axes = plt.subplots(figsize=(7, 1.2 + 0.27 * len(rows)), layout="constrained")
    ends = []
    for row, (_, item) in enumerate(rows):
        if item is None:
            continue
        share = item["matters"] / item["scale"]
        axes.fill_betweenx([row - 0.4, row + 0.4], -share, share, color=BAND, zorder=0)
        effect, low, high = (item[key] / item["scale"] for key in ("effect", "low", "high"))
        ends += [abs(low), abs(high), share]
        axes.errorbar(
            effect,
            row,
            xerr=[[effect - low], [high - effect]],
            marker="o",
            capsize=3,
            color=COLORS[item["outcome"]],
        )
    axes.axvline(0, color="black", linewidth=0.8)
    if max(ends) > LARGE:
        axes.set_xscale("symlog", linthresh=0.1)
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    for text, (_, item) in zip(axes.get_yticklabels(), rows, strict=True):
        text.set_fontweight("bold" if item is None else "normal")
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    figure.supxlabel(EFFECT, fontsize=9)
    outcomes = {item["outcome"] for _, item in rows if item}
    marks = [
        Line2D([], [], color=color, marker="o", linestyle="", label=OUTCOMES[outcome])
        for outcome, color in COLORS.items()
        if outcome in outcomes
    ]
    band = Patch(color=BAND, label=TOO_SMALL)
    figure.legend(handles=[*marks, band], loc="outside upper center", ncols=5, fontsize=8)
    return figure


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
