"""What mend prints."""

import json
import textwrap

from stages.diagnose.prescription import command
from stages.lib.diagnosis.summary import WIDTH, assignments
from stages.lib.diagnosis.verdict import ROWS, number, reference_name, verdict
from stages.lib.params.edits import value
from stages.tools.mend.chain import Chain, Round, State
from stages.tools.mend.judge import Judgement

# Of the two questions, by the split that is judged on.
_ROWS = {"train": ROWS["fit"], "test": ROWS["generalize"]}


def heading(first: State) -> str:
    """The columns, and the row of the program as it is."""
    account = first.account
    rows, reference = ROWS[account.question], reference_name(account)
    about = (
        f"{rows} loss of each run, {first.diagnosis.unit}; learnt: the share of what "
        f"{reference} learns, mean over seeds"
    )
    columns = f"{'round':>5}{'promised':>34}{f'{rows} loss':>15}{'learnt':>8}  edit"
    return f"{about}\n{columns}\n{_row(0, '', first, 'as it is')}"


def of_round(done: Round) -> str:
    """The row of a round."""
    expected = done.prescription.expected
    promised = f"{number(expected.loss)} ({number(expected.low)} to {number(expected.high)})"
    if _ROWS[done.rows] != ROWS[done.state.account.question]:
        promised = f"{_ROWS[done.rows]} {promised}"
    row = _row(done.number, promised, done.state, assignments(done.edit))
    if done.kept:
        return row
    return f"{row}\n      not kept: the {_ROWS[done.rows]} loss is {number(done.obtained)}"


def _row(count: int, promised: str, state: State, edit: str) -> str:
    learnt = "" if state.learnt is None else f"{state.learnt:.0%}"
    return f"{count:>5}{promised:>34}{number(state.loss):>15}{learnt:>8}  {edit}"


def ending(chain: Chain) -> str:
    """Why it ended, and what the last diagnosis says is left."""
    text = f"Ended: {chain.ended}. What remains: {verdict(chain.last.diagnosis)}"
    return "\n" + textwrap.fill(text, WIDTH)


def of_judgement(judged: Judgement, unit: str) -> str:
    """The last program beside the first, and of which rows that is."""
    low, high = judged.gain.interval()
    change = (
        f"{number(judged.before)} -> {number(judged.after)} {unit}, "
        f"{number(judged.gain.mean)} less ({number(low)} to {number(high)})"
    )
    rows = f"{judged.rows:,} {_ROWS[judged.split]} rows"
    text = f"First and last program at {judged.seeds} seeds that no round used, {rows}: {change}."
    if judged.split == "test":
        text += (
            " Each edit was chosen on the validation rows and confirmed on these test rows, "
            "and again: new rows may show a little less."
        )
    else:
        text += " That is how well the training rows are fitted, and says nothing of new rows."
    return "\n" + textwrap.fill(text, WIDTH)


def to_paste(chain: Chain) -> str:
    """All edits, with the command that makes them."""
    first = chain.first.sections
    lines = [
        f"  {key}: {json.dumps(value(first, key))} -> {json.dumps(new)}"
        for key, new in chain.edit.items()
    ]
    return "\n".join(["", *lines, f"  {command(chain.edit)}"])
