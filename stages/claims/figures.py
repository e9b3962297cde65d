"""A figure a claim: its effects with their intervals, beside the smallest that matters."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

from stages.claims.programs import ABOUT, LOSSES
from stages.claims.text import WORDS

# The same bytes on every run, and text that stays text.
plt.rcParams.update({"svg.hashsalt": "claims", "svg.fonttype": "none", "font.size": 9})
COLORS = {"supports": "#c2410c", "contradicts": "#1d4ed8", "open": "#6b7280"}
SERIES = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce")
BAND = "#d1d5db"


def draw_claim(path: Path, claim: dict) -> None:
    """Effects over the claim's axis, or one below the other where it has none."""
    along = claim["axis"] is not None and all(one["x"] is not None for one in claim["conditions"])
    figure = _along(claim) if along else _forest(claim)
    _save(figure, path)


def draw_programs(path: Path, programs: dict) -> None:
    """The three programs' losses beside the floor."""
    figure, axes = plt.subplots(figsize=(7, 2.8), layout="constrained")
    for place, kind in enumerate(LOSSES):
        values = [programs[f"program_{name}"][kind] for name in ABOUT]
        means = [one["mean"] for one in values]
        errors = [
            [one["mean"] - one["low"] for one in values],
            [one["high"] - one["mean"] for one in values],
        ]
        at = [number + 0.25 * (place - 1) for number in range(len(means))]
        axes.bar(at, means, 0.23, yerr=errors, color=SERIES[place], label=f"{WORDS[kind]} loss")
    axes.axhline(programs["floor"], color="black", linestyle="--", label="floor")
    axes.set_xticks(range(len(ABOUT)), [f"program {name}" for name in ABOUT])
    axes.set_ylabel("nats")
    axes.legend(loc="lower left", ncols=2, fontsize=8)
    _save(figure, path)


def _along(claim: dict):
    """A line a series; effects are shares of the chance loss, so that worlds can be compared."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    conditions = claim["conditions"]
    for color, series in zip(SERIES, dict.fromkeys(c["series"] for c in conditions), strict=False):
        own = [one for one in conditions if one["series"] == series]
        axes.errorbar(
            [one["x"] for one in own],
            [one["effect"] / one["chance"] for one in own],
            yerr=[
                [(one["effect"] - one["low"]) / one["chance"] for one in own],
                [(one["high"] - one["effect"]) / one["chance"] for one in own],
            ],
            marker="o",
            capsize=3,
            color=color,
            label=series,
        )
    share = conditions[0]["matters"] / conditions[0]["chance"]
    axes.axhspan(-share, share, color=BAND, zorder=0)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xscale("log", base=2)
    places = sorted({one["x"] for one in conditions})
    axes.set_xticks(places, [str(place) for place in places])
    axes.set_xlabel(claim["axis"])
    axes.set_ylabel("effect, share of chance loss")
    axes.legend(fontsize=8)
    return figure


def _forest(claim: dict):
    """A row a condition."""
    conditions = claim["conditions"]
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.32 * len(conditions)), layout="constrained")
    for row, one in enumerate(conditions):
        share = one["matters"] / one["chance"]
        axes.fill_betweenx([row - 0.4, row + 0.4], -share, share, color=BAND, zorder=0)
        effect, low, high = (one[key] / one["chance"] for key in ("effect", "low", "high"))
        axes.errorbar(
            effect,
            row,
            xerr=[[effect - low], [high - effect]],
            marker="o",
            capsize=3,
            color=COLORS[one["outcome"]],
        )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(conditions)), [one["label"] for one in conditions])
    axes.invert_yaxis()
    axes.set_xlabel("effect, share of chance loss (grey: too small to matter)")
    return figure


def _save(figure, path: Path) -> None:
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
