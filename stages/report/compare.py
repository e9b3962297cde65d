"""Put the ledgers of two commits on one page.

python -m stages compare REV_A [REV_B]: two commits' ledgers as one page.

What changed in params.yaml and where the loss moved, from the files that git tracks, so nothing is
trained. Without REV_B the working tree is compared. Writes reports/compare.html.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from stages.lib import params
from stages.lib.core.atomic import write_text
from stages.lib.core.command import command_line, run_command
from stages.lib.core.commits import profile, tracked
from stages.lib.core.json_files import parse_json
from stages.lib.core.text import printable
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.schema import Account, Diagnosis
from stages.lib.diagnosis.verdict import ROWS, verdict
from stages.report.figures.waterfall import draw_steps
from stages.report.last_commits import draw, in_words, last_commits
from stages.report.page import rendered, value
from stages.report.steps import Step, extent, steps
from stages.report.style import images
from stages.report.wording import number, shorten

FILE = "reports/compare.html"
WORKING_TREE = "the working tree"
# The lines that stand below the unexplained one.
LAST = ("label_luck", "floor")


@dataclass(frozen=True)
class Side:
    """One of the two. revision: None for the working tree. settings: params.yaml with dotted keys.
    data: their profile."""

    name: str
    revision: str | None
    diagnosis: Diagnosis
    settings: dict[str, object]
    data: bytes

    @property
    def unit(self) -> str:
        return self.diagnosis.unit


def side(revision: str | None) -> Side:
    """A commit's files, or the working tree's. Raises UserError where one is missing."""
    name = printable(revision or WORKING_TREE)
    content = parse_json(tracked(revision, schema.FILE), f"{name}: {schema.FILE}")
    settings = (
        params.read()
        if revision is None
        else params.parse(tracked(revision, params.FILE), f"{name}: {params.FILE}")
    )
    return Side(
        name,
        revision,
        schema.parse(content, f"{name}: {schema.FILE}"),
        dict(_flat(settings)),
        profile(revision),
    )


def _flat(content: dict[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Dotted keys and their values."""
    pairs: list[tuple[str, object]] = []
    for key, setting in content.items():
        name = printable(f"{prefix}{key}")
        nested = isinstance(setting, dict) and setting
        pairs += _flat(setting, f"{name}.") if nested else [(name, setting)]
    return pairs


def changed(before: Side, after: Side) -> list[tuple[str, str, str]]:
    """Keys whose values differ, with both values as params.yaml could hold them."""
    missing = object()
    keys = [*before.settings, *(key for key in after.settings if key not in before.settings)]
    rows = []
    for key in keys:
        old, new = (run.settings.get(key, missing) for run in (before, after))
        if old != new:
            before_text, after_text = (
                "" if setting is missing else value(setting) for setting in (old, new)
            )
            rows.append((key, before_text, after_text))
    return rows


def moved(before: Side, after: Side) -> list[tuple[str, float | None, float | None, str]]:
    """The ledgers' lines beside each other, and their change; a line that one of them lacks is
    None there."""
    accounts = same_question(before, after)
    old, new = (
        {_name(step): step for step in steps(run.diagnosis, account)}
        for run, account in zip((before, after), accounts, strict=True)
    )
    names = list(old)
    place = names.index("unexplained")
    names[place:place] = [name for name in new if name not in old and name not in LAST]
    names += [name for name in new if name not in names]
    rows = []
    for name in names:
        first, second = old.get(name), new.get(name)
        a = None if first is None else first.amount
        b = None if second is None else second.amount
        change = "" if a is None or b is None else f"{b - a:+.4g}"
        rows.append(((second or old[name]).label, a, b, change))
    return rows


def _name(step: Step) -> str:
    """What a line is recognised by: a cause by its families, the others by their kind."""
    return step.label if step.kind == "cause" else step.kind


def same_question(before: Side, after: Side) -> tuple[Account, Account]:
    """The two accounts of new rows, or, where one of them has none, of the fit."""
    one, other = before.diagnosis.generalize, after.diagnosis.generalize
    if one is None or other is None:
        return before.diagnosis.fit, after.diagnosis.fit
    return one, other


def headline(before: Side, after: Side) -> str:
    """A sentence on the loss of the two, and one on data that are not the same."""
    if before.unit != after.unit:
        return "These two have no loss in common."
    first, second = same_question(before, after)
    a, b = first.loss.run, second.loss.run
    change = f"falls from {number(a)} to" if b < a else f"rises from {number(a)} to"
    change = "stays at" if a == b else change
    others = "" if before.data == after.data else " The data are not the same."
    return f"The {ROWS[first.question]} loss {change} {number(b)} {after.unit}.{others}"


def page(before: Side, after: Side) -> str:
    """The HTML page. Both waterfalls share one axis, where they share a unit."""
    same = before.unit == after.unit
    accounts = same_question(before, after)
    drawn_steps = [
        steps(run.diagnosis, account)
        for run, account in zip((before, after), accounts, strict=True)
    ]
    axis = extent([step for bars in drawn_steps for step in bars]) if same else None
    name = f"{ROWS[accounts[0].question].capitalize()} loss"
    sides = []
    for run, account, bars in zip((before, after), accounts, drawn_steps, strict=True):
        drawn = images(partial(draw_steps, run.diagnosis, run.unit, axis=axis, account=account))
        prescription = run.diagnosis.lead.prescription
        sides.append(
            {
                "name": run.name,
                "unit": run.unit,
                "verdict": verdict(run.diagnosis),
                "command": prescription and prescription.commands[0],
                "images": drawn,
                "about": f"{name}; both on the same axis." if same else f"{name}.",
                "alt": "; ".join(f"{s.label} {number(s.amount)}" for s in bars),
            }
        )
    past = last_commits(after.revision, after.unit, accounts[1].question)
    return rendered(
        "compare.html",
        {
            "past": images(partial(draw, past)) if past else None,
            "past_in_words": in_words(past),
            "sides": sides,
            "moved": headline(before, after),
            "params": changed(before, after),
            "lines": moved(before, after),
            "same_unit": same,
            "unit": after.unit,
        },
    )


def main() -> None:
    parser = command_line("python -m stages compare", __doc__)
    parser.add_argument("before", metavar="REV_A", help="a commit, branch or tag")
    parser.add_argument("after", metavar="REV_B", nargs="?", help="default: the working tree")
    arguments = parser.parse_args()
    before, after = side(arguments.before), side(arguments.after)
    write_text(FILE, page(before, after))
    print(headline(before, after))
    for key, old, new in changed(before, after):
        print(f"  {key}: {old} -> {new}")
    for label, a, b, change in moved(before, after) if before.unit == after.unit else []:
        print(f"{shorten(label, 39):<40}{_cell(a)}{_cell(b)}{change:>12}")
    print(f"wrote {FILE}")


def _cell(amount: float | None) -> str:
    return f"{'' if amount is None else number(amount):>12}"


if __name__ == "__main__":
    run_command(main)
