"""data/training/: the history and the probes of a training."""

import numpy as np
import pandas as pd

from stages.lib.core.csv_files import read_csv
from stages.lib.core.errors import UserError

# The columns of the table of training/, beside which others may stand.
HISTORY = (
    "epoch",
    "learning_rate",
    "running_loss",
    "training_loss",
    "validation_loss",
    "training_proper",
    "validation_proper",
    "penalty",
)
STATISTICS = (
    "activation_mean",
    "activation_std",
    "flat_share",
    "dead_share",
    "gradient_rms",
    "weight_rms",
    "update_ratio",
)


def read_history(path: str) -> pd.DataFrame:
    """The history, a row an epoch from 0 on. Raises UserError."""
    table = read_csv(path, HISTORY)
    if not len(table) or (table["epoch"] != np.arange(len(table))).any():
        raise UserError(f"{path}: column 'epoch'", "the epochs 0, 1, 2, ...")
    return table


def read_probes(path: str) -> pd.DataFrame:
    """The probes, a row a layer and probed epoch; none of a program whose layers nothing looks
    into. Raises UserError."""
    table = read_csv(path, ("epoch", "layer", *STATISTICS))
    counts = table[["epoch", "layer"]]
    if len(table) and (
        any(kind.kind != "i" for kind in counts.dtypes) or (counts < 0).any(axis=None)
    ):
        raise UserError(path, "whole numbers in the columns 'epoch' and 'layer'")
    # Without rows a column has no type.
    return table if len(table) else table.astype("float64")
