"""python -m tests.bench.mend: where a chain of prescriptions ends, beside gradient boosting.

From the committed program on, on each table (tables.py), `python -m stages mend` goes on until
nothing more is shown; its last program is judged at fresh seeds, beside scikit-learn's histogram
boosting on the same rows. Prints Markdown; --out writes it to a file too. Records stand in --log, a
JSON line each: an interrupted run goes on where it stopped, and records of other code or other
settings are not used. With nothing else on two cores all tables take about an hour.
"""

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from tests.bench.logs import append, code, read
from tests.conftest import ROOT

LOG = ROOT / ".cache" / "mend.jsonl"
CODE = code("stages", "tests/bench/mend")


def main() -> None:
    args = _arguments()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # before TensorFlow is loaded
    from tests.bench.mend.report import markdown
    from tests.bench.mend.tables import TABLES

    names = [name for name in TABLES if args.only is None or name in args.only]
    text = markdown(_records(names, args), _command(args))
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mend", description=__doc__)
    parser.add_argument("--only", nargs="+", help="these tables")
    parser.add_argument("--seed", type=int, default=1, help="of rows and fits")
    parser.add_argument("--rounds", type=int, default=6, help="of each chain at most")
    parser.add_argument("--seconds", type=float, default=900.0, help="of each chain")
    parser.add_argument("--budget", type=float, default=60.0, help="diagnose.seconds")
    parser.add_argument("--log", type=Path, default=LOG, help="JSON lines: read, then added to")
    parser.add_argument("--out", type=Path, help="a file for the Markdown")
    return parser.parse_args()


def _settings(args: argparse.Namespace) -> dict:
    return {"rounds": args.rounds, "seconds": args.seconds, "budget": args.budget}


def _command(args: argparse.Namespace) -> str:
    """What gives the same table."""
    only = f" --only {' '.join(args.only)}" if args.only else ""
    options = " ".join(f"--{key} {value:g}" for key, value in _settings(args).items())
    return f"python -m tests.bench.mend --seed {args.seed} {options}{only}"


def _records(names: list[str], args: argparse.Namespace) -> list[dict]:
    """A record of each table, in their order, from the log or run now."""
    from tests.bench.mend.case import examine

    settings = {"seed": args.seed, **_settings(args)}
    records = {
        one["name"]: one
        for one in read(args.log, CODE)
        if one["state"] == "done" and settings.items() <= one.items()
    }
    waiting = [name for name in names if name not in records]
    with tqdm(total=len(names), initial=len(names) - len(waiting), file=sys.stderr) as bar:
        for name in waiting:
            bar.set_postfix_str(name)
            records[name] = examine(name, args.seed, _settings(args))
            append(args.log, records[name] | {"code": CODE})
            bar.update()
    return [records[name] for name in names]


if __name__ == "__main__":
    main()
