"""Small tables: more rows to judge by, from further divisions of the same rows.

Thirty-six test rows cannot tell a network that lost a tenth of a nat from luck. Every row of the
training and test splits can be judged, if in turn each is left out of the training.
"""

import warnings

import numpy as np
import pandas as pd

# Test rows below which rows are divided again, until so many are judged. At a usual spread of row
# losses (half of chance) their mean has a standard error of 2.5 % of chance; paired differences,
# whose rows mostly agree, of less than 1 %.
ENOUGH_ROWS = 400

Frames = dict[str, pd.DataFrame]


def divisions(frames: Frames, targets: list[str], groups: str | None = None) -> list[Frames]:
    """The split itself and, of a small test split, further ones: raw rows keyed by split.

    Each further one exchanges the test rows for as many training rows that no other one tests, so
    all have equally many rows to train on, and each pooled row is judged once. The rows exchanged
    are every n-th of the training rows in the order of the targets (the first one, then the next),
    so that each division tests the same mixture. The validation rows, by which edits are chosen,
    are the same in all, and never judged. Deterministic.

    groups: the column with the code of each row's group, if rows of one stay together. Whole groups
    are exchanged then, so that no network is judged on a group that it was trained on, for about as
    many rows; and further divisions all have the rows of the smallest one of them.
    """
    train, test = frames["train"], frames["test"]
    if groups is not None:
        return [frames, *_of_groups(frames, targets, groups)]
    count = min(-(-ENOUGH_ROWS // len(test)), 1 + len(train) // len(test))
    order = _by_targets(train[targets])
    every = np.floor(np.arange(len(test)) * (len(train) / len(test))).astype(int)
    return [frames, *(_exchanged(frames, order[every + first]) for first in range(count - 1))]


def _exchanged(frames: Frames, tested: np.ndarray) -> Frames:
    """The test rows exchanged for the training rows at these positions."""
    train, test = frames["train"], frames["test"]
    stays = np.setdiff1d(np.arange(len(train)), tested)
    return frames | {
        "train": pd.concat([train.iloc[stays], test], ignore_index=True),
        "test": train.iloc[tested].reset_index(drop=True),
    }


def _of_groups(frames: Frames, targets: list[str], groups: str) -> list[Frames]:
    train, least = frames["train"], len(frames["test"])
    # A part far from the test split's size leaves another problem than the one asked about.
    parts = [
        tested
        for tested in _parts(train[targets], train[groups], len(train) // least)
        if 0.5 * least <= len(tested) <= 2 * least
    ]
    if not parts:
        return []
    wanted = max(0, -(-(ENOUGH_ROWS - least) // min(map(len, parts))))
    folds = [_exchanged(frames, tested) for tested in parts[:wanted]]
    # Of one size they share what is compiled.
    size = {name: min((len(fold[name]) for fold in folds), default=0) for name in ("train", "test")}
    return [
        fold | {name: _sample(fold[name], rows) for name, rows in size.items()} for fold in folds
    ]


def _parts(targets: pd.DataFrame, groups: pd.Series, count: int) -> list[np.ndarray]:
    """Row positions in at most `count` parts of about one size, each of whole groups, stratified
    by class."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    count = min(count, groups.nunique())
    if count < 2:
        return []
    classes = targets.iloc[:, 0]
    text = not pd.api.types.is_numeric_dtype(classes.dtype)
    spread = text and classes.value_counts().max() >= count
    kind = StratifiedGroupKFold if spread else GroupKFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a class that some part will lack
        return [tested for _, tested in kind(count).split(targets, classes, groups)]


def _sample(table: pd.DataFrame, rows: int) -> pd.DataFrame:
    return table.sample(rows, random_state=0).sort_index().reset_index(drop=True)


def _by_targets(targets: pd.DataFrame) -> np.ndarray:
    """Row positions in the order of the targets, rows of equal targets in a seeded order."""
    shuffled = np.random.default_rng(0).permutation(len(targets))
    ranks = targets.groupby(list(targets)).ngroup().to_numpy()
    return shuffled[np.argsort(ranks[shuffled], kind="stable")]
