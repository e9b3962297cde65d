"""python -m tests.bench.faults: seeds faults, diagnoses each, and says what was found.

Prints Markdown; with --write it becomes reports/fault_bench.md. With --log an interrupted run goes
on where it stopped: cases whose name, settings and seeds are already there are not run again, so
start a new log when the diagnosis has changed. Seed 0 is for development, 1 for the report.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from tests.conftest import ROOT, settings

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Compiled graphs stay in memory as long as their process, several hundred a case.
CASES_A_PROCESS = 1


def main() -> None:
    args = _arguments()
    # Before TensorFlow and NumPy are loaded in the processes that are started.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from tests.bench.faults.cases import chosen
    from tests.bench.faults.report import markdown

    cases = chosen(args.seed, args.cases, args.controls, args.noise)
    if args.only:
        cases = [case for case in cases if any(part in case.name for part in args.only)]
    if args.list:
        for case in cases:
            words = (case.kind, case.origin, ",".join(case.families), ",".join(case.checks))
            print(case.name, *(word for word in words if word))
        return
    text = markdown(_records(cases, args), _command(args), settings().diagnose.min_gain)
    if args.write:
        (ROOT / "reports" / "fault_bench.md").write_text(text, encoding="utf-8")
    else:
        print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.faults")
    parser.add_argument("--seed", type=int, default=1, help="of the sample, the data and training")
    parser.add_argument("--cases", type=int, default=150, help="with faults, some are dropped")
    parser.add_argument("--controls", type=int, default=40, help="sound programs")
    parser.add_argument("--noise", type=int, default=20, help="programs on pure noise")
    parser.add_argument(
        "--agreement",
        type=int,
        default=0,
        metavar="N",
        help="diagnose the first N faulty cases from ten seeds each too",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    parser.add_argument(
        "--searches",
        type=int,
        metavar="N",
        help="random search and TPE, which take minutes a case, for N faulty cases; all by default",
    )
    parser.add_argument("--no-baselines", action="store_true", help="the diagnosis alone")
    parser.add_argument("--only", nargs="+", help="cases whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--log", type=Path, help="JSON lines, a case each: read, then added to")
    parser.add_argument("--write", action="store_true", help="write reports/fault_bench.md")
    return parser.parse_args()


def _command(args: argparse.Namespace) -> str:
    """What gives the same tables, times aside."""
    counts = f"--cases {args.cases} --controls {args.controls} --noise {args.noise}"
    more = f" --agreement {args.agreement}" if args.agreement else ""
    more += "" if args.searches is None else f" --searches {args.searches}"
    more += " --no-baselines" * args.no_baselines
    more += f" --only {' '.join(args.only)}" if args.only else ""
    return f"python -m tests.bench.faults --seed {args.seed} {counts}{more}"


def _records(cases: list, args: argparse.Namespace) -> list[dict]:
    """A record of each job, in their order, from the log or run now."""
    # A started process knows functions of modules alone, not of __main__.
    from tests.bench.faults.examine import AGREEING_RUNS, agree, call, examine, prepare

    diagnose, asked = settings().diagnose, _asked(cases, args)
    jobs: dict[str, Callable[[], dict]] = {}
    plain = {}
    for case in cases:
        jobs[case.name] = partial(examine, case, diagnose, asked[case.name])
        plain[case.name] = _plain(case.plain())
    for case in [case for case in cases if case.kind == "fault"][: args.agreement]:
        for run in range(AGREEING_RUNS):
            name = f"agreement/{case.name}/{run}"
            jobs[name], plain[name] = partial(agree, case, run, diagnose), _plain(case.plain())
    records = {
        name: record
        for name, record in _logged(args.log).items()
        if name in jobs
        and record["case"] == plain[name]
        and (record["state"] != "scored" or {*asked.get(name, ())} <= {*record["methods"]})
    }
    waiting = [job for name, job in jobs.items() if name not in records]
    with (
        # Not concurrent.futures: its pool stops for ever where a worker's tasks are limited.
        get_context("spawn").Pool(args.workers, prepare, maxtasksperchild=CASES_A_PROCESS) as pool,
        tqdm(total=len(jobs), initial=len(records), file=sys.stderr, unit="case") as bar,
    ):
        for found in pool.imap_unordered(call, waiting):
            record = _plain(found)
            records[record["name"]] = record
            if args.log:
                with args.log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps(record) + "\n")
            bar.set_postfix_str(f"{record['name']}: {record['state']}")
            bar.update()
    return [records[name] for name in jobs]


def _asked(cases: list, args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    """The methods that each case is given to beside the diagnosis, by its name. Sound programs are
    not searched; of the faulty ones N are, at even distances."""
    from tests.bench.faults.examine import COMPARED, SEARCHES

    faulty = [case.name for case in cases if case.kind == "fault"]
    count = len(faulty) if args.searches is None else min(args.searches, len(faulty))
    searched = {faulty[i * len(faulty) // count] for i in range(count)}
    quick = tuple(name for name in COMPARED if name not in SEARCHES)
    if args.no_baselines:
        return {case.name: () for case in cases}
    return {case.name: COMPARED if case.name in searched else quick for case in cases}


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


def _plain(value: dict) -> dict:
    """As it is after a trip through JSON."""
    return json.loads(json.dumps(value))


if __name__ == "__main__":
    main()
