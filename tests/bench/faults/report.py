"""The bench's Markdown."""

from collections.abc import Sequence

import numpy as np

from tests.bench.faults.scoring import (
    CHECKPOINTS,
    CURE_RANGE,
    CURING,
    MATTERS,
    METHODS,
    VERIFYING,
    agreement,
    alarms,
    by_family,
    cure,
    curve,
    found_by_check,
    gains,
    is_alarm,
    named,
    promises,
    summary,
)
from tests.bench.markdown import markdown_table

_HEAD = (
    "cases", "top-1", "top-1, equals count", "any line", "any line, equals count", "precision",
    "precision, equals count", "cure (quartiles)",
)  # fmt: skip
_SEVERITIES = {"severe": "severe", "mild": "mild", "one severe, one mild": "mixed"}
_ORIGINS = {
    "of the interventions' table": "program",
    "recommended value wrong": "recommended",
    "of the data, curable": "data",
    "two faults": "double",
}


def markdown(records: list[dict], command: str, min_gain: float) -> str:
    """All tables. `command` reproduces them; min_gain: the diagnosis' own, share of chance."""
    scored = [one for one in records if one["state"] == "scored"]
    every = _kind(scored, "fault")
    faults = [one for one in every if one["case"]["families"]]
    groups = {
        "all": faults,
        "cost shown twice": [one for one in faults if _costs_again(one)],
        **{
            name: [one for one in faults if one["case"]["origin"] == origin]
            for name, origin in _ORIGINS.items()
        },
        **{
            name: [one for one in faults if one["case"]["severity"] == severity]
            for name, severity in _SEVERITIES.items()
        },
    }
    blocks = ["# Fault bench", f"`{command}`", _method(), "## Diagnosis, faults that an edit mends"]
    blocks += [markdown_table(("faults", *_HEAD), _rows(groups, "diagnosis"))]
    blocks += ["## By family, single faults"]
    blocks += [markdown_table(("family", *_HEAD), _rows(by_family(faults), "diagnosis"))]
    blocks += ["## Faults of the data", _of_data(every, scored, min_gain)]
    blocks += _methods(faults)
    blocks += ["## Promised and real", _promises(every)]
    blocks += ["## Sound programs and pure noise", _alarms(scored, min_gain)]
    agreeing = [one for one in records if one["state"] == "agreement"]
    if agreeing:
        blocks += ["## Agreement over seeds", _agreement(agreeing)]
    blocks += ["## Time", _time(scored)]
    for title, chosen in (
        ("Missed", [one for one in faults if _missed(one)]),
        ("Cured by less than half", [one for one in faults if _uncured(one)]),
        ("Alarms", [one for one in scored if _alarm(one, min_gain)]),
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
        if not records:
            continue
        scores = summary(records, method)
        strict, equal = scores["strict"], scores["equal"]
        pairs = [_share(one[key]) for key in ("top", "any", "precision") for one in (strict, equal)]
        rows.append((name, scores["cases"], *pairs, _quartiles(scores["cure"])))
    return rows


def _quartiles(cures: list[float] | None) -> str:
    return "–" if cures is None else "{1:.2f} ({0:.2f} to {2:.2f})".format(*cures)


def _of_data(every: list[dict], scored: list[dict], min_gain: float) -> str:
    """Faults of the table: those that no edit mends count as found where a check names them, which
    says nothing of a cure."""
    faults = [one for one in every if one["case"]["origin"] == "data"]
    incurable = [one for one in faults if not one["case"]["families"]]
    curable = [one for one in faults if one["case"]["families"]]
    groups = {
        "no edit mends it": incurable,
        "an edit mends it": curable,
        **{
            name: [one for one in faults if one["case"]["fault"] == name] for name in _names(faults)
        },
    }
    rows = []
    for name, records in groups.items():
        if records:
            checked = [one for one in records if one["case"]["checks"]]
            hits = sum(found_by_check(one) for one in checked)
            seeded = [one for one in records if one["case"]["families"]]
            mended = sum(bool(named(one, "diagnosis", True)) for one in seeded)
            gain = sum(gains(one, "diagnosis", min_gain) for one in records)
            cures = summary(records, "diagnosis")["cure"]
            shares = [_share((hits, len(checked))), _share((mended, len(seeded)))]
            rows.append((name, len(records), *shares, gain, _quartiles(cures)))
    head = ("fault", "cases", "a check names it", "a cause names its family")
    table = markdown_table((*head, "prescribed with a real gain", "cure (quartiles)"), rows)
    words = (
        "A fault that no edit of params.yaml mends counts as found where the check made for it "
        "names it; it is in none of the other tables. Its *cure* is what the prescription takes "
        "back all the same."
    )
    return "\n\n".join(block for block in (words, table, _false_findings(scored)) if block)


def _names(records: list[dict]) -> list[str]:
    return list(dict.fromkeys(one["case"]["fault"] for one in records))


def _false_findings(scored: list[dict]) -> str:
    """How often those checks fire on synthetic data and programs that have nothing for them."""
    checks = sorted({check for one in scored for check in one["case"]["checks"]})
    rows = []
    for check in checks:
        others = [
            one for one in scored if check not in one["case"]["checks"] and not one["case"]["spoil"]
        ]
        rows.append((check, _share((sum(check in one["checks"] for one in others), len(others)))))
    return markdown_table(("check", "fires where its fault is not seeded"), rows)


def _methods(faults: list[dict]) -> list[str]:
    """All methods on the cases that all were given, then on all cases those that had all."""
    compared = [one for one in faults if set(METHODS) <= set(one["methods"])]
    whole = [
        method for method in METHODS if faults and all(method in one["methods"] for one in faults)
    ]
    blocks = []
    if compared:
        blocks += [_table(compared, METHODS)]
    if len(compared) < len(faults) and len(whole) > 2:
        blocks += ["On all cases, those that had all of them:", _table(faults, whole)]
    if not blocks:
        return []
    of_curves = (compared, METHODS) if compared else (faults, whole)
    return [
        "## Beside other methods, on the same cases",
        "Each has at most as many fits as the diagnosis took. *Linter*: no fit; it names and "
        "prescribes every recommended edit that changes the program. *Reset and prune*: all of "
        "these, less those without which the validation loss is no higher. *Random search*, *TPE* "
        "(Optuna): over the diagnosis' own edits, by the validation loss of one seed. *Without "
        "ranks*: the diagnosis with all edits taken for equally far-going, at the fits that it "
        "asks for.",
        *blocks,
        "Naming by family against the number of fits: what a method would say if it were stopped "
        "there; a share of the seeded families (recall), and of the families named (precision).",
        _curves(*of_curves),
    ]


def _table(records: list[dict], methods: Sequence[str]) -> str:
    rows = [row for method in methods for row in _rows({method: records}, method)]
    return markdown_table(("method", *_HEAD), rows)


def _curves(compared: list[dict], methods: Sequence[str]) -> str:
    rows = []
    for method in methods:
        for key in ("recall", "precision"):
            shares = [_share(curve(compared, method, at)[key]) for at in (*CHECKPOINTS, np.inf)]
            rows.append((method, key, *shares))
    head = ("method", "", *(f"{fits} fits" for fits in CHECKPOINTS), "all")
    return markdown_table(head, rows)


def _promises(every: list[dict]) -> str:
    kept = promises(every)
    if not kept["cases"]:
        return "No prescription with an expected loss."
    slope, ratio = kept["slope"], kept["median_ratio"]
    words = (
        f"{kept['cases']} prescriptions with `expect X (low to high)`, each trained at "
        f"{len(CURING)} fresh seeds on the run's own rows: {_share(kept['inside'])} of the losses "
        "lie between low and high."
    )
    if slope is None or ratio is None:
        return words
    return words + (
        f" Real over promised gain ({len(kept['gains'])} accounts of new rows; the real one on "
        f"fresh rows and seeds, both in shares of chance): slope {slope:.2f} (least squares "
        f"through the origin), median ratio {ratio:.2f}."
    )


def _alarms(scored: list[dict], min_gain: float) -> str:
    rows = []
    for kind in ("control", "noise"):
        for method in METHODS:
            counts = alarms(_kind(scored, kind), method, min_gain)
            if counts["cases"]:
                cells = [
                    "–" if counts[key] is None else _share((counts[key], counts["cases"]))
                    for key in ("named", "alarms", "shown")
                ]
                rows.append((kind, method, counts["cases"], *cells))
    head = ("programs", "method", "cases", "given a cause", "alarms", "shown")
    words = (
        "An *alarm* is a program that is given a cause whose edit does not lower the loss on fresh "
        f"rows and seeds by {min_gain:.0%} of chance (min_gain); *shown*: the 95 % interval of "
        "what it gains ends below that. The diagnosis is judged cause by cause, other methods by "
        "their whole edit; symptoms have none."
    )
    return f"{words}\n\n{markdown_table(head, rows)}"


def _agreement(records: list[dict]) -> str:
    rows = []
    for name in dict.fromkeys(one["case"]["name"] for one in records):
        group = [one for one in records if one["case"]["name"] == name]
        scores = agreement(group)
        shares = [_share(scores[key]) for key in ("verdicts", "named", "first")]
        rows.append((name, scores["runs"], *shares, scores["families"] or "nothing"))
    head = ("case", "seeds", "pairs of equal verdicts", "commonest families", "commonest first")
    return (
        "The same table and program, trained and diagnosed from seeds far apart.\n\n"
        + markdown_table((*head, "those families"), rows)
    )


def _time(scored: list[dict]) -> str:
    rows = []
    for method in METHODS:
        own = [one["methods"][method] for one in scored if method in one["methods"]]
        seconds = [one["seconds"] for one in own if "seconds" in one]
        fits = [one["fits"] for one in own]
        if seconds:
            times = f"{np.median(seconds):.0f}", f"{max(seconds):.0f}"
            rows.append((method, len(seconds), *times, f"{np.median(fits):.0f}", max(fits)))
    head = ("method", "cases", "CPU seconds (median)", "at most", "fits (median)", "at most")
    return markdown_table(head, rows)


def _missed(record: dict) -> bool:
    return named(record, "diagnosis", True) != set(record["case"]["families"])


def _uncured(record: dict) -> bool:
    return (cure(record, "diagnosis") or 0.0) < 0.5


def _alarm(record: dict, min_gain: float) -> bool:
    return record["case"]["kind"] != "fault" and bool(is_alarm(record, "diagnosis", min_gain))


def _cases(records: list[dict]) -> str:
    """What was seeded and what was found, a row each."""
    rows = []
    for one in records:
        fresh = one["fresh"]
        after = one["methods"]["diagnosis"]["loss"]
        statuses = one["statuses"]
        seeded = [f"{family} ({statuses.get(family, '–')})" for family in one["case"]["families"]]
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
    """Cases that did not count, and those that failed."""
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
