"""Prove what the loss is made of, and which edit lowers it.

python -m stages diagnose: reports/diagnosis.json, its dozen numbers for DVC's tables in
reports/ledger.json, the numbers of the page's pictures in reports/evidence.json, and its summary on
stdout.
"""

import sys

from tqdm import tqdm

from stages.diagnose import headline
from stages.diagnose.diagnosis import diagnose_with_pair
from stages.diagnose.evidence.build import evidence
from stages.lib import params
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.rows import read_bayes_losses, read_predictions, read_rows
from stages.lib.artifacts.training import read_history, read_probes
from stages.lib.core.command import run_stage
from stages.lib.core.json_files import write_json
from stages.lib.core.splits import SPLITS
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.evidence import FILE
from stages.lib.diagnosis.summary import in_colour, summary
from stages.lib.keras_fit.saved import read_trained
from stages.lib.mlp import runtime
from stages.lib.transforms.stored import read_normalized, read_state
from stages.lib.trials.subject import Subject


def main() -> None:
    settings = params.load("diagnose")
    backend = params.load("compute").backend
    sections = params.sections("normalize", "train")
    card = read_card("data/raw/card.json")
    state = read_state(card)
    x, y = read_normalized(state)
    subject = Subject(
        card=card,
        tables={name: read_rows(f"data/raw/{name}.parquet", card, name).whole() for name in SPLITS},
        sections=sections,
        state=state,
        x=x,
        y=y,
        network=read_trained("data/model/network.json"),
        history=read_history("data/training/history.csv"),
        probes=read_probes("data/training/probes.csv"),
        predictions={
            name: read_predictions(f"data/predictions/{name}.parquet", card, name)
            for name in SPLITS
        },
        bayes=read_bayes_losses("data/raw", card),
    )
    runtime.configure(sections["train"]["threads"])
    with tqdm(desc="diagnose", unit="fit", disable=None) as bar:
        content, pair = diagnose_with_pair(
            subject, settings, bar.set_description, bar.update, backend
        )
        diagnosis = schema.parse(content, schema.FILE)
        bar.set_description("evidence")
        numbers = evidence(pair, diagnosis.lead)
    write_json(schema.FILE, content)
    write_json(FILE, numbers)
    write_json(headline.FILE, headline.headline(diagnosis))
    print(summary(diagnosis, in_colour(sys.stdout)))


if __name__ == "__main__":
    run_stage(main, "diagnose", removed_by_dvc=True)
