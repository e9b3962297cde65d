"""reports/claims.md and the summary on the terminal, from the content of claims.json."""

import json

from stages.claims.programs import ABOUT, LOSSES

WORDS = {
    "running": "running, last epoch",
    "training": "training, evaluated",
    "held_out": "held out",
}
OUTCOMES = {"supports": "yes", "contradicts": "no", "open": "open"}


def verdict_table(content: dict) -> str:
    """A line a claim, as in the README."""
    rows = [(one["letter"], one["says"], verdict_words(one)) for one in content["claims"]]
    return _table(("", "the advice", "measured"), rows)


def verdict_words(claim: dict) -> str:
    """The verdict, with the conditions that it holds on."""
    words = f"**{claim['verdict']}**"
    if claim["verdict"] == "holds only when":
        words += f" {claim['when']}"
    return words


def summary(content: dict) -> str:
    """The verdicts, a line each."""
    return "\n".join(
        f"{one['letter']}  {one['title']:<28} {one['verdict']}" for one in content["claims"]
    )


def markdown(content: dict) -> str:
    """The whole report."""
    blocks = [
        "# The common advice, measured",
        "By `dvc repro stages/claims/dvc.yaml`, from `stages/claims/params.yaml`. Every line "
        "compares two programs that differ by one thing, on the same replicates: data, held-out "
        "rows, initial draws and row orders of their own in each. *Effect* is how much more the "
        "first has than the second, with its 95 % interval over the replicates (Student's t). It "
        "bears the claim out when the whole interval lies beyond the smallest effect that "
        "matters.",
        verdict_table(content),
        "## The three programs",
        programs_text(content),
        "![](claims/programs.svg)",
    ]
    for claim in content["claims"]:
        blocks += _claim(claim)
    return "\n\n".join(block for block in blocks if block) + "\n"


def programs_text(content: dict) -> str:
    """The programs' losses beside the floor."""
    given = content["programs"]
    rows = []
    for name, about in ABOUT.items():
        losses = given[f"program_{name}"]
        rows.append((f"{name}: {about}", *(_interval(losses[kind]) for kind in LOSSES)))
        if "keras" in losses:
            rows.append(("  plain Keras", *(f"{losses['keras'][kind]:.3f}" for kind in LOSSES)))
    head = ("program", *(f"{WORDS[kind]} loss" for kind in LOSSES))
    return (
        f"Mean of {given['replicates']} replicates, nats, with 95 % intervals; plain Keras: mean "
        f"of {given['keras_replicates']}. Held out: {given['test_rows']:,} fresh rows. The floor "
        f"is {given['floor']:.4f}.\n\n" + _table(head, rows)
    )


def _claim(claim: dict) -> list[str]:
    letter = claim["letter"]
    rows = []
    for one in claim["conditions"]:
        tuned = "; ".join(json.dumps(edit) for edit in one["chosen"] if edit)
        rows.append(
            (
                one["label"] + (f" (best: `{tuned}`)" if tuned else ""),
                _measure(one),
                _number(one["worse"]),
                _number(one["better"]),
                f"{_number(one['effect'])} ({_number(one['low'])} to {_number(one['high'])})",
                _number(one["matters"]),
                OUTCOMES[one["outcome"]],
            )
        )
    head = ("condition", "measure", "first", "second", "effect", "matters from", "bears it out")
    blocks = [
        f"## {letter}. {claim['title']}",
        f"> {claim['says']}",
        verdict_words(claim) + ".",
        f"![](claims/{letter}.svg)",
        _table(head, rows),
    ]
    if claim["inside"]:
        inside = [
            (
                one["label"],
                f"{one['gradient']:.2g}",
                f"{one['passed']:.2g}",
                f"{one['flat']:.0%}",
                f"{one['twins']:.0%}",
            )
            for one in claim["inside"]
        ]
        blocks += [
            "Inside: before training, the first kernel's gradient (root mean square), the same "
            "over the last kernel's, and flat activations; after it, units of the first layer that "
            "are copies of another.",
            _table(("program", "gradient", "first / last", "flat", "copies"), inside),
        ]
    return blocks


def _measure(one: dict) -> str:
    names = {
        "held_out": "held-out loss",
        "training": "training loss",
        "gap": "held-out less training loss",
        "wobble": "change from epoch to epoch",
    }
    return f"{names[one['measure']]}, {one['unit']}"


def _interval(value: dict) -> str:
    return f"{value['mean']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) >= 10 or 0 < abs(value) < 0.001 else f"{value:.4f}"


def _table(head: tuple, rows: list[tuple]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
