"""reports/diagnosis.md: the verdict, the ledger and the prescription, for a pull request."""

import json
import re

from stages.lib.core.text import printable
from stages.lib.diagnosis.summary import (
    assignments,
    of_keras_fit,
    of_regression,
    own_rows,
    statuses,
)
from stages.lib.diagnosis.verdict import ROWS, verdict
from stages.report.patch.fix import FILE
from stages.report.run import Run, not_tried
from stages.report.steps import steps
from stages.report.wording import number, several_targets, shorten, words

PICTURE = "diagnosis.svg"
# Calls of a script that are named for one part of it.
MAX_PLACES = 5
# Inside a line of text; what matters at a line's start alone, such as a dash, does not stand there.
MEANINGFUL = "\\`*_{}[]<>#!|~$&@"


def markdown(run: Run) -> str:
    """At most one screen; the waterfall is linked as a picture beside it."""
    diagnosis = run.diagnosis
    account = diagnosis.lead
    picture = f"![waterfall of the {ROWS[account.question]} loss]({PICTURE})"
    blocks = [f"**{plain(verdict(diagnosis))}**"]
    if diagnosis.leave_out is not None:
        blocks.append(_fenced(printable(diagnosis.leave_out.command)))
    blocks.append(picture)
    rows = [f"| line | {plain(run.unit)} | 95 % interval |", "| --- | ---: | --- |"]
    for step in steps(diagnosis):
        interval = "" if step.low is None else f"{number(step.low)} to {number(step.high)}"
        rows.append(f"| {plain(shorten(step.label, 60))} | {number(step.amount)} | {interval} |")
    blocks.append("\n".join(rows))
    if of_regression(diagnosis):
        blocks.append(f"{of_regression(diagnosis)}.")
    fix = account.prescription
    if fix:
        edits = [f"- {code(edit.key)}: {code(edit.old)} → {code(edit.new)}" for edit in fix.edits]
        expected = fix.expected
        blocks += [
            "\n".join(edits),
            f"Expect {number(expected.loss)} ({number(expected.low)} to "
            f"{number(expected.high)}){own_rows(account)}:",
            _fenced(printable(fix.commands[0])),
        ]
    blocks += _in_keras(run)
    of = several_targets(run.card)
    for status, text in statuses(account).items():
        names = [family.family for family in account.with_status(status)]
        if names:
            blocks.append(f"{text.capitalize()}: {words(names)}.")
    untried = [assignments(edit) for edit in run.diagnosis.about[0].untried]
    if untried:
        blocks.append(f"Not tried within `diagnose.seconds`: {'; '.join(map(code, untried))}.")
    blocks.append(f"Not tried: {', '.join(map(code, not_tried()))}.")
    if of_keras_fit(diagnosis):
        blocks.append(f"The program was {of_keras_fit(diagnosis)}.")
    blocks.append(
        f"Data: {plain(shorten(run.card.name, 60))}, {sum(run.card.rows.values()):,} rows"
        f"{of and f', {of}'}. "
        f"Chance {number(account.loss.chance)}; mean of {account.seeds.judging} seeds; intervals "
        f"are over {account.about[0].population}. The whole page: `reports/index.html`."
    )
    return "\n\n".join(blocks) + "\n"


def _in_keras(run: Run) -> list[str]:
    """The same in the user's own program, of which it was adopted: the patch, or the lines."""
    fix = run.fix
    if run.adopted is None or not (fix.diff or fix.by_hand):
        return []
    name = plain(shorten(run.adopted.name, 60))
    if fix.diff:
        return [f"In {name}, as `git apply {FILE}` does it:", _fenced("\n".join(fix.shown), "diff")]
    lines = []
    for part in fix.by_hand:
        places = [calls for about, calls in run.adopted.places.items() if about == part.about]
        where = ", ".join(str(place.line) for calls in places for place in calls[:MAX_PLACES])
        lines.append(f"# {part.title}" + (f" (line {where})" if where else ""))
        lines += [f"- {line}" for line in part.old] + [f"+ {line}" for line in part.new]
    text = "\n".join(printable(line) for line in lines)
    return [f"In {name} by hand, since {plain(fix.reason)}:", _fenced(text, "diff")]


def _fenced(text: str, language: str = "sh") -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def code(value: object) -> str:
    """A params value as inline code, whatever characters it holds."""
    text = printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    longest = _longest_run(text)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"


def _longest_run(text: str) -> int:
    """Of backticks: a fence has to be longer."""
    return max(map(len, re.findall("`+", text)), default=0)


def plain(text: str) -> str:
    """Text in which no character means anything to Markdown or HTML."""
    return "".join(f"\\{character}" if character in MEANINGFUL else character for character in text)
