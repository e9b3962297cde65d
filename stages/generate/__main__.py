"""Draw a scenario or read a table; split and profile it.

python -m stages generate: data/raw/{train,validation,test}.parquet, card.json, columns.json and
truth/, and the data's profile, reports/data.json. Of a file, a line a column says what was made of
it.

python -m stages generate --look FILE [--target COLUMN] [--sheet NAME]: prints these lines for a
file below data/inputs/, and the keys for params.yaml; nothing is written.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from stages.generate import agreement, bundled, synthetic
from stages.generate.card import card
from stages.generate.look import columns_of, description, look
from stages.generate.profile import profile, profile_of_splits
from stages.generate.split import missing_splits, split_rows
from stages.lib import params
from stages.lib.core.atomic import replaced_folder
from stages.lib.core.command import run_command, run_stage
from stages.lib.core.json_files import write_json
from stages.lib.core.parquet_files import write_table, write_tables
from stages.lib.tables import table

SOURCES = {
    "synthetic": lambda data: synthetic.draw(data.synthetic, data.seed),
    "bundled": lambda data: bundled.load(data.bundled),
    "file": lambda data: table.load(data.file),
}


def main() -> None:
    data = params.load("data")
    # The other sections are compared with the data, and change nothing that is written.
    settings = params.check(params.read())
    agreement.check_surroundings(settings)
    dataset = SOURCES[data.source](data)
    columns = columns_of(dataset)
    if columns.lines:
        print(description(columns))
    agreement.check_task(settings, dataset)
    bayes = dataset.bayes_losses()
    with ThreadPoolExecutor(1) as thread:
        # Of a large table all of this takes long; a second core has nothing else to do.
        of_all = thread.submit(profile, dataset)
        parts = split_rows(dataset, data.split, data.seed)
        agreement.check_training_rows(settings.normalize, dataset, parts["train"])
        missing = missing_splits(dataset, data.split, parts)
        of_splits = thread.submit(profile_of_splits, dataset, parts)
        with replaced_folder("data/raw") as folder:
            for name, rows in parts.items():
                write_tables(folder / f"{name}.parquet", dataset.blocks(rows))
                if dataset.truth is not None and bayes is not None:
                    truth = dataset.truth.take(rows).frame().assign(loss=bayes[rows])
                    write_table(folder / "truth" / f"{name}.parquet", truth)
            write_json(folder / "card.json", card(data.source, dataset, parts).plain())
            write_json(folder / "columns.json", columns.plain())
        write_json("reports/data.json", of_all.result() | of_splits.result())
    if missing is not None:
        print(missing)


if __name__ == "__main__":
    if any(argument.startswith(("--look", "--target", "--sheet")) for argument in sys.argv[1:]):
        run_command(lambda: look(__doc__))
    else:
        run_stage(main, "generate")
