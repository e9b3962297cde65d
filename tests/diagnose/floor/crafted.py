"""Rows made by hand."""

import numpy as np

from stages.diagnose.floor.rows import EncodedRows
from stages.lib.trials.statistics import Design


def rows_of(rng, sizes=(), ordered=False) -> EncodedRows:
    """Rows of three classes, in groups of these sizes or in the order of time."""
    rows = sum(sizes) or 100
    groups = np.repeat(np.arange(len(sizes)), sizes) if sizes else None
    return EncodedRows(
        rng.standard_normal((rows, 2)), rng.integers(0, 3, rows), 3, Design(groups=groups), ordered
    )
