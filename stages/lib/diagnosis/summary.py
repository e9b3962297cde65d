"""The diagnosis in at most 25 lines, for a terminal and a tired reader."""

import json
import textwrap
from typing import Any

from stages.lib.diagnosis.schema import Diagnosis, FamilyVerdict, Line

# A line of a terminal.
WIDTH = 100
MOST_LINES = 25
# Share of the excess from which this run's distance from the mean over seeds is worth a word.
TELLING = 0.1


def verdict(diagnosis: Diagnosis) -> str:
    """One sentence: how much of the excess loss has which proven cause, or that none has."""
    loss, unit = diagnosis.loss, diagnosis.unit
    causes = diagnosis.causes
    kind = "the floor" + ("" if loss.floor_is_exact else f" (at most {_bound(diagnosis)})")
    if not causes:
        if not diagnosis.signal.found:
            return (
                f"No signal: nothing in the inputs predicts the target better than the best "
                f"constant ({_number(loss.chance)} {unit}). Stop tuning."
            )
        rest = loss.unexplained
        if rest < loss.smallest_gain:
            return f"The loss is at {kind}, within min_gain. Stop tuning."
        return (
            "No edit is proven to lower the loss by more than min_gain "
            f"({_number(loss.smallest_gain)}); {_number(rest)} {unit} above {kind} stay "
            "unexplained."
        )
    parts = ", ".join(f"{_number(line.amount)} from {_words(line.families)}" for line in causes)
    excess = loss.baseline - loss.floor
    noise = "" if diagnosis.signal.found else " There is no signal to learn: stop there."
    return (
        f"Of {_number(excess)} {unit} above {kind}, mean{_over(diagnosis)}, {parts}"
        f"{_luck(diagnosis)}.{noise}"
    )


def _over(diagnosis: Diagnosis) -> str:
    """What the ledger's means are over."""
    return " over seeds and splits" if diagnosis.budget.splits > 1 else " over seeds"


def own_rows(diagnosis: Diagnosis) -> str:
    """Which test rows the expected loss is of: where the ledger is of several splits it is not of
    the ledger's rows, and may lie below its floor."""
    return " on this run's own test rows" if diagnosis.budget.splits > 1 else ""


def _luck(diagnosis: Diagnosis) -> str:
    """Where the run at hand lies, if that is far from the mean that the causes explain."""
    loss = diagnosis.loss
    own = loss.this_run
    if abs(own) < max(loss.smallest_gain, TELLING * (loss.baseline - loss.floor)):
        return ""
    return f"; this run lies {_number(abs(own))} {'above' if own > 0 else 'below'} that mean"


def _bound(diagnosis: Diagnosis) -> str:
    """A bound of the floor, and whose."""
    name = diagnosis.floor.reference
    return f"{_number(diagnosis.loss.floor)}, by {name}"


def summary(diagnosis: Diagnosis) -> str:
    """Verdict, ledger, prescription and what is ruled out; at most 25 lines of 100 characters."""
    loss = diagnosis.loss
    lines = [*_wrapped(verdict(diagnosis)), ""]
    for line in diagnosis.ledger:
        lines.append(f"{_label(line, diagnosis):<58}{_number(line.amount):>12}{_range(line)}")
    budget = diagnosis.budget
    splits = f" on {budget.splits} splits" if budget.splits > 1 else ""
    lines.append(
        f"(test loss, {diagnosis.unit}; mean of {budget.seeds} seeds{splits}; "
        f"chance {_number(loss.chance)})"
    )
    if loss.share_at_bound:
        lines.append(
            f"({loss.share_at_bound:.0%} of the rows hit the per-row cap, {_number(loss.bound)} "
            f"{diagnosis.unit})"
        )
    prescription = diagnosis.prescription
    if prescription:
        lines.append("")
        for edit in prescription.edits[:5]:
            lines.append(f"  {edit.key}: {json.dumps(edit.old)} -> {json.dumps(edit.new)}")
        expected = prescription.expected
        lines.append(
            f"  expect {_number(expected.loss)} ({_number(expected.low)} to "
            f"{_number(expected.high)}){own_rows(diagnosis)}:  {prescription.commands[0]}"
        )
        lines += _equivalents(diagnosis)
    full = diagnosis.full_size
    if full is not None:
        lines.append(
            f"  diagnosed on {budget.rows} of {budget.rows_of} rows; on all of them "
            f"{_number(full.before)} -> {_number(full.after)}"
        )
    lines.append("")
    lines += _promising(diagnosis)
    for status, words in (
        ("ruled_out", "ruled out"), ("suspected", "suspected"), ("undecided", "undecided"),
    ):  # fmt: skip
        names = [verdict.family for verdict in diagnosis.with_status(status)]
        if names:
            lines.extend(_wrapped(f"{words}: {_words(names)}")[:2])
    errors = [check for check in diagnosis.checks if check.severity == "error"]
    lines += [f"! {check.code} {check.check}: {check.received}" for check in errors]
    if errors:
        lines.append(f"  more: python -m stages explain {errors[0].code}")
    return "\n".join(_cut(line) for line in lines[:MOST_LINES])


def _equivalents(diagnosis: Diagnosis) -> list[str]:
    """What would do in the place of a cause's edit, a line a cause."""
    return [
        f"  instead of {_settings(line.edit)}: "
        + "; or ".join(_settings(equivalent.edit) for equivalent in line.equivalents[:3])
        for line in diagnosis.ledger
        if line.line == "cause" and line.equivalents
    ][:2]


def _promising(diagnosis: Diagnosis) -> list[str]:
    """Of the edits that are not proven, the one whose interval lies farthest above zero: after
    the correction for how many were tried, or for want of a gain that matters, it is no line."""
    promising = [
        (family.low, family)
        for family in diagnosis.families
        if family.status in ("suspected", "undecided")
        and family.low is not None
        and family.gain is not None
        and family.low > 0
        and family.gain > diagnosis.loss.smallest_gain
    ]
    if not promising:
        return []
    _, best = max(promising, key=lambda pair: pair[0])
    return _wrapped(
        f"most promising, not proven: {_settings(best.edit)}, {_number(best.gain)}{_range(best)}"
    )[:2]


def _settings(edit: dict[str, Any]) -> str:
    return " ".join(f"{key}={json.dumps(new)}" for key, new in edit.items())


def _label(line: Line, diagnosis: Diagnosis) -> str:
    kind = diagnosis.loss.floor_is_exact
    names = {
        "loss": "loss of the trained network",
        "this_run": f"  seed luck (this run - mean{_over(diagnosis)})",
        "unexplained": "  unexplained",
        "floor": "  floor" + ("" if kind else f" (at most; by {diagnosis.floor.reference})"),
    }
    if line.line != "cause":
        return names[line.line]
    return f"  {_words(line.families)}"


def _range(line: Line | FamilyVerdict) -> str:
    if line.low is None:
        return ""
    return f"   {_number(line.low)} to {_number(line.high)}"


def _words(families: list[str]) -> str:
    return ", ".join(family.replace("_", " ") for family in families)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}" if abs(value) >= 10 else f"{value:.3f}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def _cut(line: str) -> str:
    # The file may be a stranger's: no character that a terminal would obey.
    line = "".join(character for character in line if character.isprintable())
    # A command to copy stays whole.
    return line if len(line) <= WIDTH or "dvc exp run" in line else line[: WIDTH - 3] + "..."
