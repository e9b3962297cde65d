"""The parts of a script in its order. A new part of a program is one function and one entry of
PARTS."""

from collections.abc import Callable
from dataclasses import dataclass

from stages.report.keras_lines.compile import loss_lines, optimizer_lines
from stages.report.keras_lines.ensemble import ensemble_lines
from stages.report.keras_lines.fit import fit_lines, held_out_lines
from stages.report.keras_lines.inputs import (
    encoding_lines,
    gap_lines,
    input_lines,
    selection_lines,
    target_lines,
)
from stages.report.keras_lines.layers import hidden_lines, output_lines
from stages.report.keras_lines.model import model_lines
from stages.report.keras_lines.program import Program

# What a script has once for each network.
SEVERAL = "several networks"
# What the part is, which of a script's calls it is in (see Change), and its lines.
PARTS: tuple[tuple[str, str, Callable[[Program], list[str]]], ...] = (
    ("rows for early stopping", "", held_out_lines),
    ("gaps in the inputs", "", gap_lines),
    ("scale of the inputs", "", input_lines),
    ("choice of the inputs", "", selection_lines),
    ("scale of the target", "", target_lines),
    ("encoding of the classes", "", encoding_lines),
    ("hidden layers", "layers", hidden_lines),
    ("output layer", "layers", output_lines),
    ("layers of the model", "layers", model_lines),
    ("loss", "compile", loss_lines),
    ("optimizer", "optimizer", optimizer_lines),
    ("fit", "fit", fit_lines),
    (SEVERAL, "", ensemble_lines),
)


@dataclass(frozen=True)
class Change:
    """Lines of one part of a script before and after; about: which of a script's calls it is in
    (stages/tools/adopt/translate/places.py), or ''."""

    title: str
    about: str
    old: list[str]
    new: list[str]


def changes(before: Program, after: Program) -> list[Change]:
    """The parts of the script that an edit changes, in the order in which a script has them."""
    changed = []
    for title, about, lines in PARTS:
        old, new = lines(before), lines(after)
        if old != new:
            changed.append(Change(title, about, old, new))
    return changed
