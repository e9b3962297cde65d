"""Small tables: more rows to judge by, from further divisions of the same rows.

Thirty-six test rows cannot tell a network that lost a tenth of a nat from luck. Every row of the
training and test splits can be judged, if in turn each is left out of the training.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

# Test rows below which rows are divided again, until so many are judged. At a usual spread of row
# losses (half of chance) their mean has a standard error of 2.5 % of chance; paired differences,
# whose rows mostly agree, of less than 1 %.
ENOUGH_ROWS = 400

Frames = dict[str, pd.DataFrame]


def divisions(frames: Frames, targets: list[str]) -> list[Frames]:
    """The split itself and, of a small test split, further ones: raw rows keyed by split.

    Each further one exchanges the test rows for as many training rows that no other one tests, so
    all have equally many rows to train on, and each pooled row is judged once. The rows exchanged
    are every n-th of the training rows in the order of the targets (the first one, then the next),
    so that each division tests the same mixture. The validation rows, by which edits are chosen,
    are the same in all, and never judged. Deterministic.
    """
    train, test = frames["train"], frames["test"]
    count = min(-(-ENOUGH_ROWS // len(test)), 1 + len(train) // len(test))
    order = _by_targets(train[targets])
    every = np.floor(np.arange(len(test)) * (len(train) / len(test))).astype(int)
    return [frames, *_exchanged(frames, order, every, count - 1)]


def _exchanged(
    frames: Frames, order: np.ndarray, every: np.ndarray, count: int
) -> Iterator[Frames]:
    train, test = frames["train"], frames["test"]
    for first in range(count):
        tested = order[every + first]
        stays = np.setdiff1d(np.arange(len(train)), tested)
        yield frames | {
            "train": pd.concat([train.iloc[stays], test], ignore_index=True),
            "test": train.iloc[tested].reset_index(drop=True),
        }


def _by_targets(targets: pd.DataFrame) -> np.ndarray:
    """Row positions in the order of the targets, rows of equal targets in a seeded order."""
    shuffled = np.random.default_rng(0).permutation(len(targets))
    ranks = targets.groupby(list(targets)).ngroup().to_numpy()
    return shuffled[np.argsort(ranks[shuffled], kind="stable")]
