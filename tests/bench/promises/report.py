"""The promises' Markdown."""

import json

from tests.bench.markdown import markdown_table
from tests.bench.null.report import rate
from tests.bench.promises.tables import TABLES

EXPLAINED = """Each run was generated, trained and diagnosed in a clone, with the fault of its
table; the prescription was written into params.yaml, and normalize, train and evaluate run again
with the same seed on the whole table. *Expected* and *low to high* are what the diagnosis says of
the test loss then (a 95 % interval), *obtained* is what evaluate says. Nats, or squared target
units."""


def kept(record: dict) -> bool:
    """Whether the loss obtained lies within what was expected."""
    expected, obtained = record["expected"], record["obtained"]
    return obtained is not None and bool(expected["low"] <= obtained <= expected["high"])


def steps_share(budget: dict) -> float:
    """The share of each program's steps that the search trained."""
    return float(budget["epochs_share"] * budget["rows"] / budget["rows_of"])


def markdown(records: list[dict], command: str) -> str:
    """All tables."""
    text = ["# Promises", f"`{command}`", EXPLAINED, _summary(records), _cases(records)]
    failed = [one for one in records if one["state"] == "failed"]
    if failed:
        rows = [(one["name"], one["seed"], _last_line(one["reason"])) for one in failed]
        text += ["## Failed", markdown_table(("table", "seed", "reason"), rows)]
    return "\n\n".join(block for block in text if block)


def _summary(records: list[dict]) -> str:
    done = [one for one in records if one["state"] == "done"]
    short = [one for one in done if steps_share(one["budget"]) < 1]
    divided = [one for one in done if one["budget"]["splits"] > 1]
    groups = {
        "all": done,
        "searched with fewer steps": short,
        "searched with all steps": [one for one in done if one not in short],
        "of these on several divisions of the rows": divided,
    }
    rows = [(name, *_counts(group)) for name, group in groups.items() if group]
    nothing = sum(one["state"] == "nothing" for one in records)
    head = ("prescriptions", "cases", "inside", "share", "below", "above", "no finite loss")
    words = f"{len(records)} runs; nothing was prescribed in {nothing}."
    return f"{words}\n\n{markdown_table(head, rows)}"


def _counts(records: list[dict]) -> tuple:
    inside = sum(kept(one) for one in records)
    share, low, high = rate(inside, len(records))
    finite = [one for one in records if one["obtained"] is not None]
    below = sum(one["obtained"] < one["expected"]["low"] for one in finite)
    above = sum(one["obtained"] > one["expected"]["high"] for one in finite)
    text = f"{share:.0%} ({low:.0%} to {high:.0%})"
    return len(records), inside, text, below, above, len(records) - len(finite)


def _cases(records: list[dict]) -> str:
    rows = []
    for one in records:
        if one["state"] == "failed":
            continue
        table = TABLES[one["name"]]
        budget = one["budget"]
        trained = f"{steps_share(budget):.2g}"
        row = (one["name"], table.rows, table.fault, one["seed"], trained, _number(one["before"]))
        if one["state"] == "nothing":
            rows.append((*row, "nothing", "–", "–", "–", "–"))
            continue
        expected = one["expected"]
        rows.append(
            (
                *row,
                f"`{_words(one['edit'])}`",
                _number(expected["loss"]),
                f"{_number(expected['low'])} to {_number(expected['high'])}",
                _number(one["obtained"]),
                "yes" if kept(one) else "**no**",
            )
        )
    head = ("table", "rows", "fault", "seed", "share of steps", "loss before", "prescribed")
    return markdown_table((*head, "expected", "low to high", "obtained", "inside"), rows)


def _words(edit: dict) -> str:
    return ", ".join(f"{key}={json.dumps(new)}" for key, new in edit.items())


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4g}"
