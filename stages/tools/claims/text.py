"""reports/claims.md, the README's short form, and the summary on the terminal, from the content of
claims.json."""

from typing import Any

from stages.tools.claims.programs import ABOUT, LOSSES
from stages.tools.claims.verdicts import VERDICTS
from stages.tools.claims.words import amount, between, counted, interval, place, spread, table

MEAN = ("mean", "low", "high")
WORDS = {
    "running": "running, last epoch",
    "training": "training, evaluated",
    "held_out": "held out",
}


def short_form(content: dict[str, Any]) -> str:
    """A line a claim: what it comes to, and what to do. Its verdict and effect are those of its
    first part."""
    rows = []
    for claim in content["claims"]:
        first = claim["parts"][0]
        effect = spread(first["pooled"], first["unit"], MEAN)
        rows.append(
            (claim["letter"], first["says"], f"**{first['verdict']}**", effect, claim["do"])
        )
    return table(("", "the first part", "verdict", "effect", "what to do"), rows)


def parts_table(content: dict[str, Any]) -> str:
    """A line a part."""
    rows = []
    for claim in content["claims"]:
        for part in claim["parts"]:
            unit, pooled, extremes = part["unit"], part["pooled"], part["where"]
            rows.append(
                (
                    f"[{claim['letter']}](#{anchor(claim)})",
                    part["says"],
                    part["verdict"],
                    spread(pooled, unit, MEAN),
                    spread(part["untuned"], unit, MEAN),
                    counted(part["counts"]),
                    place(extremes["best"], unit) if extremes else "–",
                    place(extremes["worst"], unit) if extremes else "–",
                )
            )
    head = ("", "part", "verdict", "effect", "untuned", "data sets", "most for", "most against")
    return table(head, rows)


def anchor(claim: dict[str, Any]) -> str:
    """GitHub's anchor of a claim's heading."""
    return f"{claim['letter']}-{claim['title'].replace(' ', '-')}".lower()


def summary(content: dict[str, Any]) -> str:
    """A line a part, and how many have which verdict."""
    lines = []
    verdicts = []
    for claim in content["claims"]:
        for part in claim["parts"]:
            effect = spread(part["pooled"], part["unit"], MEAN)
            lines.append(f"{claim['letter']}  {part['says']:<44} {part['verdict']:<24} {effect}")
            verdicts.append(part["verdict"])
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in VERDICTS)
    return "\n".join([*lines, counts])


def markdown(content: dict[str, Any]) -> str:
    """The whole report."""
    blocks = [
        "# The common advice, measured",
        "What to do, and by how much. Claim by claim, its first part; all parts below.",
        "A positive effect: the first program named is worse on rows that neither has seen, as the "
        "part says. A negative one: it is better. 100 % is all that the better one learns beyond "
        "guessing. Each has its learning rate tuned. Mean over data sets, 95 % interval.",
        short_form(content),
        "## Part by part",
        _how_to_read(content["settings"]),
        parts_table(content),
        "## The three programs",
        programs_text(content),
        "![](claims/programs.svg)",
    ]
    for claim in content["claims"]:
        blocks += _claim(claim)
    blocks += _method(content)
    return "\n\n".join(blocks) + "\n"


def _how_to_read(settings: dict[str, Any]) -> str:
    return (
        "The part says that the first program it names comes off worse. **Effect**: each side at "
        "its best learning rate on validation rows; **untuned**: at the optimizer's default; a "
        "dash where the rate is what is claimed. **Data sets**: what each one shows by itself: "
        f"yes, the effect is above {settings['min_effect']:.0%} (or the measure's own smallest "
        "one); no, it lies within that on either side; reversed, beyond it on the other side; "
        "open, it cannot be told. **Most for** and **most against**: the data set and network "
        "(activation, hidden layers) with the largest and the smallest effect. Data sets have "
        "networks of different depth, so what differs between them may be the network's. "
        "Verdicts: [how they are made](#how-it-is-measured)."
    )


def programs_text(content: dict[str, Any]) -> str:
    """The programs' losses beside the floor, on both tables."""
    study = content["programs"]
    count = study["keras_replicates"]
    rows: list[tuple[str, ...]] = []
    for key, title in (("premise", "nothing to learn"), ("learnable", "learnable")):
        entry = study[key]
        floor = f"floor {entry['floor']:.3f}"
        rows.append((f"**{entry['scenario'].replace('_', ' ')}: {title}**", "", "", floor))
        for name, about in ABOUT.items():
            losses = entry[f"program_{name}"]
            rows.append((f"{name}: {about}", *(interval(losses[kind]) for kind in LOSSES)))
            keras = [losses["keras"][kind] for kind in LOSSES]
            rows.append((f"as plain Keras, {count} of them", *(f"{k['mean']:.3f}" for k in keras)))
            above = [interval(losses["above_engine"], "+") for losses in keras]
            rows.append(("Keras less the engine, on those", *above))
    head = ("program", *(f"{WORDS[kind]} loss" for kind in LOSSES))
    return (
        f"Mean of {study['replicates']} replicates of {study['rows']:,} training rows, nats, with "
        f"95 % intervals. Held out: {study['test_rows']:,} fresh rows.\n\n" + table(head, rows)
    )


def _claim(claim: dict[str, Any]) -> list[str]:
    rows = []
    for part in claim["parts"]:
        pooled, unit = part["pooled"], part["unit"]
        if pooled is None:
            continue
        rows.append(
            (
                part["says"],
                part["on"],
                str(pooled["data_sets"]),
                between(pooled["new_low"], pooled["new_high"], unit),
                amount(pooled["tau"], unit).removeprefix("+"),
                f"{pooled['share_between']:.0%}",
                f"{pooled['region']}, {_p(pooled['q_region'])}",
                _p(pooled["q_alike"]),
            )
        )
    head = ("part", "tables", "data sets", "a new one", "tau", "I²", "mean, q", "alike, q")
    first = claim["parts"][0]
    others = [
        f"*{part['says']}*: {part['measure']}" + (f", {part['unit']}" if part["unit"] else "")
        for part in claim["parts"]
        if part["measure"] != "held-out loss"
    ]
    return [
        f"## {claim['letter']}. {claim['title']}",
        f"> {claim['says']}",
        f"Its first part, *{first['says']}*: **{first['verdict']}**. {claim['do']}",
        f"![](claims/{claim['letter']}.svg)",
        *([f"Not the held-out loss: {'; '.join(others)}."] if others else []),
        *([table(head, rows)] if rows else []),
    ]


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _method(content: dict[str, Any]) -> list[str]:
    settings = content["settings"]
    margin, learnt = f"{settings['min_effect']:.0%}", f"{settings['min_learnt']:.0%}"
    depths = ", ".join(map(str, settings["depths"]))
    rows = [
        (
            entry["name"],
            entry["about"],
            f"{entry['rows']:,}",
            "fresh rows" if entry["drawn"] else "a real table's rows",
        )
        for entry in content["data_sets"]
    ]
    return [
        "## How it is measured",
        "By `dvc repro stages/tools/claims/dvc.yaml`, from `stages/tools/claims/params.yaml`: "
        f"{settings['fits']:,} fits. Each comparison has {settings['replicates']} replicates, "
        "which differ in rows, split, initial weights and row orders; both sides share them. "
        f"Networks have {depths} hidden layers of {settings['width']} units under relu, tanh or "
        f"sigmoid, and train for {settings['epochs']} epochs; each data set has some of them, in "
        "turn, and its effect is the mean over them. Each side has a grid of learning rates; each "
        "replicate takes the one with the lowest validation loss, and is judged on test rows.",
        "Losses count up to chance. A network of which the better side learns less than "
        f"{learnt} of the chance loss is left out. An effect on a data set has Student's interval "
        "over replicates, wider where these share rows of one real table (Nadeau, Bengio, 2003).",
        "The effects of all data sets are pooled by a random-effects model: restricted maximum "
        "likelihood for tau, the deviation between data sets, and the interval of the mean by "
        "Hartung and Knapp; no effect counts as known better than to half of the smallest that "
        "matters. *A new one* is the 95 % prediction interval of the effect on a new "
        "data set; I² is the share of the variance that is between data sets. *q* is the p-value "
        "adjusted for all parts (Benjamini, Hochberg): of the verdicts that say that something is "
        f"shown of a mean, at most {settings['false_discoveries']:.0%} are expected to be false. "
        "What one data set shows is not adjusted.",
        f"**mostly holds**: the mean effect is shown to be above {margin} (or the measure's own "
        "smallest effect), and so are the effects on more than half of the data sets. **mostly "
        "the reverse**: the same on the other side. **mixed**: it is shown that data sets differ "
        "(Welch's test), and some show one thing and some another. **no effect that "
        f"matters**: the mean is shown to lie within that on either side. **not shown**: "
        "else. All of it after the adjustment: an interval may lie beyond the margin and show "
        "nothing.",
        "### The data sets",
        table(("name", "what it is", "training rows", "replicates"), rows),
    ]
