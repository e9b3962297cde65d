"""Train the network.

python -m stages train: data/model/, data/predictions/ and data/training/.

Where TF_CONFIG names several workers each takes a share of every batch, and the first one writes.
"""

import pandas as pd

from stages.lib import params
from stages.lib.core.array_files import write_arrays
from stages.lib.core.atomic import replaced_folder
from stages.lib.core.command import run_stage
from stages.lib.core.csv_files import write_csv
from stages.lib.core.json_files import write_json
from stages.lib.core.parquet_files import write_tables
from stages.lib.core.splits import SPLITS
from stages.lib.mlp import runtime
from stages.lib.mlp.arms import table_of
from stages.lib.mlp.program import program
from stages.lib.mlp.workers import join_workers
from stages.lib.transforms.stored import read_normalized, read_state, read_weights
from stages.train.checkpoint import Checkpoint, fingerprint
from stages.train.predictions import predicted
from stages.train.run import initial, progress, remarks, trained, trained_network


def main() -> None:
    settings = params.load("train")
    state = read_state()
    x, y = read_normalized(state)
    w = read_weights(state)
    plan = program(settings, state.task, len(state.inputs))
    runtime.configure(settings.threads, settings.device, plan.step_operations)
    workers = join_workers()

    start = initial(plan)
    parts = table_of(settings, state.task, x, y, w).parts(plan)
    engine = plan.engine(parts["train"], workers)
    arrays = [*x.values(), *y.values(), *w.values(), *start.values()]
    key = fingerprint(params.sections("train"), arrays)
    checkpoint = Checkpoint(engine, key)
    with checkpoint.rescuing(), workers.lost_process_as_error():
        workers.agree(key)
        saved = checkpoint.saved()
        with progress(settings.epochs, saved.epoch if saved else 0) as tick:
            fit = trained(plan, engine, parts, state, start, tick, checkpoint.keep, saved)
    if not workers.chief:
        return

    with replaced_folder("data/model") as folder:
        write_arrays(folder / "weights.npz", fit.arrays)
        write_json(folder / "network.json", trained_network(plan, fit).plain())
    with replaced_folder("data/predictions") as folder:
        for name in SPLITS:
            blocks = predicted(plan, fit.arrays, parts[name], state)
            write_tables(folder / f"{name}.parquet", blocks)
    with replaced_folder("data/training") as folder:
        write_csv(folder / "history.csv", pd.DataFrame(fit.history))
        write_csv(folder / "probes.csv", fit.probes)
    checkpoint.clear()
    for line in remarks(plan, parts, fit):
        print(line)


if __name__ == "__main__":
    run_stage(main, "train", removed_by_dvc=True)
