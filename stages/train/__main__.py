"""python -m stages.train: data/model/, data/predictions/ and data/training/."""

import pandas as pd
from tqdm import tqdm

from stages import params
from stages.files import (
    SPLITS,
    read_array,
    read_json,
    replaced_folder,
    run_stage,
    write_arrays,
    write_csv,
    write_json,
    write_table,
)
from stages.mlp import runtime
from stages.mlp.batches import Part
from stages.mlp.fit import train
from stages.mlp.network import predict
from stages.mlp.program import program
from stages.train.checkpoint import Checkpoint, fingerprint
from stages.train.predictions import predictions, proper_loss


def main() -> None:
    settings = params.load("train")
    state = read_json("data/normalized/normalization.json")
    x = {name: read_array(f"data/normalized/{name}.x.npy") for name in SPLITS}
    y = {name: read_array(f"data/normalized/{name}.y.npy") for name in SPLITS}
    plan = program(settings, state["task"], len(state["classes"]), x["train"].shape[1])
    runtime.configure(settings.threads)

    parts = {name: Part(x[name], plan.contract.encode(y[name])) for name in SPLITS}
    engine = plan.engine(parts["train"])
    key = fingerprint(params.sections("train"), [*x.values(), *y.values()])
    checkpoint = Checkpoint(engine, key)
    saved = checkpoint.saved()
    done = saved.epoch if saved else 0
    if saved:
        print(f"going on after epoch {done} of an interrupted run")
    with tqdm(total=settings.epochs, initial=done, desc="train", unit="epoch", disable=None) as bar:

        def tick(epoch: int, loss: float) -> None:
            bar.update()
            bar.set_postfix(running_loss=f"{loss:.4g}", refresh=False)

        [fit] = train(
            engine,
            [plan.initial()],
            {name: [part] for name, part in parts.items()},
            [plan.course],
            proper_loss(y, plan.contract, state),
            tick,
            checkpoint.keep,
            saved,
        )
    tables = {}
    for name in SPLITS:
        outputs = predict(plan.network, fit.arrays, x[name])
        tables[name] = predictions(outputs, y[name], plan.contract, state)

    with replaced_folder("data/model") as folder:
        write_arrays(folder / "weights.npz", fit.arrays)
        outcome = {
            "status": fit.status,
            "epochs_run": fit.epochs_run,
            "kept_epoch": fit.kept_epoch,
            "divergence": fit.divergence,
        }
        write_json(folder / "network.json", {"schema": 1, **plan.described(), **outcome})
    with replaced_folder("data/predictions") as folder:
        for name, table in tables.items():
            write_table(folder / f"{name}.parquet", table)
    with replaced_folder("data/training") as folder:
        write_csv(folder / "history.csv", pd.DataFrame(fit.history))
        write_csv(folder / "probes.csv", fit.probes)
    checkpoint.clear()
    if fit.status == "diverged":
        where = fit.divergence
        print(
            f"diverged: non-finite {where['what']} at epoch {where['epoch']}, "
            f"step {where['step']}; the weights before it are kept"
        )


if __name__ == "__main__":
    run_stage(main, removed_by_dvc=True)
