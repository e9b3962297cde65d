"""Score the predictions beside chance and floor.

python -m stages evaluate: reports/metrics.json, and data/plots/*.csv for DVC.
"""

import math

from stages.evaluate.curves import tables
from stages.evaluate.scores import against, scores
from stages.lib import params
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.network import read_training
from stages.lib.artifacts.rows import read_predictions
from stages.lib.artifacts.training import read_history
from stages.lib.core.atomic import replaced_folder
from stages.lib.core.command import run_stage
from stages.lib.core.csv_files import write_csv
from stages.lib.core.json_files import write_json
from stages.lib.core.splits import SPLITS


def main() -> None:
    settings = params.load("evaluate")
    card = read_card("data/raw/card.json")
    training = read_training("data/model/network.json")
    history = read_history("data/training/history.csv")
    predicted = {
        name: read_predictions(f"data/predictions/{name}.parquet", card, name) for name in SPLITS
    }

    content = {}
    # DVC's tables have the columns in this order.
    for name in reversed(SPLITS):
        values = scores(predicted[name], card, settings.calibration_bins)
        content[name] = values | against(values[card.task.kind.metric], card, name)
    content["training"] = {
        "diverged": int(training.diverged),
        "epochs_run": training.epochs_run,
        "kept_epoch": training.kept_epoch,
        "parameters": training.parameters,
    }
    content = rounded(content, settings.decimals)
    plots = tables(history, predicted["test"], card, settings.calibration_bins)
    with replaced_folder("data/plots") as folder:
        for name, table in plots.items():
            write_csv(folder / f"{name}.csv", table)
    write_json("reports/metrics.json", content)


def rounded(content: dict, decimals: int) -> dict:
    """All numbers of nested dicts rounded, since their last digits differ between machines, and
    None for those that are not finite, which strict JSON does not have."""

    def one(value: object) -> object:
        if isinstance(value, dict):
            return rounded(value, decimals)
        if isinstance(value, float):
            return round(float(value), decimals) if math.isfinite(value) else None
        return value

    return {key: one(value) for key, value in content.items()}


if __name__ == "__main__":
    run_stage(main, "evaluate")
