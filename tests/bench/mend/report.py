"""The chains' Markdown."""

import json

from tests.bench.markdown import markdown_table

# Of what boosting learns, the share from which a chain's end needs no word.
ENOUGH = 0.95

EXPLAINED = """Each chain began with the committed program and went on until nothing more was shown,
or the budget was spent. *First* and *end* are mean losses at five seeds that no round used, on the
same test rows as scikit-learn's histogram boosting (default settings, fitted to the same training
rows): nats, or squared target units. *Learnt* is the end's distance from chance as a share of
boosting's. Tables called *-like* are made to the shape of the real ones (`made.py`), and nothing
here is a figure of these."""


def learnt(record: dict) -> float:
    """The end's distance from chance as a share of boosting's."""
    return (record["chance"] - record["after"]) / (record["chance"] - record["boosting"])


def markdown(records: list[dict], command: str) -> str:
    """All of it."""
    done = [one for one in records if one["state"] == "done"]
    near = sum(learnt(one) >= ENOUGH for one in done)
    summary = (
        f"{near} of {len(records)} chains end at {ENOUGH:.0%} of what boosting learns or more."
    )
    text = ["# Mend", f"`{command}`", EXPLAINED, summary, _cases(done), _remains(done)]
    failed = [(one["name"], one["reason"].strip().splitlines()[-1]) for one in records
              if one["state"] == "failed"]  # fmt: skip
    if failed:
        text += ["## Failed", markdown_table(("table", "reason"), failed)]
    return "\n\n".join(block for block in text if block)


def _cases(records: list[dict]) -> str:
    rows = [
        (
            one["name"],
            f"{one['rows']:,}",
            one["rounds_done"],
            *(f"{one[key]:.4g}" for key in ("chance", "before", "after", "boosting")),
            f"{learnt(one):.1%}",
            f"{one['took']:.0f}",
            one["ended"],
        )
        for one in records
    ]
    head = ("table", "rows", "rounds", "chance", "first", "end", "boosting", "learnt", "s", "ended")
    return markdown_table(head, rows)


def _remains(records: list[dict]) -> str:
    """What each table's last program is, and what its diagnosis says is left where it is behind."""
    blocks = []
    for one in records:
        words = ", ".join(f"{key}={json.dumps(new)}" for key, new in one["edit"].items())
        text = f"**{one['name']}**: `{words or 'no edit'}`"
        if learnt(one) < ENOUGH:
            reference = f"{one['reference']}, {one['reference_loss']:.4g}"
            text += f". Behind; the best reference of its ledger: {reference}. {one['remains']}"
        blocks.append(text)
    return "\n\n".join(blocks)
