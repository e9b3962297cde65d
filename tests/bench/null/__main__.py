"""python -m tests.bench.null: how often the search confirms a gain where there is none.

Real programs and all their candidate edits are trained at many seeds and judged on many rows, once
(see losses.py). Each candidate's losses are then shifted so that its mean gain is exactly nothing;
how they vary over seeds and rows stays real. A replicate draws seeds and rows from them, and the
search and the account of the diagnosis run on those: every line that they confirm is false. Then
the same with a true gain planted in one candidate, drawn anew in each replicate: is it found, does
its interval hold it, is its family ruled out? Prints Markdown; --out writes it to a file too.
The same arguments give the same bytes on the same machine. What has been run stands below .cache/:
an interrupted study goes on where it stopped, and replicates of other code are not used.
"""

import argparse
import os
import sys
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from tests.bench.logs import append, code, read
from tests.conftest import ROOT

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Replicates that a process takes at a time.
REPLICATES_PER_TASK = 20
LOG = ROOT / ".cache" / "null" / "replicates.jsonl"
CODE = code("stages", "tests/bench/null")


def main() -> None:
    args = _arguments()
    # Before TensorFlow and NumPy are loaded in the processes that are started.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from tests.bench.null.losses import PROGRAMS, measured
    from tests.bench.null.report import markdown
    from tests.bench.null.study import Cell, Counts, of_record, of_task, record_of

    programs = args.programs or list(PROGRAMS)
    for program in programs:
        print(f"losses of {program}", file=sys.stderr)
        measured(program)
    cells = [
        Cell(program, rows, seeds, gain, harm)
        for program in programs
        for rows in args.rows
        for seeds in args.seeds
        for gain, harm in ((0.0, False), (0.0, True), *((gain, False) for gain in args.gains))
    ]
    tasks = [
        (cell, range(start, min(args.replicates, start + REPLICATES_PER_TASK)))
        for cell in cells
        for start in range(0, args.replicates, REPLICATES_PER_TASK)
    ]
    known = {(cell, numbers): found for cell, numbers, found in map(of_record, read(LOG, CODE))}
    waiting = [task for task in tasks if task not in known]
    with (
        get_context("spawn").Pool(args.jobs) as pool,
        tqdm(total=len(tasks), initial=len(tasks) - len(waiting), file=sys.stderr) as bar,
    ):
        for cell, numbers, found in pool.imap_unordered(of_task, waiting):
            known[cell, numbers] = found
            append(LOG, record_of(cell, numbers, found) | {"code": CODE})
            bar.update()
    counts = {
        cell: sum((known[task] for task in tasks if task[0] == cell), Counts()) for cell in cells
    }
    text = markdown(counts, _command(args))
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.null", description=__doc__)
    number = partial(parser.add_argument, type=int)
    number("--replicates", default=300, help="of each cell")
    number("--rows", nargs="+", default=[50, 200, 600, 5000], help="test rows, and validation rows")
    number("--seeds", nargs="+", default=[5, 10], help="judging seeds")
    number("--jobs", default=2, help="processes, one thread each")
    parser.add_argument(
        "--gains", nargs="*", type=float, default=[1.5, 2.5, 4.0], help="planted, times min_gain"
    )
    parser.add_argument("--programs", nargs="+", help="income, digits, heavy_tail; default: all")
    parser.add_argument("--out", type=Path, help="a file for the Markdown")
    return parser.parse_args()


def _command(args: argparse.Namespace) -> str:
    """What gives the same tables."""
    lists = {"rows": args.rows, "seeds": args.seeds, "gains": args.gains}
    texts = [f"--{name} {' '.join(f'{one:g}' for one in values)}" for name, values in lists.items()]
    programs = f" --programs {' '.join(args.programs)}" if args.programs else ""
    return f"python -m tests.bench.null --replicates {args.replicates} {' '.join(texts)}{programs}"


if __name__ == "__main__":
    main()
