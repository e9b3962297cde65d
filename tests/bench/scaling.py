"""python -m tests.bench.scaling [ROWS ...]: time and memory of each stage against rows.

Runs every stage of the pipeline on a scenario of so many rows (default: ten thousand to ten
million) in a temporary clone, and prints reports/scaling.md: wall seconds and the most private
memory of each stage, and the law  cost = start + slope * rows^exponent  that fits them. What no
run here measured is worked out by that law, and says so.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar, nnls
from tqdm import tqdm

from tests.conftest import ROOT, STAGES, edit_params, run
from tests.memory import MIB, peaks

ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
ON_PAPER = 100_000_000
SETTINGS = {
    "data.synthetic.scenario": "gaussian_classes",
    "data.synthetic.features": 10,
    "normalize.features": "standard",
    "train.layers": [64, 32],
    "train.batch_size": 1024,
    "train.epochs": 2,
}
EXPLAINED = f"""# Time and memory against rows

As `python -m tests.bench.scaling` printed it: the scenario gaussian_classes with 10 columns,
standard scaling, layers of 64 and 32 units, batches of 1,024 rows, 2 epochs; every other knob as
committed. Memory is private memory, at its most; pages of files, which the system takes back, are
not counted. The law is start + slope × rows^exponent, fitted in relative terms. Figures of
{ON_PAPER:,} rows are worked out by it: nothing was run at that size.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scaling", description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=list(ROWS))
    sizes = sorted(parser.parse_args().rows)
    if len(sizes) < 4:
        parser.error("expected at least four sizes, to fit a law of three numbers")
    seconds, memory = measured(sizes)
    print(EXPLAINED)
    print(table("Time", "s", sizes, seconds))
    print(table("Private memory", "MiB", sizes, memory), end="")


def measured(sizes: list[int]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Wall seconds and MiB of each stage, at each size."""
    seconds, memory = ({stage: [] for stage in STAGES} for _ in range(2))
    place = Path(tempfile.mkdtemp(prefix="ledger-scaling-"))
    try:
        folder = place / "repository"
        run(place, "git", "clone", "--quiet", str(ROOT), str(folder))
        runs = [(rows, stage) for rows in sizes for stage in STAGES]
        for rows, stage in tqdm(runs, disable=None):
            edit_params(folder, **SETTINGS, **{"data.synthetic.rows": rows})
            start = time.perf_counter()
            most = peaks(folder, stage)
            seconds[stage].append(time.perf_counter() - start)
            memory[stage].append(most["RssAnon"] / MIB)
    finally:
        shutil.rmtree(place)
    return seconds, memory


def law(sizes: np.ndarray, costs: np.ndarray) -> tuple[float, float, float]:
    """start, slope and exponent (0 to 2) of least squared relative error; start and slope are not
    negative. For each exponent the other two are a linear least-squares problem."""

    def solved(exponent: float) -> tuple[np.ndarray, float]:
        # In units of the largest size, or the columns would differ by many powers of ten.
        columns = np.stack([np.ones(len(sizes)), (sizes / sizes[-1]) ** exponent], axis=1)
        return nnls(columns / costs[:, None], np.ones(len(costs)))

    best = minimize_scalar(lambda one: solved(one)[1], bounds=(0.05, 2), method="bounded").x
    (start, slope), _ = solved(best)
    return float(start), float(slope / sizes[-1] ** best), float(best)


def table(title: str, unit: str, sizes: list[int], costs: dict[str, list[float]]) -> str:
    """One Markdown table: a stage a line."""
    head = ["stage", *(f"{rows:,} rows" for rows in sizes), "exponent"]
    head.append(f"on paper: {ON_PAPER:,}")
    lines = [f"## {title}, {unit}", "", _line(head), _line(["---"] + ["---:"] * (len(head) - 1))]
    for stage, measured_costs in costs.items():
        start, slope, exponent = law(np.array(sizes, float), np.array(measured_costs))
        # A cost that grows by less than a tenth over all sizes is its start: no exponent is known.
        flat = max(measured_costs) < 1.1 * min(measured_costs)
        paper = start + slope * ON_PAPER**exponent
        cells = [f"{one:,.1f}" if unit == "s" else f"{one:,.0f}" for one in measured_costs]
        lines.append(_line([stage, *cells, "flat" if flat else f"{exponent:.2f}", f"{paper:,.0f}"]))
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    if not sys.platform.startswith("linux"):
        raise SystemExit("error: expected Linux, whose /proc tells a process's memory")
    main()
