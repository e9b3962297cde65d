"""python -m tests.bench.budget: whether a diagnosis takes the time that it is planned for.

Programs from 4 to 1,000,000 rows, batches of 1 to 4,096 and 1 to 10,000 epochs are diagnosed one
after the other, each in a process of its own, at the committed `diagnose.seconds`. Printed are the
seconds that the work takes at nominal speeds, by which it is planned, those of wall time, and the
latter as a multiple of `diagnose.seconds`. Of the diagnosis alone: imports, generation and the
training of the program itself are left out. On an otherwise idle machine.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.conftest import settings

# Wall time by `diagnose.seconds`, up to which these are said to be kept.
FACTOR = 1.5


def _synthetic(scenario: str, rows: int, batch: int, epochs: int, **more: Any) -> dict[str, Any]:
    return {
        "data.synthetic.scenario": scenario,
        "data.synthetic.rows": rows,
        "train.batch_size": batch,
        "train.epochs": epochs,
        **{key.replace("__", "."): value for key, value in more.items()},
    }


def _bundled(dataset: str, batch: int, epochs: int) -> dict[str, Any]:
    return {
        "data.source": "bundled",
        "data.bundled.dataset": dataset,
        "train.batch_size": batch,
        "train.epochs": epochs,
    }


# A table that no scenario is as small as.
XOR = "a,b,label\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n"
XOR_FILE = "data/inputs/xor.csv"
FOUR_ROWS = {
    "data.source": "file",
    "data.file.path": XOR_FILE,
    "data.file.target": "label",
    "train.batch_size": 4,
    "train.epochs": 10_000,
}
# Changed keys of params.yaml by what is diagnosed.
PROGRAMS: dict[str, dict[str, Any]] = {
    "4 rows": FOUR_ROWS,
    "20 rows, batches of one": _synthetic("income", 20, 1, 150),
    "49 rows": _synthetic("friedman", 49, 8, 1_000),
    "200 rows, batches of one": _synthetic("moons", 200, 1, 50),
    "200 rows": _synthetic("friedman", 200, 32, 2_000),
    "breast_cancer": _bundled("breast_cancer", 32, 100),
    "digits": _bundled("digits", 64, 50),
    "default": {},
    "3,000 rows, batches of one": _synthetic("income", 3_000, 1, 5),
    "3,000 rows, one batch": _synthetic("gaussian_classes", 3_000, 4_096, 10_000),
    "10,000 rows, wide": _synthetic("gaussian_classes", 10_000, 128, 30, train__layers=[512, 512]),
    "30,000 rows": _synthetic("income", 30_000, 32, 30),
    "50,000 rows": _synthetic("friedman", 50_000, 256, 100),
    "100,000 rows": _synthetic("moons", 100_000, 32, 10),
    "300,000 rows": _synthetic("income", 300_000, 1_024, 20),
    "1,000,000 rows, one epoch": _synthetic("income", 1_000_000, 128, 1),
    "1,000,000 rows": _synthetic("income", 1_000_000, 4_096, 20),
}


def measured(name: str) -> dict[str, float]:
    """Seconds at nominal speeds, of wall time and of the processor, of one program's diagnosis."""
    from stages.diagnose.diagnosis import diagnose
    from stages.lib.mlp import runtime
    from tests.conftest import content_of
    from tests.subjects import subject_of

    runtime.configure(1)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path(XOR_FILE).parent.mkdir(parents=True)
        Path(XOR_FILE).write_text(XOR)
        subject = subject_of(content_of(**PROGRAMS[name]))
    start, used = time.perf_counter(), time.process_time()
    content = diagnose(subject, settings().diagnose)
    seconds = time.perf_counter() - start
    budget = content["budget"]
    return {
        "nominal": budget["seconds"],
        "seconds": seconds,
        "cpu": time.process_time() - used,
        "fits": budget["fits"],
        "rows": budget["rows"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.budget", description=__doc__)
    parser.add_argument("--only", choices=PROGRAMS, help="this one, as JSON")
    only = parser.parse_args().only
    if only:
        print(json.dumps(measured(only)))
        return
    limit = settings().diagnose.seconds
    print("| program | batch | epochs | rows | fits | nominal, s | took, s | of the limit |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    held = 0
    for name, changes in PROGRAMS.items():
        command = [sys.executable, "-m", "tests.bench.budget", "--only", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        result = json.loads(done.stdout.splitlines()[-1])
        ratio = result["seconds"] / limit
        held += ratio <= FACTOR
        train = settings(**changes).train
        size = f"{train.batch_size:,} | {train.epochs:,} | {result['rows']:,} | {result['fits']:,}"
        seconds = f"{result['nominal']:.0f} | {result['seconds']:.0f} | {ratio:.2f}"
        print(f"| {name} | {size} | {seconds} |", flush=True)
    print(f"\n{limit:g} s are kept within {FACTOR} times by {held} of {len(PROGRAMS)}.")


if __name__ == "__main__":
    main()
