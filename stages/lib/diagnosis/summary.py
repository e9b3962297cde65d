"""The diagnosis in at most 25 lines, for a terminal and a tired reader."""

import json
import textwrap

# A line of a terminal.
WIDTH = 100
MOST_LINES = 25
# Share of the excess from which this run's distance from the mean over seeds is worth a word.
TELLING = 0.1


def verdict(content: dict) -> str:
    """One sentence: how much of the excess loss has which proven cause, or that none has."""
    loss, unit = content["loss"], content["about"][0]["unit"]
    causes = [line for line in content["ledger"] if line["line"] == "cause"]
    kind = "the floor" + ("" if loss["floor_is_exact"] else f" (at most {_bound(content)})")
    if not causes:
        if not content["signal"]["found"]:
            return (
                f"No signal: nothing in the inputs predicts the target better than the best "
                f"constant ({_number(loss['chance'])} {unit}). Stop tuning."
            )
        rest = loss["unexplained"]
        if rest < loss["smallest_gain"]:
            return f"The loss is at {kind}, within what matters. Stop tuning."
        return (
            f"No edit is proven to lower the loss by a gain that matters; {_number(rest)} {unit} "
            f"above {kind} stay unexplained."
        )
    parts = ", ".join(
        f"{_number(line['amount'])} from {_words(line['families'])}" for line in causes
    )
    excess = loss["baseline"] - loss["floor"]
    noise = "" if content["signal"]["found"] else " There is no signal to learn: stop there."
    return (
        f"Of {_number(excess)} {unit} above {kind}, mean{_over(content)}, {parts}"
        f"{_luck(content)}.{noise}"
    )


def _over(content: dict) -> str:
    """What the ledger's means are over."""
    return " over seeds and splits" if content["budget"]["splits"] > 1 else " over seeds"


def own_rows(content: dict) -> str:
    """Which test rows the expected loss is of: where the ledger is of several splits it is not of
    the ledger's rows, and may lie below its floor."""
    return " on this run's own test rows" if content["budget"]["splits"] > 1 else ""


def _luck(content: dict) -> str:
    """Where the run at hand lies, if that is far from the mean that the causes explain."""
    loss = content["loss"]
    own = loss["this_run"]
    if abs(own) < max(loss["smallest_gain"], TELLING * (loss["baseline"] - loss["floor"])):
        return ""
    return f"; this run lies {_number(abs(own))} {'above' if own > 0 else 'below'} that mean"


def _bound(content: dict) -> str:
    """A bound of the floor, and whose."""
    name = content["about"][0]["floor"]["reference"]
    return f"{_number(content['loss']['floor'])}, by {name}"


def summary(content: dict) -> str:
    """Verdict, ledger, prescription and what is ruled out; at most 25 lines of 100 characters."""
    loss = content["loss"]
    lines = [*_wrapped(verdict(content)), ""]
    for line in content["ledger"]:
        lines.append(f"{_label(line, content):<58}{_number(line['amount']):>12}{_range(line)}")
    budget = content["budget"]
    splits = f" on {budget['splits']} splits" if budget["splits"] > 1 else ""
    lines.append(
        f"(test loss, {content['about'][0]['unit']}; mean of {budget['seeds']} seeds{splits}; "
        f"chance {_number(loss['chance'])})"
    )
    if loss["share_at_bound"]:
        lines.append(
            f"({loss['share_at_bound']:.0%} of the rows count as lost: at the bound of a row's "
            f"loss, {_number(loss['bound'])})"
        )
    given = content["prescription"]
    if given:
        lines.append("")
        for edit in given["edits"][:5]:
            lines.append(f"  {edit['key']}: {json.dumps(edit['old'])} -> {json.dumps(edit['new'])}")
        expected = given["expected"]
        lines.append(
            f"  expect {_number(expected['loss'])} ({_number(expected['low'])} to "
            f"{_number(expected['high'])}){own_rows(content)}:  {given['commands'][0]}"
        )
        lines += _equivalents(content)
    if "full_size" in content:
        full = content["full_size"]
        lines.append(
            f"  diagnosed on {budget['rows']} of {budget['rows_of']} rows; on all of them "
            f"{_number(full['before'])} -> {_number(full['after'])}"
        )
    lines.append("")
    lines += _promising(content)
    for status, words in (
        ("ruled_out", "ruled out"), ("suspected", "suspected"), ("undecided", "undecided"),
    ):  # fmt: skip
        names = [one["family"] for one in content["families"] if one["status"] == status]
        if names:
            lines.extend(_wrapped(f"{words}: {_words(names)}")[:2])
    errors = [check for check in content["checks"] if check["severity"] == "error"]
    lines += [f"! {check['code']} {check['check']}: {check['received']}" for check in errors]
    if errors:
        lines.append(f"  more: python -m stages explain {errors[0]['code']}")
    return "\n".join(_cut(line) for line in lines[:MOST_LINES])


def _equivalents(content: dict) -> list[str]:
    """What would do in the place of a cause's edit, a line a cause."""
    return [
        f"  instead of {_settings(line['edit'])}: "
        + "; or ".join(_settings(one["edit"]) for one in line["equivalents"][:3])
        for line in content["ledger"]
        if line["line"] == "cause" and line["equivalents"]
    ][:2]


def _promising(content: dict) -> list[str]:
    """Of the edits that are not proven, the one whose interval lies farthest above zero: after
    the correction for how many were tried, or for want of a gain that matters, it is no line."""
    open_ = [
        one
        for one in content["families"]
        if one["status"] in ("suspected", "undecided")
        and one["low"] is not None
        and one["low"] > 0
        and one["gain"] > content["loss"]["smallest_gain"]
    ]
    if not open_:
        return []
    best = max(open_, key=lambda one: one["low"])
    return _wrapped(
        f"most promising, not proven: {_settings(best['edit'])}, "
        f"{_number(best['gain'])}{_range(best)}"
    )[:2]


def _settings(edit: dict) -> str:
    return " ".join(f"{key}={json.dumps(new)}" for key, new in edit.items())


def _label(line: dict, content: dict) -> str:
    kind = content["loss"]["floor_is_exact"]
    names = {
        "loss": "loss of the trained network",
        "this_run": f"  this run beside the mean{_over(content)}",
        "unexplained": "  unexplained",
        "floor": "  floor"
        + ("" if kind else f" (at most; by {content['about'][0]['floor']['reference']})"),
    }
    if line["line"] != "cause":
        return names[line["line"]]
    return f"  {_words(line['families'])}"


def _range(line: dict) -> str:
    if "low" not in line:
        return ""
    return f"   {_number(line['low'])} to {_number(line['high'])}"


def _words(families: list[str]) -> str:
    return ", ".join(family.replace("_", " ") for family in families)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}" if abs(value) >= 10 else f"{value:.3f}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def _cut(line: str) -> str:
    # The file may be a stranger's: no character that a terminal would obey.
    line = "".join(one for one in line if one.isprintable())
    # A command to copy stays whole.
    return line if len(line) <= WIDTH or "dvc exp run" in line else line[: WIDTH - 3] + "..."
