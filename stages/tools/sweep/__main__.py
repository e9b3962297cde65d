"""Train a grid of settings beside each other.

python -m stages sweep -S KEY=VALUE,VALUE [-S ...] [--seeds N] [--best K] [--backend B]

Trains every combination of the values at N seeds, train.seed and those that follow, as the
diagnosis trains its edits, beside the params as they are; prints them by validation loss and
writes data/export/sweep.csv. The best K are run as DVC experiments, for `dvc exp show`. Values are
written as for `dvc exp run -S`: train.layers=[64,32],[32]. Killed and run again, it goes on.
"""

import argparse

from stages.lib import params
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.rows import read_rows
from stages.lib.core.command import command_line, run_command
from stages.lib.core.csv_files import write_csv
from stages.lib.core.errors import UserError
from stages.lib.core.paths import check_destination
from stages.lib.core.splits import SPLITS
from stages.lib.mlp import runtime
from stages.lib.params.edits import edited, effective
from stages.lib.trials.laboratory import Laboratory
from stages.lib.trials.subject import Data
from stages.lib.vocabulary.backends import BACKENDS
from stages.tools.sweep.experiments import check_data, save
from stages.tools.sweep.fits import fitted
from stages.tools.sweep.grid import SWEPT, grid
from stages.tools.sweep.table import shown, table

FILE = "data/export/sweep.csv"


def main() -> None:
    options = arguments()
    check_destination(FILE)
    content = params.read()
    settings = params.check(content)
    backend = options.backend or settings.compute.backend
    params.choose("compute.backend", backend, BACKENDS)
    edits = grid(options.settings, content)
    check_data()
    present = {name: content[name] for name in SWEPT}
    changes = [effective(present, edit) for edit in edits]
    card = read_card("data/raw/card.json")
    if not card.rows.validation:
        raise UserError("", "validation rows, by whose loss settings are compared", "none")
    rows = {name: read_rows(f"data/raw/{name}.parquet", card, name).whole() for name in SPLITS}
    data = Data(card, rows)
    laboratory = Laboratory(data)
    first = present["train"]["seed"]
    seeds = tuple((first + i) % 2**32 for i in range(options.seeds))
    runtime.configure(present["train"]["threads"])
    programs = [present, *(edited(present, change) for change in changes)]
    before, *after = fitted(programs, laboratory, seeds, backend)

    results = [fit.result for fit in after]
    fit_table = table(edits, results, before.result, data.design(rows["validation"]))
    write_csv(FILE, fit_table)
    unit = card.unit
    print(f"validation loss, {unit}, mean of {options.seeds} seeds; its change against params.yaml")
    print(shown(fit_table))
    print(f"{FILE}: {len(fit_table)} settings")
    best = [(after[i].name, changes[i]) for i in fit_table.index[: options.best]]
    save(best, content)


def arguments() -> argparse.Namespace:
    parser = command_line("python -m stages sweep", __doc__)  # fmt: skip
    parser.add_argument("-S", dest="settings", action="append", required=True, metavar="KEY=V,V")
    parser.add_argument("--seeds", type=int, default=5, help="fits of each setting (5)")
    parser.add_argument("--best", type=int, default=0, metavar="K",
                        help="how many to run as DVC experiments (0)")  # fmt: skip
    parser.add_argument("--backend", choices=BACKENDS, help="default: compute.backend")
    options = parser.parse_args()
    if not 2 <= options.seeds <= 100:
        parser.error(f"--seeds: expected 2 to 100, for an interval. Received: {options.seeds}")
    if options.best < 0:
        parser.error(f"--best: expected a number from 0 on. Received: {options.best}")
    return options


if __name__ == "__main__":
    run_command(main)
