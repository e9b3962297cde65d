"""The bench's Markdown."""

import numpy as np

from tests.bench.faults.scoring import (
    CURE_RANGE,
    CURING,
    MATTERS,
    METHODS,
    VERIFYING,
    alarms,
    by_family,
    cure,
    named,
    summary,
)
from tests.bench.markdown import markdown_table

_HEAD = (
    "cases", "top-1", "top-1, equals count", "any line", "any line, equals count", "precision",
    "precision, equals count", "cure (quartiles)",
)  # fmt: skip


def markdown(records: list[dict], command: str, min_gain: float) -> str:
    """All tables. `command` reproduces them; min_gain: the diagnosis' own, share of chance."""
    scored = [one for one in records if one["state"] == "scored"]
    faults = _kind(scored, "fault")
    singles = [one for one in faults if len(one["case"]["families"]) == 1]
    groups = {
        "all": faults,
        "cost shown twice": [one for one in faults if _costs_again(one)],
        "single faults": singles,
        "two faults": [one for one in faults if one not in singles],
        **{
            name: [one for one in faults if one["case"]["severity"] == severity]
            for name, severity in (
                ("severe", "severe"),
                ("mild", "mild"),
                ("one severe, one mild", "mixed"),
            )
        },
    }
    blocks = ["# Fault bench", f"`{command}`", _method()]
    blocks += ["## Diagnosis", markdown_table(("faults", *_HEAD), _rows(groups, "diagnosis"))]
    blocks += ["## By family, single faults"]
    blocks += [markdown_table(("family", *_HEAD), _rows(by_family(faults), "diagnosis"))]
    compared = [one for one in faults if set(METHODS) <= set(one["methods"])]
    if compared:
        rows = [row for method in METHODS for row in _rows({method: compared}, method)]
        blocks += [
            "## Beside other methods, on the same cases",
            markdown_table(("method", *_HEAD), rows),
        ]
    blocks += ["## Sound programs and pure noise", _alarms(scored, min_gain)]
    blocks += ["## Time", _time(scored)]
    for title, chosen in (
        ("Missed", [one for one in faults if _missed(one)]),
        ("Cured by less than half", [one for one in faults if _uncured(one)]),
        ("Alarms", [one for one in scored if _alarm(one)]),
    ):
        blocks += [f"## {title}: {len(chosen)}", _cases(chosen)]
    blocks += [_left_out(records)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _costs_again(record: dict) -> bool:
    """Whether the fault costs what counts at the seeds that score it too: some cost it by luck."""
    fresh = record["fresh"]
    return fresh["faulty"] - fresh["healthy"] > MATTERS * fresh["chance"]


def _method() -> str:
    low, high = CURE_RANGE
    return (
        f"A fault counts when it costs more than {MATTERS:.0%} of the chance loss over "
        f"{len(VERIFYING)} seeds; of two faults each must; *cost shown twice*: and again at the "
        f"{len(CURING)} other seeds that score it. *Top-1*: the first cause names a seeded "
        "family. *Any line*: share of the seeded families that some cause names. *Precision*: "
        "share of the causes that name one. *Equals count*: an edit that the ledger lists as "
        "equivalent names its families too, and a cause is right whose edit alone brings the "
        f"program to within {MATTERS:.0%} of chance of the healthy one. *Cure*: share of the "
        "fault's cost that the prescription takes back on rows and seeds that the diagnosis never "
        "saw (synthetic data: a new table; real data: the rows on which the diagnosis "
        f"judges its edits), {len(CURING)} seeds, capped to [{low:g}, {high:g}]; none is 0."
    )


def _rows(groups: dict[str, list[dict]], method: str) -> list[tuple]:
    rows = []
    for name, records in groups.items():
        scores = summary(records, method)
        strict, equal = scores["strict"], scores["equal"]
        pairs = [_share(one[key]) for key in ("top", "any", "precision") for one in (strict, equal)]
        quartiles = scores["cure"]
        shown = "–" if quartiles is None else "{1:.2f} ({0:.2f} to {2:.2f})".format(*quartiles)
        rows.append((name, scores["cases"], *pairs, shown))
    return rows


def _alarms(scored: list[dict], min_gain: float) -> str:
    rows = []
    for kind in ("control", "noise"):
        for method in METHODS:
            counts = alarms(_kind(scored, kind), method, min_gain)
            if counts["cases"]:
                share = _share((counts["alarms"], counts["cases"]))
                rows.append((kind, method, counts["cases"], share, counts["real"]))
    gain = f"of these with a real gain (> {min_gain:.0%} of chance on fresh rows)"
    return markdown_table(("programs", "method", "cases", "alarms", gain), rows)


def _time(scored: list[dict]) -> str:
    if not scored:
        return ""
    seconds = [one["seconds"] for one in scored]
    fits = [one["budget"]["fits"] for one in scored]
    return (
        f"{np.median(seconds):.0f} s a diagnosis (median; at most {max(seconds):.0f} s), of "
        f"{np.median(fits):.0f} fits (at most {max(fits)}), one thread each."
    )


def _missed(record: dict) -> bool:
    return named(record, "diagnosis", True) != set(record["case"]["families"])


def _uncured(record: dict) -> bool:
    return (cure(record, "diagnosis") or 0.0) < 0.5


def _alarm(record: dict) -> bool:
    return record["case"]["kind"] != "fault" and bool(record["methods"]["diagnosis"]["causes"])


def _cases(records: list[dict]) -> str:
    """What was seeded and what was found, a row each."""
    rows = []
    for one in records:
        fresh = one["fresh"]
        after = one["methods"]["diagnosis"]["loss"]
        seeded = [f"{family} ({one['statuses'][family]})" for family in one["case"]["families"]]
        found = [
            f"{'+'.join(cause['families'])} `{cause['edit']}` {cause['amount']:.3g}"
            + (f" = {', '.join(cause['equal'])}" if cause["equal"] else "")
            for cause in one["methods"]["diagnosis"]["causes"]
        ]
        losses = [f"{fresh[key]:.3g}" for key in ("chance", "healthy", "faulty")]
        rows.append(
            (one["name"], "; ".join(seeded), "; ".join(found) or "nothing", *losses, f"{after:.3g}")
        )
    head = ("case", "seeded (its status)", "found (= equals)", "chance", "healthy", "faulty")
    return markdown_table((*head, "prescribed"), rows)


def _left_out(records: list[dict]) -> str:
    """Cases that did not count, and diagnoses that failed."""
    text = []
    for state in ("dropped", "failed"):
        chosen = [one for one in records if one["state"] == state]
        rows = [(one["name"], one["reason"].strip().splitlines()[-1]) for one in chosen]
        text += [
            f"## {state.capitalize()}: {len(chosen)}",
            markdown_table(("case", "reason"), rows),
        ]
    return "\n\n".join(block for block in text if block)


def _kind(records: list[dict], kind: str) -> list[dict]:
    return [one for one in records if one["case"]["kind"] == kind]


def _share(pair: tuple[int, int]) -> str:
    hits, of = pair
    return f"{hits / of:.0%} ({hits}/{of})" if of else "–"
