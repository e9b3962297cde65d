"""The diagnosis in at most 25 lines, for a terminal and a tired reader."""

import json
import textwrap
from typing import Any

from stages.lib.diagnosis.schema import Account, Budget, Diagnosis, FamilyVerdict, Line, SmallGain
from stages.lib.diagnosis.verdict import (
    ROWS,
    interplay,
    leaving_out,
    number,
    reference_name,
    verdict,
    words,
)

# A line of a terminal.
WIDTH = 100
MOST_LINES = 25
MOST_SMALL_GAINS = 3
MOST_LINES_OF_VERDICT = 12
STATUSES = {
    "helps_alone": "helps by itself, not needed with the edit",
    "too_little": "improves by less than min_gain",
    "no_effect": "no effect that matters, tried on the program as it is",
    "cannot_tell": "cannot tell",
    "no_time": "not all tried within diagnose.seconds",
}


def summary(diagnosis: Diagnosis) -> str:
    """Verdict, ledger, prescription and what is ruled out; at most 25 lines of 100 characters."""
    account = diagnosis.lead
    loss, seeds = account.loss, account.seeds
    lines = [*_verdict(diagnosis), ""]
    for line in account.ledger:
        lines.append(
            f"{label(line, account, diagnosis.budget):<58}{number(line.amount):>12}{_range(line)}"
        )
    splits = f" on {seeds.splits} splits" if seeds.splits > 1 else ""
    lines.append(
        f"({ROWS[account.question]} loss, {diagnosis.unit}; mean of {seeds.judging} seeds{splits}; "
        f"chance {number(loss.chance)})"
    )
    if of_keras_fit(diagnosis):
        lines.append(f"({of_keras_fit(diagnosis)})")
    if interplay(account):
        lines.append(f"({interplay(account)})")
    if loss.share_at_cap:
        lines.append(
            f"({loss.share_at_cap:.0%} of the rows hit the per-row cap, {number(loss.cap)} "
            f"{diagnosis.unit})"
        )
    lines += _prescribed(diagnosis, account)
    lines.append("")
    lines += _small_gains(account)
    lines += _families(account)
    errors = [check for check in diagnosis.checks if check.severity == "error"]
    lines += [f"! {check.code} {check.check}: {check.received}" for check in errors]
    if errors:
        lines.append(f"  more: python -m stages explain {errors[0].code}")
    return "\n".join(_cut(line) for line in lines[:MOST_LINES])


def of_keras_fit(diagnosis: Diagnosis) -> str:
    """Of a Keras model, that Keras' own fit trained it, and what that leaves out; else ''."""
    model = diagnosis.about[0].keras_fit
    if model is None:
        return ""
    return (
        "trained by Keras' own fit, slower: fewer edits are tried; "
        f"{len(model.not_asked)} findings about layers are left out"
    )


def _verdict(diagnosis: Diagnosis) -> list[str]:
    """The verdict. An edit that comes before all others stands in its first line, and as a command
    behind it."""
    text, columns = verdict(diagnosis), diagnosis.leave_out
    if columns is None:
        return _wrapped(text)
    first = leaving_out(columns)
    lines = [*_wrapped(first), *_wrapped(text.removeprefix(first).strip())]
    return [*lines[:MOST_LINES_OF_VERDICT], "", f"  {columns.command}"]


def own_rows(account: Account) -> str:
    """Which test rows the expected loss is of: where the ledger is of several splits it is not of
    the ledger's rows, and may lie below its floor."""
    return " on this run's own test rows" if account.seeds.splits > 1 else ""


def _prescribed(diagnosis: Diagnosis, account: Account) -> list[str]:
    """The edits, the promise, what would do instead, and what the edits do to the other loss."""
    prescription, budget = account.prescription, diagnosis.budget
    lines = []
    if prescription:
        lines.append("")
        for edit in prescription.edits[:5]:
            lines.append(f"  {edit.key}: {json.dumps(edit.old)} -> {json.dumps(edit.new)}")
        expected = prescription.expected
        lines.append(
            f"  expect {number(expected.loss)} ({number(expected.low)} to "
            f"{number(expected.high)}){own_rows(account)}:  {prescription.commands[0]}"
        )
        lines += _equivalents(account)
    full = diagnosis.full_size
    if full is not None:
        lines.append(
            f"  diagnosed on {budget.rows} of {budget.rows_of} rows; on all of them "
            f"{number(full.before)} -> {number(full.after)}"
        )
    other = diagnosis.fit if account.question == "generalize" else diagnosis.generalize
    if other is not None:
        rows = ROWS[other.question]
        moved = f"{number(other.loss.baseline)} -> {number(other.loss.after)}"
        text = moved if account.causes else number(other.loss.baseline)
        held = f"{reference_name(other)}: {number(other.loss.floor)}"
        lines.append(f"  {rows} loss, mean over seeds: {text}; {held}")
    return lines


def _equivalents(account: Account) -> list[str]:
    """What would do in the place of a cause's edit, a line per cause."""
    return [
        f"  instead of {assignments(line.edit)}: "
        + "; or ".join(assignments(equivalent.edit) for equivalent in line.equivalents[:3])
        for line in account.causes
        if line.equivalents
    ][:2]


def _small_gains(account: Account) -> list[str]:
    """What seems to be left for edits on top of the ledger's, said once: they may overlap, and
    none is shown to matter."""
    gains = account.small_gains
    if not gains:
        return []
    text = "; ".join(assignments(gain.edit) for gain in gains[:MOST_SMALL_GAINS])
    most = f"{number(gains[0].gain)}{_range(gains[0])}".replace("   ", " (") + ")"
    if len(gains) == 1:
        return _wrapped(f"a further gain may be left, not confirmed: {text}, {most}")[:2]
    return _wrapped(f"further gains may be left, not confirmed, about {most}, by one of: {text}")[
        :2
    ]


def _families(account: Account) -> list[str]:
    lines = []
    for status, text in statuses(account).items():
        names = [_family(verdict) for verdict in account.with_status(status)]
        if names:
            lines.extend(_wrapped(f"{text}: {', '.join(names)}")[:2])
    return lines


def statuses(account: Account) -> dict[str, str]:
    """What each status means for this account: of a program that is above chance an edit may lower
    the loss and still leave it knowing nothing."""
    if account.is_of_knowledge and account.loss.baseline > account.loss.chance:
        return STATUSES | {
            "no_effect": "alone, none of these brings it more than min_gain below chance"
        }
    return STATUSES


def _family(verdict: FamilyVerdict) -> str:
    """A family's name, with what it would take to tell."""
    name = words([verdict.family])
    if verdict.needs_rows is not None:
        return f"{name} (about {verdict.needs_rows:,} rows needed)"
    if verdict.needs_seeds is not None:
        return f"{name} (about {verdict.needs_seeds:,} seeds needed)"
    return name


def assignments(edit: dict[str, Any]) -> str:
    """An edit as arguments of `dvc exp run -S`."""
    return " ".join(f"{key}={json.dumps(new)}" for key, new in edit.items())


def label(line: Line, account: Account, budget: Budget) -> str:
    """A line of an account's ledger in words."""
    if line.line == "cause":
        return f"  {words(line.families)}"
    sampled = " and sample" if budget.rows < budget.rows_of else ""
    better = line.line == "unexplained" and line.amount < 0 and account.reference.kind == "model"
    return {
        "loss": f"{ROWS[account.question]} loss of this run",
        "seed_luck": f"  seed luck{sampled} (this run - mean over seeds)",
        "row_luck": "  luck of the split (its test rows - all splits)",
        "above_chance": "  above chance, gone with the edits",
        "unexplained": "  better than every reference" if better else "  unexplained",
        "label_luck": "  luck of the labels drawn",
        "floor": f"  {reference_name(account).removeprefix('the ')}",
    }[line.line]


def _range(line: Line | FamilyVerdict | SmallGain) -> str:
    if line.low is None or line.high is None:
        return ""
    return f"   {number(line.low)} to {number(line.high)}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def _cut(line: str) -> str:
    # The file may be a stranger's: no character that a terminal would obey.
    line = "".join(character for character in line if character.isprintable())
    # A command to copy stays whole.
    return line if len(line) <= WIDTH or "dvc exp run" in line else line[: WIDTH - 3] + "..."
