"""data/raw/bayes.parquet: the Bayes loss of every row on the target that was drawn.

Beside the rows and never among them: it knows the targets, so as a feature it would give them away.
"""

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import Card
from stages.lib.core.errors import UserError
from stages.lib.core.parquet_files import TableFile
from stages.lib.core.splits import SPLITS


def bayes_table(losses: dict[str, np.ndarray]) -> pd.DataFrame:
    """The file's content: the columns `split` (text) and `loss` (float64), the splits one after the
    other, the rows of each in the order of its table; no rows where the law is not known.

    Args:
        losses: float64 [rows] by split, in nats or squared target units; empty where the law is
            not known.
    """
    parts = [pd.DataFrame({"split": split, "loss": losses[split]}) for split in losses]
    frame = pd.concat([pd.DataFrame({"split": [], "loss": []}), *parts], ignore_index=True)
    return frame.astype({"split": "str", "loss": "float64"})


def read_bayes(path: str, card: Card) -> dict[str, np.ndarray] | None:
    """The Bayes loss of each row on the target that was drawn, float64 [rows] by split.

    Rows are in the order of the split's table. None where the data's law is not known.

    Raises:
        UserError: the file is not one of data of this card.
    """
    table = TableFile(path)
    for name, kind in (("split", "text"), ("loss", "numbers")):
        if table.kind(name) != kind:
            raise UserError(f"{path}: column {name!r}", kind, table.kind(name))
    counts = [card.rows[split] if card.floor else 0 for split in SPLITS]
    if table.rows != sum(counts):
        raise UserError(path, f"{sum(counts)} rows, as in card.json", f"{table.rows}")
    if card.floor is None:
        return None
    frame = table.whole()
    if not (frame["split"].to_numpy() == np.repeat(SPLITS, counts)).all():
        raise UserError(path, f"the rows of {', '.join(SPLITS)}, in this order")
    losses = frame["loss"].to_numpy("float64")
    if not (np.isfinite(losses).all() and losses.min() >= 0):
        raise UserError(path, "finite losses from 0 on")
    return dict(zip(SPLITS, np.split(losses, np.cumsum(counts)[:-1]), strict=True))
