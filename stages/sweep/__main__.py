"""python -m stages.sweep -S KEY=VALUE,VALUE [-S ...] [--seeds N] [--best K] [--backend B]

Trains every combination of the values at N seeds, train.seed and those that follow, as the
diagnosis trains its edits, beside the params as they are; prints them by validation loss and
writes data/export/sweep.csv. The best K are run as DVC experiments, for `dvc exp show`. Values are
written as for `dvc exp run -S`: train.layers=[64,32],[32]. Killed and run again, it goes on.
"""

import argparse
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from stages import params
from stages.diagnose.prescription import command
from stages.diagnose.program import Edit, Sections, edited, effective
from stages.diagnose.subject import Data
from stages.diagnose.trials import Laboratory
from stages.files import SPLITS, run_stage, write_csv
from stages.mlp import runtime
from stages.mlp.arms import trained
from stages.mlp.backends import BACKENDS
from stages.mlp.step import Graphs
from stages.shapes import read_card, read_rows
from stages.sweep import experiments, store
from stages.sweep.grid import SWEPT, grid
from stages.sweep.store import Result
from stages.sweep.table import shown, table

FILE = "data/export/sweep.csv"


def main() -> None:
    given = arguments()
    content = params.read()
    settings = params.check(content)
    backend = given.backend or settings.compute.backend
    params.choose("compute.backend", backend, BACKENDS)
    edits = grid(given.settings, content)
    present = {name: content[name] for name in SWEPT}
    changes = [effective(present, edit) for edit in edits]
    card = read_card("data/raw/card.json")
    rows = {name: read_rows(f"data/raw/{name}.parquet", card, name).whole() for name in SPLITS}
    data = Data(card, rows)
    laboratory = Laboratory(data)
    first = present["train"]["seed"]
    seeds = tuple((first + i) % 2**32 for i in range(given.seeds))
    runtime.configure(present["train"]["threads"])
    programs = [present, *(edited(present, change) for change in changes)]
    before, *after = fitted(programs, laboratory, seeds, backend)

    results = [fit.result for fit in after]
    found = table(edits, results, before.result, data.design(rows["validation"]))
    write_csv(FILE, found)
    unit = card["unit"]
    print(f"validation loss, {unit}, mean of {given.seeds} seeds; its change against params.yaml")
    print(shown(found))
    print(f"{FILE}: {len(found)} settings")
    best = [(after[i].name, changes[i]) for i in found.index[: given.best]]
    save(best, content)


@dataclass(frozen=True)
class Fitted:
    """A program's result, and the name under which it is kept."""

    name: str
    result: Result


def fitted(
    programs: list[Sections], laboratory: Laboratory, seeds: tuple[int, ...], backend: str
) -> list[Fitted]:
    """Each program's result: what is saved of an earlier sweep, or trained now and saved.

    A program's seeds are one job, so that its result does not depend on what else is in the
    sweep, or has been trained before.
    """
    store.check()
    data = store.data_key()
    names = [store.key(one, seeds, data) for one in programs]
    results = {name: store.saved(name, len(seeds)) for name in names}
    missing = {name: one for name, one in zip(names, programs, strict=True) if not results[name]}
    done = len(results) - len(missing)
    if done:
        print(f"{done} of {len(results)} settings were trained before")
    jobs = [laboratory.job(one, seeds) for one in missing.values()]
    with tqdm(
        desc="sweep", unit="fit", total=len(results) * len(seeds), initial=done * len(seeds),
        disable=None,
    ) as bar:  # fmt: skip
        outcomes = trained(jobs, Graphs(), backend)
        for name, job, ended in zip(missing, jobs, outcomes, strict=True):
            trials = [laboratory.trial(*pair) for pair in zip(job.arms, ended, strict=True)]
            losses = np.stack([one.losses["validation"] for one in trials])
            results[name] = Result(losses, [one.status for one in trials])
            store.save(name, results[name])
            bar.update(len(seeds))
    return [Fitted(name, results[name]) for name in names]


def save(best: list[tuple[str, Edit]], content: dict) -> None:
    """Run these changes of params.yaml as DVC experiments, named after the files of their results;
    one that is there already is left."""
    known = experiments.known() if best else set()
    file = content["data"]["file"]["path"]
    copied = [file] if content["data"]["source"] == "file" else []
    for name, change in best:
        experiment = f"sweep-{name[:8]}"
        if not change:
            print("params.yaml as it is: no experiment")
        elif experiment in known:
            print(f"{experiment}: was there")
        else:
            if content["train"]["initial_weights"] is not None:
                change = change | {"train.initial_weights": None}  # as the sweep trained it
            experiments.run(experiment, change, copied)
            print(f"{experiment}: {command(change)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m stages.sweep", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("-S", dest="settings", action="append", required=True, metavar="KEY=V,V")
    parser.add_argument("--seeds", type=int, default=5, help="fits of each setting (5)")
    parser.add_argument("--best", type=int, default=0, metavar="K",
                        help="how many to run as DVC experiments (0)")  # fmt: skip
    parser.add_argument("--backend", choices=BACKENDS, help="default: compute.backend")
    given = parser.parse_args()
    if not 2 <= given.seeds <= 100:
        parser.error(f"--seeds: expected 2 to 100, for an interval. Received: {given.seeds}")
    if given.best < 0:
        parser.error(f"--best: expected a number from 0 on. Received: {given.best}")
    return given


if __name__ == "__main__":
    run_stage(main)
