"""The settings of a sweep by their validation loss."""

import numpy as np
import pandas as pd

from stages.diagnose.prescription import one_line
from stages.lib.params.edits import Edit
from stages.lib.trials.statistics import Design, Paired, linearised, paired
from stages.tools.sweep.store import Result

# Rows shown on a terminal; the file has all of them.
SHOWN = 20
NUMBERS = ["loss", "low", "high", "change", "change_low", "change_high", "diverged"]


def table(
    edits: list[Edit], results: list[Result], present: Result, design: Design
) -> pd.DataFrame:
    """A row an edit, the lowest loss first; its index is the edit's position.

    loss: the mean validation loss over rows and seeds; low and high: Student's 95 % interval over
    seeds, on these rows. change: against `present`, the params as they are, seed by seed and row by
    row; its interval is over seeds and rows (`statistics.paired`). diverged: of the seeds, how
    many. The swept keys follow, as params.yaml could hold them.
    """
    rows = []
    for edit, result in zip(edits, results, strict=True):
        change = paired(result.losses - present.losses, design)
        mean = over_seeds(result.losses, design)
        numbers = [mean.mean, *mean.interval(), change.mean, *change.interval()]
        diverged = result.statuses.count("diverged")
        rows.append([*numbers, diverged, *(one_line(value) for value in edit.values())])
    fits = pd.DataFrame(rows, columns=[*NUMBERS, *edits[0]])
    return fits.sort_values("loss", kind="stable")


def over_seeds(losses: np.ndarray, design: Design) -> Paired:
    """The mean loss of a setting from losses [seeds, rows], with its error over seeds alone."""
    means = linearised(losses, design).mean(axis=1)
    error = float(means.std(ddof=1) / np.sqrt(len(means)))
    return Paired(float(means.mean()), error, len(means) - 1)


def shown(fits: pd.DataFrame) -> str:
    """The best rows as text of aligned columns."""
    cells = pd.DataFrame(
        {
            "loss": [_number(value) for value in fits["loss"]],
            "95 % interval": _intervals(fits["low"], fits["high"]),
            "change": [_number(value, "+") for value in fits["change"]],
            "of the change": _intervals(fits["change_low"], fits["change_high"], "+"),
            "diverged": fits["diverged"],
        },
        index=fits.index,
    ).join(fits.drop(columns=NUMBERS))
    text = cells.head(SHOWN).to_string(index=False)
    rest = len(cells) - SHOWN
    return text if rest <= 0 else f"{text}\n... and {rest} more"


def _intervals(lows: pd.Series, highs: pd.Series, sign: str = "") -> list[str]:
    return [
        f"{_number(low, sign)} to {_number(high, sign)}"
        for low, high in zip(lows, highs, strict=True)
    ]


def _number(value: float, sign: str = "") -> str:
    return f"{value:{sign}.4f}" if abs(value) < 10 else f"{value:{sign}.5g}"
