"""python -m tests.bench.memory [MILLIONS]: what normalize and train need for a large table.

Draws a scenario of so many million rows and 50 columns in a temporary clone, runs the two stages,
and prints the most memory that each was seen to have, beside the size of the training inputs:
first with a shuffle buffer of an eighth of them, then with all in one. Private memory has to be
there; pages of files the system takes back when it needs them.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import pandas as pd

from tests.conftest import ROOT, edit_params, run
from tests.memory import MIB, peaks

FEATURES = 50
SETTINGS = {
    "data.synthetic.scenario": "gaussian_classes",
    "data.synthetic.features": FEATURES,
    "normalize.features": "standard",
    "train.layers": [32, 16],
    "train.batch_size": 1024,
    "train.epochs": 2,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("millions", nargs="?", type=float, default=4.0)
    rows = int(parser.parse_args().millions * 10**6)
    place = Path(tempfile.mkdtemp(prefix="ledger-memory-"))
    try:
        folder = place / "repository"
        run(place, "git", "clone", "--quiet", str(ROOT), str(folder))
        edit_params(folder, **SETTINGS, **{"data.synthetic.rows": rows})
        run(folder, sys.executable, "-m", "stages.generate")
        normalize = peaks(folder, "normalize")
        inputs = (folder / "data/normalized/train.x.npy").stat().st_size
        print(f"training inputs: {inputs / MIB:,.0f} MiB, {rows:,} rows in all")
        print("stage       buffer, MiB  private, MiB  with pages of files, MiB  validation loss")
        print(f"normalize {'':13} {_shown(normalize)}")
        for buffer in (inputs // 8 // MIB, inputs // MIB + 1):
            edit_params(folder, **{"train.shuffle_buffer": int(buffer)})
            train = peaks(folder, "train")
            loss = pd.read_csv(folder / "data/training/history.csv")["validation_proper"].iloc[-1]
            print(f"train     {buffer:13,} {_shown(train)} {loss:16.5f}", flush=True)
    finally:
        shutil.rmtree(place)


def _shown(most: dict[str, int]) -> str:
    return f"{most['RssAnon'] / MIB:13,.0f} {most['VmRSS'] / MIB:25,.0f}"


if __name__ == "__main__":
    main()
