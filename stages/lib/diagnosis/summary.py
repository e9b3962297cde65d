"""The diagnosis in at most 16 lines, for a terminal and a tired reader."""

import json
import os
import textwrap
from dataclasses import dataclass
from typing import Any, TextIO

from stages.lib.diagnosis.schema import Account, Diagnosis, FamilyVerdict, Line, SmallGain
from stages.lib.diagnosis.verdict import (
    ROWS,
    interplay,
    leaving_out,
    number,
    reference_name,
    verdict,
    words,
)

# A line of a terminal, and as many as are read before a reader scrolls on.
WIDTH = 100
MOST_LINES = 16
MOST_EDITS = 4
STATUSES = {
    "helps_alone": "helps by itself, not needed with the edit",
    "too_little": "improves by less than min_gain",
    "no_effect": "no effect that matters on the program as it is",
    "cannot_tell": "cannot tell",
    "no_time": "not all tried within diagnose.seconds",
}
# Of a terminal (ECMA-48, SGR): bold, green and red.
STYLES = {"verdict": "1", "command": "32", "error": "31"}


@dataclass(frozen=True)
class _Part:
    """Some lines that stand or fall together.

    Attributes:
        importance: what is least important is left out first; None for what always stays.
        style: a key of STYLES, or '' for none.
    """

    lines: list[str]
    importance: int | None = None
    style: str = ""


def summary(diagnosis: Diagnosis, colour: bool = False) -> str:
    """Verdict, ledger, prescription, and what is ruled out, in at most 16 lines of 100 characters;
    a command to copy may be longer. What there is no room for stands on the page.

    colour: for a terminal that obeys ECMA-48.
    """
    account = diagnosis.lead
    errors = [check for check in diagnosis.checks if check.severity == "error"]
    parts = [
        *_verdict(diagnosis),
        _Part([""], 5),
        *_ledger(diagnosis, account),
        *_notes(diagnosis, account),
        *_prescribed(diagnosis, account),
        *(
            _Part([f"! {check.code} {check.check}: {check.received}"], 9, "error")
            for check in errors
        ),
        _Part([f"  more: python -m stages explain {errors[0].code}"] if errors else [], 3),
        _Part([""] if account.families else [], 5),
        _Part(_small_gains(account), 7),
        *_families(account),
    ]
    lines = [(line, part.style) for part in _fitting(parts) for line in part.lines]
    return "\n".join(_styled(_cut(line), style, colour) for line, style in lines[:MOST_LINES])


def of_keras_fit(diagnosis: Diagnosis) -> str:
    """Of a Keras model, that Keras' own fit trained it, and what that leaves out; else ''."""
    model = diagnosis.about[0].keras_fit
    if model is None:
        return ""
    return (
        "trained by Keras' own fit, slower: fewer edits are tried; "
        f"{len(model.not_asked)} findings about layers are left out"
    )


def of_regression(diagnosis: Diagnosis) -> str:
    """RMSE and R2 beside a squared loss of this run, as far as they are defined; else ''."""
    scores = diagnosis.about[0].regression
    if scores is None:
        return ""
    parts = [] if scores.rmse is None else [f"RMSE {number(scores.rmse)}"]
    parts += [] if scores.r2 is None else [f"R² {number(scores.r2)}"]
    rows = "test" if scores.split == "test" else "training"
    return f"{', '.join(parts)} of this run on its {rows} rows" if parts else ""


def of_search(steps_share: float) -> str:
    """That a search was of fewer steps, and what that means."""
    share = f"{steps_share:.0%}" if steps_share >= 0.01 else "less than 1%"
    return f"edits were sought with {share} of the steps; every loss here is of all of them"


def in_colour(stream: TextIO) -> bool:
    """Whether to write in colour: to a terminal, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _fitting(parts: list[_Part]) -> list[_Part]:
    """As many of the parts as there is room for, in their order."""
    kept = list(parts)
    for part in sorted((part for part in parts if part.importance is not None), key=_importance):
        if sum(len(part.lines) for part in kept) <= MOST_LINES:
            break
        kept = [other for other in kept if other is not part]
    return kept


def _importance(part: _Part) -> int:
    return part.importance or 0


def _styled(line: str, style: str, colour: bool) -> str:
    return f"\x1b[{STYLES[style]}m{line}\x1b[0m" if colour and style and line else line


def _verdict(diagnosis: Diagnosis) -> list[_Part]:
    """The verdict. An edit that comes before all others stands in its first line, and as a command
    behind it."""
    text, columns = verdict(diagnosis), diagnosis.leave_out
    if columns is None:
        return [_Part(_wrapped(text), style="verdict")]
    first = leaving_out(columns)
    rest = _wrapped(text.removeprefix(first).strip())
    return [
        _Part(_wrapped(first), style="verdict"),
        _Part([f"  {columns.command}"], style="command"),
        _Part(rest, 10),
    ]


def _ledger(diagnosis: Diagnosis, account: Account) -> list[_Part]:
    """A line for each part of the loss; what is luck, or gone, and nothing is left out."""
    parts = []
    for line in account.ledger:
        always = line.line in ("loss", "cause", "unexplained", "floor")
        amount = number(line.amount)
        if always or float(amount):
            what = label(line, account)
            if line.line == "loss":
                of_splits = account.seeds.splits > 1
                chance = f"chance {number(account.loss.chance)}{' over all splits' * of_splits}"
                what += f", {diagnosis.unit} ({chance})"
            text = f"{what:<58}{amount:>12}{_range(line)}"
            parts.append(_Part([text], None if always else 11))
    return parts


def _notes(diagnosis: Diagnosis, account: Account) -> list[_Part]:
    """What else is known of the ledger's numbers."""
    loss, of_steps = account.loss, diagnosis.budget.steps_share
    parts = []
    if of_regression(diagnosis):
        parts.append(_Part([f"({of_regression(diagnosis)})"], 9))
    if of_keras_fit(diagnosis):
        parts.append(_Part([f"({of_keras_fit(diagnosis)})"], 9))
    if interplay(account):
        parts.append(_Part([f"({interplay(account)})"], 6))
    if loss.share_at_cap:
        share = f"{loss.share_at_cap:.0%} of the rows hit the per-row cap"
        parts.append(_Part([f"({share}, {number(loss.cap)} {diagnosis.unit})"], 2))
    if of_steps < 1:
        parts.append(_Part([f"({of_search(of_steps)})"], 9))
    return parts


def own_rows(account: Account) -> str:
    """Which test rows the expected loss is of: where the ledger is of several splits it is not of
    the ledger's rows, and may lie below its floor."""
    return " on this run's own test rows" if account.seeds.splits > 1 else ""


def _prescribed(diagnosis: Diagnosis, account: Account) -> list[_Part]:
    """The edits, the promise, what would do instead, and what the edits do to the other loss."""
    prescription = account.prescription
    parts = []
    if prescription:
        edits = [
            f"  {edit.key}: {json.dumps(edit.old)} -> {json.dumps(edit.new)}"
            for edit in prescription.edits
        ]
        if len(edits) > MOST_EDITS:
            edits = [*edits[: MOST_EDITS - 1], f"  and {len(edits) - MOST_EDITS + 1} more keys"]
        expected = prescription.expected
        promise = (
            f"  expect {number(expected.loss)} ({number(expected.low)} to "
            f"{number(expected.high)}){own_rows(account)}:  {prescription.commands[0]}"
        )
        parts += [_Part([""], 5), _Part(edits, 10), _Part([promise], style="command")]
        parts.append(_Part(_equivalents(account), 4))
    other = diagnosis.fit if account.question == "generalize" else diagnosis.generalize
    if other is not None:
        rows = ROWS[other.question]
        moved = f"{number(other.loss.baseline)} -> {number(other.loss.after)}"
        text = moved if account.causes else number(other.loss.baseline)
        held = f"{reference_name(other)}: {number(other.loss.floor)}"
        parts.append(_Part([f"  {rows} loss, mean over seeds: {text}; {held}"], 2))
    return parts


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
    most = f"{number(gains[0].gain)}{_range(gains[0])}".replace("   ", " (") + ")"
    edits = [assignments(gain.edit) for gain in gains]
    by = "by" if len(edits) == 1 else "by one of"
    return [_listed(f"perhaps {most} more {by}: ", edits, "; ")]


def _families(account: Account) -> list[_Part]:
    """A line for each status that a family has."""
    parts = []
    for status, text in statuses(account).items():
        names = [_family(verdict) for verdict in account.with_status(status)]
        if names:
            parts.append(_Part([_listed(f"{text}: ", names)], 8))
    return parts


def _listed(lead: str, names: list[str], between: str = ", ") -> str:
    """As many of the names as a line has room for, and how many more there are."""
    for count in range(len(names), 0, -1):
        more = f" and {len(names) - count} more" if count < len(names) else ""
        line = lead + between.join(names[:count]) + more
        if len(line) <= WIDTH:
            return line
    return line


def statuses(account: Account) -> dict[str, str]:
    """What each status means for this account: of a program that is above chance an edit may lower
    the loss and still leave it knowing nothing."""
    if account.is_of_knowledge and account.loss.baseline > account.loss.chance:
        return STATUSES | {"no_effect": "none of these alone gets it min_gain below chance"}
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


def label(line: Line, account: Account) -> str:
    """A line of an account's ledger in words."""
    if line.line == "cause":
        return f"  {words(line.families)}"
    better = line.line == "unexplained" and line.amount < 0 and account.reference.kind == "model"
    return {
        "loss": f"{ROWS[account.question]} loss of this run",
        "seed_luck": f"  seed luck (this run - mean of {account.seeds.judging} seeds)",
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
