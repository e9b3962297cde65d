"""python -m stages.sweep -S KEY=VALUE,VALUE [-S ...] [--seeds N] [--best K] [--backend B]

Trains every combination of the values at N seeds, train.seed and those that follow, as the
diagnosis trains its edits, beside the params as they are; prints them by validation loss and
writes data/export/sweep.csv. The best K are run as DVC experiments, for `dvc exp show`. Values are
written as for `dvc exp run -S`: train.layers=[64,32],[32]. Killed and run again, it goes on.
"""

import argparse

import numpy as np
from tqdm import tqdm

from stages import params
from stages.diagnose.prescription import command
from stages.diagnose.program import Edit, Sections, edited, effective
from stages.diagnose.subject import Data
from stages.diagnose.trials import Laboratory
from stages.files import SPLITS, read_json, read_table, run_stage, write_csv
from stages.mlp import runtime
from stages.mlp.arms import trained
from stages.mlp.backends import BACKENDS
from stages.mlp.step import Graphs
from stages.sweep import experiments, store
from stages.sweep.grid import SWEPT, grid
from stages.sweep.store import Result
from stages.sweep.table import shown, table

FILE = "data/export/sweep.csv"


def main() -> None:
    given = arguments()
    content = params.read()
    backend = given.backend or params.check(content).compute.backend
    params.choose("compute.backend", backend, BACKENDS)
    sections = {name: content[name] for name in SWEPT}
    edits = grid(given.settings, content)
    programs = [edited(sections, effective(sections, edit)) for edit in edits]
    laboratory = Laboratory(
        Data(
            card=read_json("data/raw/card.json"),
            tables={name: read_table(f"data/raw/{name}.parquet") for name in SPLITS},
        )
    )
    first = sections["train"]["seed"]
    seeds = tuple((first + i) % 2**32 for i in range(given.seeds))
    data = store.data_key()
    names = [store.key(one, seeds, data) for one in (sections, *programs)]
    runtime.configure(sections["train"]["threads"])
    results = fitted(
        dict(zip(names, (sections, *programs), strict=True)), laboratory, seeds, backend
    )

    present, *names = names
    found = table(edits, [results[name] for name in names], results[present])
    write_csv(FILE, found)
    unit = laboratory.subject.card["unit"]
    print(f"validation loss, {unit}; mean of {given.seeds} seeds; change: against params.yaml")
    print(shown(found))
    print(f"{FILE}: {len(found)} settings")
    best = [(names[i], effective(sections, edits[i])) for i in found.index[: given.best or 1]]
    if not given.best and best[0][1]:
        print(f"next: {command(best[0][1])}")
    save([(name, edit) for name, edit in best if given.best], content)


def fitted(
    programs: dict[str, Sections], laboratory: Laboratory, seeds: tuple[int, ...], backend: str
) -> dict[str, Result]:
    """The result of each program, by the name of its file: what is saved there, or trained now.

    A program's seeds are one job, so that its result does not depend on what else is in the
    sweep, or has been trained before.
    """
    store.check()
    results = {name: store.saved(name, len(seeds)) for name in programs}
    missing = [name for name, result in results.items() if result is None]
    jobs = [laboratory.job(programs[name], seeds) for name in missing]
    done = len(results) - len(missing)
    if done:
        print(f"{done} of {len(results)} settings were trained before")
    total = len(results) * len(seeds)
    with tqdm(
        desc="sweep", unit="fit", total=total, initial=done * len(seeds), disable=None
    ) as bar:
        outcomes = trained(jobs, Graphs(), backend)
        for name, job, ended in zip(missing, jobs, outcomes, strict=True):
            trials = [laboratory.trial(*pair) for pair in zip(job.arms, ended, strict=True)]
            losses = np.stack([one.losses["validation"] for one in trials])
            results[name] = Result(losses, [one.status for one in trials])
            store.save(name, results[name])
            bar.update(len(seeds))
    return results


def save(best: list[tuple[str, Edit]], content: dict) -> None:
    """Run the best settings, by the names of their files, as DVC experiments; one that is there
    already is left."""
    known = experiments.known() if best else set()
    file = content["data"]["file"]["path"]
    copied = [file] if content["data"]["source"] == "file" else []
    for name, edit in best:
        experiment = f"sweep-{name[:8]}"
        if not edit:
            print("params.yaml as it is: no experiment")
            continue
        if experiment in known:
            print(f"{experiment}: was there")
            continue
        if content["train"]["initial_weights"] is not None:
            edit = edit | {"train.initial_weights": None}  # as the sweep trained it
        experiments.run(experiment, edit, copied)
        print(f"{experiment}: {command(edit)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m stages.sweep", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("-S", dest="settings", action="append", required=True, metavar="KEY=V,V")
    parser.add_argument("--seeds", type=int, default=5, help="fits of each setting (5)")
    parser.add_argument("--best", type=int, default=0, metavar="K",
                        help="settings to run as DVC experiments (0)")  # fmt: skip
    parser.add_argument("--backend", choices=BACKENDS, help="default: compute.backend")
    given = parser.parse_args()
    if not 2 <= given.seeds <= 100:
        parser.error(f"--seeds: expected 2 to 100, for an interval. Received: {given.seeds}")
    if given.best < 0:
        parser.error(f"--best: expected a number from 0 on. Received: {given.best}")
    return given


if __name__ == "__main__":
    run_stage(main)
