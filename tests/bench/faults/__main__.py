"""python -m tests.bench.faults: seeds faults, diagnoses each, and says what was found.

Prints Markdown; with --write it becomes reports/fault_bench.md. With --log an interrupted run goes
on where it stopped: cases whose name, settings and seeds are already there are not run again, so
start a new log when the diagnosis has changed. Seed 0 is for development, 1 for the report.
"""

import argparse
import json
import os
import sys
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from tests.conftest import ROOT, settings

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Compiled graphs stay in memory as long as their process.
CASES_A_PROCESS = 8


def main() -> None:
    args = _arguments()
    # Before TensorFlow and NumPy are loaded in the processes that are started.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from tests.bench.faults.cases import chosen
    from tests.bench.faults.report import markdown

    cases = chosen(args.seed, args.cases, args.controls, args.noise)
    if args.only:
        cases = [case for case in cases if args.only in case.name]
    if args.list:
        for case in cases:
            print(case.name, *case.families)
        return
    text = markdown(_records(cases, args), _command(args), settings().diagnose.min_gain)
    if args.write:
        (ROOT / "reports" / "fault_bench.md").write_text(text, encoding="utf-8")
    else:
        print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.faults")
    parser.add_argument("--seed", type=int, default=1, help="of the sample, the data and training")
    parser.add_argument("--cases", type=int, default=120, help="with faults, over the families")
    parser.add_argument("--controls", type=int, default=36, help="sound programs")
    parser.add_argument("--noise", type=int, default=12, help="programs on pure noise")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--no-baselines", action="store_true", help="the diagnosis alone")
    parser.add_argument("--only", help="cases whose name contains this")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--log", type=Path, help="JSON lines, a case each: read, then added to")
    parser.add_argument("--write", action="store_true", help="write reports/fault_bench.md")
    return parser.parse_args()


def _command(args: argparse.Namespace) -> str:
    """What gives the same tables, times aside."""
    counts = f"--cases {args.cases} --controls {args.controls} --noise {args.noise}"
    more = " --no-baselines" * args.no_baselines + (f" --only {args.only}" if args.only else "")
    return f"python -m tests.bench.faults --seed {args.seed} {counts}{more}"


def _records(cases: list, args: argparse.Namespace) -> list[dict]:
    """A record of each case, in their order, from the log or run now."""
    known = _logged(args.log)
    wanted = {case.name: _plain(case.plain()) for case in cases}
    records = {
        name: known[name]
        for name, case in wanted.items()
        if name in known
        and known[name]["case"] == case
        and (args.no_baselines or _compared(known[name]))
    }
    # A started process knows functions of modules alone, not of __main__.
    from tests.bench.faults.scoring import examine, prepare

    waiting = [case for case in cases if case.name not in records]
    job = partial(examine, settings=settings().diagnose, baselines=not args.no_baselines)
    with (
        # Not concurrent.futures: its pool stops for ever where a worker's tasks are limited.
        get_context("spawn").Pool(args.workers, prepare, maxtasksperchild=CASES_A_PROCESS) as pool,
        tqdm(total=len(cases), initial=len(records), file=sys.stderr, unit="case") as bar,
    ):
        for found in pool.imap_unordered(job, waiting):
            record = _plain(found)
            records[record["name"]] = record
            if args.log:
                with args.log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps(record) + "\n")
            bar.set_postfix_str(f"{record['name']}: {record['state']}")
            bar.update()
    return [records[case.name] for case in cases]


def _logged(log: Path | None) -> dict[str, dict]:
    """The records of a log, by name; the last one counts. A line cut short is passed over."""
    known = {}
    if log and log.is_file():
        for line in log.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            known[record["name"]] = record
    # What failed is tried again.
    return {name: record for name, record in known.items() if record["state"] != "failed"}


def _compared(record: dict) -> bool:
    """Whether nothing but a diagnosis is missing: random search is for the faulty alone."""
    if record["state"] == "dropped" or record["case"]["kind"] != "fault":
        return True
    return "random search" in record["methods"]


def _plain(value: dict) -> dict:
    """As it is after a trip through JSON."""
    return json.loads(json.dumps(value))


if __name__ == "__main__":
    main()
