"""Levels of text columns: which ones are pooled, and how many may be left."""

from collections.abc import Mapping

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.params.normalize import Normalize

# A text column with more levels than this, or with more than half as many as the table has rows
# (and more than a few), is free text; as one-hot columns it would only memorise rows.
MAX_LEVELS = 200
FEW_LEVELS = 20


def infrequent(counts: np.ndarray, rows: int, params: Normalize) -> np.ndarray:
    """Which levels are pooled, bool [levels], as scikit-learn's OneHotEncoder takes min_frequency
    and max_categories: of equally rare ones the earlier first.

    counts: the training rows of each level, int [levels], in the order of the levels' names. rows:
    of the training split, gaps among them.
    """
    least = params.min_frequency or 0
    rare = counts < (least * rows if isinstance(least, float) else least)
    # The pool is a category; room for it is kept even where no level is rare, as there.
    most = params.max_categories
    if most is not None and most < (~rare).sum() + 1:
        frequent = np.argsort(counts, kind="stable")[len(counts) - (most - 1) :]
        rare = ~np.isin(np.arange(len(counts)), frequent)
    return rare


def check_levels(levels: Mapping[str, int], rows: int) -> None:
    """Raise UserError, naming all of them, for columns with too many levels that are not pooled.

    levels: how many of each text column are not pooled. rows: of all splits.
    """
    most = min(MAX_LEVELS, max(FEW_LEVELS, rows // 2))
    many = {name: count for name, count in levels.items() if count > most}
    if many:
        listed = ", ".join(f"{count} in column {name!r}" for name, count in many.items())
        raise UserError(
            "",
            f"at most {most} categories a column, in {rows} rows",
            f"{listed:.500}",
            "pool the rare ones by normalize.min_frequency or max_categories, "
            "or add free text to data.file.ignore",
        )
