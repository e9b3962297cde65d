"""A training set larger than the memory that the process may use."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.array_files import write_array, write_blocks
from tests.conftest import edit_params, run
from tests.memory import MIB, peaks

INPUTS, BLOCK = 500, 20_000
SMALL = {
    "data.synthetic.scenario": "gaussian_classes",
    "data.synthetic.features": INPUTS,
    "data.synthetic.classes": 2,
    "train.layers": [],  # a linear model has one optimum, whatever the order of the rows
    "train.batch_size": 500,
    "train.epochs": 1,
    "train.learning_rate": 0.001,
}


def write_tables(folder: Path, rows: int) -> None:
    """Normalized data of so many training rows: the sign of the first input, seen through noise."""
    for name, count in {"train": rows, "validation": 1000, "test": 1000}.items():
        rng = np.random.default_rng(len(name))
        sizes = [BLOCK] * (count // BLOCK) + [count % BLOCK] * (count % BLOCK > 0)
        signs = []

        def blocks(rng=rng, sizes=sizes, signs=signs):
            for size in sizes:
                x = rng.standard_normal((size, INPUTS), "float32")
                signs.append(x[:, :1] + rng.standard_normal((size, 1)) > 0)
                yield x

        write_blocks(folder / f"data/normalized/{name}.x.npy", blocks(), count)
        write_array(folder / f"data/normalized/{name}.y.npy", np.concatenate(signs).astype("int32"))


def trained(folder: Path, limit: int | None = None) -> int:
    """Run the train stage, with so many bytes of private memory at most; the most that it had."""
    return peaks(folder, "train", limit)["VmData"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux'")
def test_a_table_beyond_the_limit_trains_to_the_same_loss(finished_run):
    edit_params(finished_run, **SMALL, **{"train.shuffle_buffer": 64})
    for stage in ("generate", "normalize"):
        run(finished_run, sys.executable, "-m", f"stages.{stage}")
    write_tables(finished_run, 1000)
    # What TensorFlow takes for itself, and room for the buffer and some blocks.
    limit = trained(finished_run) + 600 * MIB
    rows = int(1.1 * limit / (4 * INPUTS))
    write_tables(finished_run, rows)
    assert (finished_run / "data/normalized/train.x.npy").stat().st_size > limit
    trained(finished_run, limit)
    history = finished_run / "data/training/history.csv"
    beyond = pd.read_csv(history).iloc[-1]
    edit_params(finished_run, **{"train.shuffle_buffer": 2**20})
    trained(finished_run)
    whole = pd.read_csv(history).iloc[-1]
    assert whole["running_loss"] != beyond["running_loss"]
    for name in ("training_proper", "validation_proper"):
        assert beyond[name] == pytest.approx(whole[name], abs=0.01)
    # It has learnt: the labels follow one input with noise of the same size; chance is ln 2.
    assert beyond["validation_proper"] < 0.6
