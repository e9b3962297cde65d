"""Explain a finding by its code.

What it means, where its threshold comes from and what to do.
Findings of `reports/diagnosis.json`, of the page and of the terminal have codes such as LL101.
Without a code all of them are listed.
"""

import re
import textwrap

from stages.diagnose.checks import CHECKS
from stages.diagnose.findings import GROUPS, Check, Symptom
from stages.diagnose.symptoms import SYMPTOMS
from stages.lib.core.command import command_line, run_command
from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.params.model import key_of_model

ROWS: dict[str, Check | Symptom] = {
    **{check.code: check for check in CHECKS},
    **{symptom.code: symptom for symptom in SYMPTOMS},
}

# A key of the section train in a text.
_KEY = re.compile(r"train\.\w+")
WIDTH = 100  # of a terminal


def explanation(row: Check | Symptom) -> str:
    """All that a row says, as paragraphs."""
    paragraphs = [
        f"{row.code} {row.name}: {row.title}.",
        _nature(row),
        f"What it looks at: {row.about}",
        f"Where its threshold comes from: {row.source}",
        f"What to do: {row.remedy}",
    ]
    paragraphs += filter(None, [_of_model(row)])
    return "\n\n".join(textwrap.fill(text, WIDTH, break_on_hyphens=False) for text in paragraphs)


def listing() -> str:
    """All codes with their titles, group by group."""
    lines: list[str] = []
    for group, title in GROUPS.items():
        lines += ["", f"{group}xx {title}"] if lines else [f"{group}xx {title}"]
        lines += [f"  {code}  {row.title}" for code, row in ROWS.items() if code.startswith(group)]
    return "\n".join(lines)


def find(code: str) -> Check | Symptom:
    """The row of a code, in either case, or of the name of a check or symptom.

    Raises:
        UserError: there is none.
    """
    names = {row.name: row for row in ROWS.values()}
    row = ROWS.get(code.upper()) or names.get(code)
    if row is not None:
        return row
    hint = nearest(code.upper(), ROWS) or nearest(code, names) or "without a code all are listed"
    raise UserError("explain", "a code such as LL101", shown(code, 60), hint)


def _nature(row: Check | Symptom) -> str:
    """What a finding of a row is, and what it points at."""
    if isinstance(row, Check):
        keys = ", ".join(row.keys) or "none of params.yaml"
        return (
            f"A check. Severity: {' or '.join(row.severities)}. Family of edits: "
            f"{' or '.join(row.families)}. Keys: {keys}."
        )
    return f"A symptom. Suspected families of edits: {row.suspects}."


def _of_model(row: Check | Symptom) -> str:
    """What a Keras model has in the place of the keys of a chain that the row names, or ''."""
    if row.looks_inside:
        return ""
    named = [*(row.keys if isinstance(row, Check) else ()), *_KEY.findall(row.remedy)]
    others = {key: key_of_model(key) for key in named if key_of_model(key) != key}
    if not others:
        return ""
    pairs = ", ".join(f"{other} for {key}" for key, other in others.items())
    return f"Of a Keras model (train.model.file): {pairs}."


def main() -> None:
    parser = command_line("python -m stages explain", __doc__)
    parser.add_argument("code", metavar="CODE", nargs="?", help="such as LL101, or its name")
    code = parser.parse_args().code
    print(listing() if code is None else explanation(find(code)))


if __name__ == "__main__":
    run_command(main)
