"""Fill gaps, scale numbers and encode categories.

python -m stages normalize: data/normalized/{split}.{x,y}.npy and normalization.json.

x: float32 [rows, inputs]. y: int32 class codes [rows, 1] or labels [rows, labels], or the float64
scaled targets [rows, targets]. {split}.w.npy, if the card names weights: float64 [rows]; what is
fitted here does not look at them. Tables are read and written block by block: they need not fit in
memory.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from stages.lib import params
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.rows import check_weights, read_rows
from stages.lib.core.array_files import write_array, write_blocks
from stages.lib.core.atomic import replaced_folder
from stages.lib.core.command import run_stage
from stages.lib.core.json_files import write_json
from stages.lib.core.parquet_files import BLOCK_BYTES
from stages.lib.core.prefetch import prefetch
from stages.lib.core.splits import SPLITS
from stages.lib.params.levels import check_levels
from stages.lib.transforms import frame
from stages.lib.transforms.state import CategoricalColumn, NormalizationState


def main() -> None:
    normalize = params.load("normalize")
    card = read_card("data/raw/card.json")
    tables = {name: read_rows(f"data/raw/{name}.parquet", card, name) for name in SPLITS}
    state = frame.fit_blocks(tables["train"].column, card, normalize)
    kept = {c.name: len(c.categories) for c in state.columns if isinstance(c, CategoricalColumn)}
    check_levels(kept, sum(card.rows.values()))
    with replaced_folder("data/normalized") as folder:
        for name, table in tables.items():
            # Of one row of the table more may come than it has cells; and what is filled column by
            # column should be small enough for a processor's cache.
            rows = max(1, BLOCK_BYTES // (32 * len(state.inputs)))
            x = _inputs(state, table.blocks(), rows, name == "train")
            write_blocks(folder / f"{name}.x.npy", prefetch(x), table.rows)
            y = (frame.apply_target(state, block) for block in table.blocks(card.targets))
            write_blocks(folder / f"{name}.y.npy", y, table.rows)
            if card.weights is not None:
                w = np.concatenate(list(table.column(card.weights))).astype("float64")
                check_weights(f"data/raw/{name}.parquet", w)
                write_array(folder / f"{name}.w.npy", w)
        write_json(folder / "normalization.json", state.plain())


def _inputs(
    state: NormalizationState, blocks: Iterable[pd.DataFrame], rows: int, are_training: bool
) -> Iterator[np.ndarray]:
    """The inputs of a split's blocks, float32, so many rows at a time."""
    before = 0
    for block in blocks:
        for start in range(0, max(1, len(block)), rows):
            first = before + start if are_training else None
            yield frame.apply(state, block.iloc[start : start + rows], first)
        before += len(block)


if __name__ == "__main__":
    run_stage(main, "normalize")
