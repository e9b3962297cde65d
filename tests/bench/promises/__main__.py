"""python -m tests.bench.promises: is the loss after a prescription where the diagnosis expects it?

Seeds a fault into a program for each table (tables.py), runs generate to diagnose in a temporary
clone, applies the prescription as `dvc exp run -S` does, and runs normalize, train and evaluate
again, with the same seed and on the whole table: does the test loss lie within `expect X (low to
high)`? Prints Markdown; --out writes it to a file too. Records stand in --log, a JSON line each: an
interrupted run goes on where it stopped, and records of other code are not used.
"""

import argparse
import os
import sys
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from tests.bench.logs import append, code, read
from tests.conftest import ROOT

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LOG = ROOT / ".cache" / "promises.jsonl"
CODE = code("stages", "tests/bench/promises")


def main() -> None:
    args = _arguments()
    # Before TensorFlow and NumPy are loaded in the processes that are started.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from tests.bench.promises.report import markdown
    from tests.bench.promises.tables import TABLES

    names = [name for name in TABLES if args.only is None or args.only in name]
    text = markdown(
        _records([(name, seed) for name in names for seed in args.seeds], args), _command(args)
    )
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.promises", description=__doc__)
    parser.add_argument("--only", help="tables whose name contains this")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], help="of rows and fits")
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--log", type=Path, default=LOG, help="JSON lines: read, then added to")
    parser.add_argument("--out", type=Path, help="a file for the Markdown")
    return parser.parse_args()


def _command(args: argparse.Namespace) -> str:
    """What gives the same table."""
    only = f" --only {args.only}" if args.only else ""
    return f"python -m tests.bench.promises --seeds {' '.join(map(str, args.seeds))}{only}"


def _records(cases: list[tuple[str, int]], args: argparse.Namespace) -> list[dict]:
    """A record of each case, in their order, from the log or run now."""
    # A started process knows functions of modules alone, not of __main__.
    from tests.bench.promises.case import examine
    from tests.bench.promises.tables import TABLES

    records = {
        (one["name"], one["seed"]): one
        for one in read(args.log, CODE)
        if one["state"] != "failed" and one["changes"] == TABLES[one["name"]].changes
    }
    waiting = [case for case in cases if case not in records]
    with (
        # Compiled graphs stay in memory as long as their process.
        get_context("spawn").Pool(args.jobs, maxtasksperchild=1) as pool,
        tqdm(total=len(cases), initial=len(cases) - len(waiting), file=sys.stderr) as bar,
    ):
        for record in pool.imap_unordered(examine, waiting):
            records[record["name"], record["seed"]] = record
            append(args.log, record | {"code": CODE})
            bar.set_postfix_str(f"{record['name']} {record['seed']}: {record['state']}")
            bar.update()
    return [records[case] for case in cases]


if __name__ == "__main__":
    main()
