"""python -m tests.bench.generate [--rows N] [--columns N]: a large CSV through generate and
normalize.

Writes such a file into a temporary clone (of ten columns six are decimal numbers, two whole ones
and two text; the last is the target), reads it with pandas.read_csv, and runs the two stages, each
in a process of its own that may have 4 GiB of private memory. Printed, as Markdown: seconds, also
in those of pandas, and the most private memory in use. Seconds hold the start of Python and its
imports.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from tests.conftest import ROOT, edit_params, run
from tests.memory import MIB, watched

LIMIT = 4096 * MIB
BLOCK = 100_000
PATH = "data/inputs/large.csv"
READ = {
    "pandas.read_csv": f"import pandas; pandas.read_csv({PATH!r})",
    "generate, its reading alone": (
        "from stages import params; from stages.generate import table; "
        "table.load(params.load('data').file)"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.generate", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--columns", type=int, default=30)
    given = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="ledger-generate-"))
    try:
        folder = place / "repository"
        run(place, "git", "clone", "--quiet", str(ROOT), str(folder))
        write(folder / PATH, given.rows, given.columns)
        source = {"data.source": "file", "data.file.path": PATH, "data.file.target": "y"}
        edit_params(folder, **source, **{"normalize.features": "standard"})
        size = (folder / PATH).stat().st_size
        print(f"{given.rows:,} rows x {given.columns} columns, {size / MIB:,.0f} MiB of CSV:\n")
        print("| | seconds | times pandas.read_csv | peak memory, MiB |\n|---|---:|---:|---:|")
        pandas = None
        commands = {name: ["-c", code] for name, code in READ.items()}
        commands |= {stage: ["-m", f"stages.{stage}"] for stage in ("generate", "normalize")}
        for name, command in commands.items():
            most, seconds = watched(folder, command, None if name.startswith("pandas") else LIMIT)
            pandas = pandas or seconds
            memory = most["RssAnon"] / MIB
            print(
                f"| {name} | {seconds:.1f} | {seconds / pandas:.2f} | {memory:,.0f} |", flush=True
            )
    finally:
        shutil.rmtree(place)


def write(path: Path, rows: int, columns: int) -> None:
    """A table of so many rows and columns."""
    rng = np.random.default_rng(0)
    writer = None
    for start in range(0, rows, BLOCK):
        size = min(BLOCK, rows - start)
        table = pa.table({name: _cells(name, size, rng) for name in _names(columns)})
        writer = writer or csv.CSVWriter(path, table.schema)
        writer.write(table)
    writer.close()


def _names(columns: int) -> list[str]:
    kinds = ("decimal", "whole", "decimal", "text", "decimal") * 2
    return [f"{kinds[k % 10]}_{k}" for k in range(columns - 1)] + ["y"]


def _cells(name: str, size: int, rng: np.random.Generator) -> np.ndarray:
    if name.startswith("decimal"):
        return rng.normal(0, 100, size).round(4)
    if name.startswith("whole"):
        return rng.integers(0, 10_000, size)
    if name == "y":
        return np.array(["no", "yes"])[rng.integers(0, 2, size)]
    return np.array([f"level {k}" for k in range(20)])[rng.integers(0, 20, size)]


if __name__ == "__main__":
    main()
