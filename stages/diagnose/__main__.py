"""python -m stages.diagnose: reports/diagnosis.json, and its summary on stdout."""

from tqdm import tqdm

from stages import params
from stages.diagnose import schema
from stages.diagnose.diagnosis import diagnose
from stages.diagnose.subject import Subject
from stages.diagnose.summary import summary
from stages.files import (
    SPLITS,
    read_array,
    read_csv,
    read_json,
    read_table,
    run_stage,
    write_json,
)
from stages.mlp import runtime
from stages.mlp.backends import BACKENDS


def main() -> None:
    settings = params.load("diagnose")
    backend = params.choose("compute.backend", params.load("compute").backend, BACKENDS)
    sections = params.sections("normalize", "train")
    subject = Subject(
        card=read_json("data/raw/card.json"),
        tables={name: read_table(f"data/raw/{name}.parquet") for name in SPLITS},
        sections=sections,
        state=read_json("data/normalized/normalization.json"),
        x={name: read_array(f"data/normalized/{name}.x.npy") for name in SPLITS},
        y={name: read_array(f"data/normalized/{name}.y.npy") for name in SPLITS},
        network=read_json("data/model/network.json"),
        history=read_csv("data/training/history.csv"),
        probes=read_csv("data/training/probes.csv"),
        predictions={name: read_table(f"data/predictions/{name}.parquet") for name in SPLITS},
    )
    runtime.configure(sections["train"]["threads"])
    with tqdm(desc="diagnose", unit="fit", disable=None) as bar:
        content = diagnose(subject, settings, bar.set_description, bar.update, backend)
    write_json(schema.FILE, content)
    print(summary(content))


if __name__ == "__main__":
    run_stage(main, "diagnose", removed_by_dvc=True)
