"""Train the network.

python -m stages train: data/model/, data/predictions/ and data/training/.

Where TF_CONFIG names several workers each takes a share of every batch, and the first one writes.
A Keras model (train.model.file) is trained by Keras' own fit, in one process.
"""

import pandas as pd

from stages.lib import params
from stages.lib.core.array_files import write_arrays
from stages.lib.core.atomic import replaced_folder
from stages.lib.core.command import run_stage
from stages.lib.core.csv_files import write_csv
from stages.lib.core.json_files import write_json
from stages.lib.core.parquet_files import write_tables
from stages.lib.transforms.stored import read_normalized, read_state, read_weights
from stages.train.chain import train_chain
from stages.train.model import train_model
from stages.train.result import Given
from stages.train.run import LIVE


def main() -> None:
    settings = params.load("train")
    state = read_state()
    x, y = read_normalized(state)
    given = Given(settings, params.sections("train"), state, x, y, read_weights(state))
    if settings.model.file is None:
        trained = train_chain(given)
        if trained is None:
            return
        result, written = trained
    else:
        result, written = train_model(given), None

    with replaced_folder("data/model") as folder:
        write_arrays(folder / "weights.npz", result.arrays)
        write_json(folder / "network.json", result.network)
    with replaced_folder("data/predictions") as folder:
        for name, tables in result.predictions.items():
            write_tables(folder / f"{name}.parquet", tables)
    with replaced_folder("data/training") as folder:
        write_csv(folder / LIVE.name, pd.DataFrame(result.history))
        write_csv(folder / "probes.csv", result.probes)
    if written is not None:
        written()
    for line in result.remarks:
        print(line)


if __name__ == "__main__":
    run_stage(main, "train", removed_by_dvc=True)
