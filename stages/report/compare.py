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
from stages.lib.diagnosis.schema import Diagnosis
from stages.lib.diagnosis.summary import verdict
from stages.report.figures.waterfall import draw_steps
from stages.report.page import rendered, value
from stages.report.steps import steps
from stages.report.style import images
from stages.report.wording import number, shorten

FILE = "reports/compare.html"
WORKING_TREE = "the working tree"


@dataclass(frozen=True)
class Side:
    """One of the two. settings: params.yaml with dotted keys. data: their profile."""

    name: str
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
    return Side(
        name,
        schema.parse(content, f"{name}: {schema.FILE}"),
        dict(_flat(params.parse(tracked(revision, params.FILE), f"{name}: {params.FILE}"))),
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
    old, new = ({step.label: step.amount for step in steps(s.diagnosis)} for s in (before, after))
    labels = list(old)
    place = labels.index("unexplained")
    labels[place:place] = [label for label in new if label not in old and "floor" not in label]
    labels += [label for label in new if label not in labels]
    rows = []
    for label in labels:
        a, b = old.get(label), new.get(label)
        change = "" if a is None or b is None else f"{b - a:+.4g}"
        rows.append((label, a, b, change))
    return rows


def headline(before: Side, after: Side) -> str:
    """A sentence on the loss of the two, and one on data that are not the same."""
    if before.unit != after.unit:
        return "These two have no loss in common."
    a, b = (run.diagnosis.loss.test for run in (before, after))
    change = f"falls from {number(a)} to" if b < a else f"rises from {number(a)} to"
    change = "stays at" if a == b else change
    others = "" if before.data == after.data else " The data are not the same."
    return f"The test loss {change} {number(b)} {after.unit}.{others}"


def page(before: Side, after: Side) -> str:
    """The HTML page. Both waterfalls share one axis, where they share a unit."""
    same = before.unit == after.unit
    ends = [max(max(s.start, s.end) for s in steps(run.diagnosis)) for run in (before, after)]
    sides = []
    for run in (before, after):
        end = max(ends) if same else None
        drawn = images(partial(draw_steps, run.diagnosis, run.unit, axis_end=end))
        prescription = run.diagnosis.prescription
        sides.append(
            {
                "name": run.name,
                "unit": run.unit,
                "verdict": verdict(run.diagnosis),
                "command": prescription and prescription.commands[0],
                "images": drawn,
                "about": "Test loss; both on the same axis." if same else "Test loss.",
                "alt": "; ".join(f"{s.label} {number(s.amount)}" for s in steps(run.diagnosis)),
            }
        )
    return rendered(
        "compare.html",
        {
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
