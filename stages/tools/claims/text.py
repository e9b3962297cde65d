"""reports/claims.md and the summary on the terminal, from the content of claims.json."""

import json
from typing import Any

from stages.lib.params.layer import hidden_layers
from stages.lib.params.named import name_of
from stages.tools.claims.programs import ABOUT, LOSSES

WORDS = {
    "running": "running, last epoch",
    "training": "training, evaluated",
    "held_out": "held out",
}
OUTCOMES = {"supports": "yes", "contradicts": "no", "reversed": "the reverse", "open": "open"}


def verdict_table(content: dict[str, Any]) -> str:
    """A line a claim, as in the README."""
    rows = [(claim["letter"], claim["says"], verdict_words(claim)) for claim in content["claims"]]
    return _table(("", "the advice", "measured"), rows)


def verdict_words(claim: dict[str, Any]) -> str:
    """The verdict, and what became of each part of the claim."""
    words = f"**{claim['verdict']}**"
    if claim["verdict"] == "holds" and len(claim["parts"]) == 1:
        return words
    return "<br>".join([words, *(f"*{part['says']}*: {part['words']}" for part in claim["parts"])])


def summary(content: dict[str, Any]) -> str:
    """The verdicts, a line each."""
    return "\n".join(
        f"{claim['letter']}  {claim['title']:<28} {claim['verdict']}" for claim in content["claims"]
    )


def markdown(content: dict[str, Any]) -> str:
    """The whole report."""
    study = content["comparisons"]
    blocks = [
        "# The common advice, measured",
        "By `dvc repro stages/tools/claims/dvc.yaml`, from "
        "`stages/tools/claims/params.yaml`. Each claim is "
        "taken apart, and each part is measured under several conditions. A condition compares two "
        "programs, *first* against *second*, on the same "
        f"{study['replicates']} replicates; each replicate has a table, {study['test_rows']:,} "
        "held-out rows, initial weights and row orders of its own. *Effect* is how much more the "
        "first has than the second, with its 95 % interval over the replicates (Student's t). The "
        "claim says that the first has more, and the condition bears it out (**yes**) when the "
        f"whole interval lies beyond the smallest effect that matters ({study['min_effect']:.0%} "
        "of the chance loss, unless the table says otherwise). **The reverse**: it lies as far on "
        "the other side. **No**: no difference that matters, or one of the other sign. **Open**: "
        "these replicates cannot tell. A claim *holds* when all its conditions bear it out, *holds "
        "only when* some do, and *does not hold* when none does and none is open.",
        f"What a condition does not name is as in this program: {_program(content['base'])}. "
        "Scenarios with their law are in `stages/generate/scenarios.py`. Hinge's output is a "
        "margin; its log loss is that of the probability which Keras would take it for.",
        verdict_table(content),
        "## The three programs",
        programs_text(content),
        "![](claims/programs.svg)",
    ]
    for claim in content["claims"]:
        blocks += _claim(claim)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _program(base: dict[str, Any]) -> str:
    """The sections normalize and train in words."""
    train = base["train"]
    units = [str(layer["units"]) for layer in hidden_layers(train)]
    return (
        f"hidden layers {'-'.join(units)}, {name_of(train['activation'])}, "
        f"{train['kernel_initializer']}, {train['optimizer']} at {train['learning_rate']:g}, batch "
        f"size {train['batch_size']}, {train['epochs']} epochs, dropout {train['dropout']:g}, "
        f"the task's own loss, inputs scaled by `{base['normalize']['features']}`"
    )


def programs_text(content: dict[str, Any]) -> str:
    """The programs' losses beside the floor."""
    study = content["programs"]
    count = study["keras_replicates"]
    rows = []
    for name, about in ABOUT.items():
        losses = study[f"program_{name}"]
        rows.append((f"{name}: {about}", *(_interval(losses[kind]) for kind in LOSSES)))
        keras = [losses["keras"][kind] for kind in LOSSES]
        rows.append((f"  as plain Keras, {count} of them", *(f"{k['mean']:.3f}" for k in keras)))
        above = [_interval(losses["above_engine"], "+") for losses in keras]
        rows.append(("  Keras less the engine, on those", *above))
    head = ("program", *(f"{WORDS[kind]} loss" for kind in LOSSES))
    return (
        f"Mean of {study['replicates']} replicates, nats, with 95 % intervals. Held out: "
        f"{study['test_rows']:,} fresh rows. The floor is {study['floor']:.4f}.\n\n"
        + _table(head, rows)
    )


def _claim(claim: dict[str, Any]) -> list[str]:
    letter = claim["letter"]
    blocks = [
        f"## {letter}. {claim['title']}",
        f"> {claim['says']}",
        verdict_words(claim),
        f"![](claims/{letter}.svg)",
    ]
    for part in claim["parts"]:
        if len(claim["parts"]) > 1:
            blocks.append(f"### {part['says']}")
        blocks += _part(part["conditions"])
    return blocks


def _part(conditions: list[dict[str, Any]]) -> list[str]:
    """What all conditions share, and a line each."""
    shared = {key for key in ("measure", "unit", "data") if len({c[key] for c in conditions}) == 1}
    first = conditions[0]
    about = [first["measure"] + (f", {first['unit']}" if "unit" in shared else "")]
    about += [first["data"]] if "data" in shared else []
    rows = []
    for item in conditions:
        tuned = "; ".join(json.dumps(edit) for edit in item["chosen"] if edit)
        cells = [item[key] for key in ("data", "unit") if key not in shared]
        rows.append(
            (
                item["label"] + (f" (best: `{tuned}`)" if tuned else ""),
                *([", ".join(cells)] if cells else []),
                _number(item["worse"]),
                _number(item["better"]),
                f"{_number(item['effect'])} ({_number(item['low'])} to {_number(item['high'])})",
                _number(item["matters"]),
                OUTCOMES[item["outcome"]],
            )
        )
    more = ["data"] * (len(rows[0]) - 6)
    head = ("first against second", *more, "first", "second", "effect", "matters from", "borne out")
    return [f"{'; '.join(about)}.".capitalize(), _table(head, rows)]


def _interval(value: dict[str, Any], sign: str = "") -> str:
    """sign: '+' for a difference."""
    return f"{value['mean']:{sign}.3f} ({value['low']:{sign}.3f} to {value['high']:{sign}.3f})"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) >= 10 or 0 < abs(value) < 0.001 else f"{value:.4f}"


def _table(head: tuple, rows: list[tuple]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
