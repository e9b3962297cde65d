"""data/plots/: the tables that DVC and the report draw."""

import pandas as pd

from stages.lib.core.csv_files import read_csv

# The columns of numbers of each table of plots/, and those of names.
PLOTS = {
    "confusion": ((), ("actual", "predicted")),
    "roc": (("false_positive_rate", "true_positive_rate"), ("class",)),
    "calibration": (("confidence", "accuracy", "rows"), ()),
    "predicted": (("target", "prediction"), ()),
}


def read_plot(path: str, name: str) -> pd.DataFrame:
    """One table of PLOTS. Raises UserError."""
    return read_csv(path, *PLOTS[name])
