"""What a data set is to the claims, and one replicate of it: rows, divided into splits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from stages.generate.card import card
from stages.generate.split import by_class
from stages.lib.params.data import Split
from stages.lib.tables.dataset import Dataset
from stages.lib.trials.subject import Data

# Replicates of the data sets that are at work at once, kept so that each is made once.
KEPT = 512


@dataclass(frozen=True)
class Sizes:
    """Rows of each split."""

    train: int
    validation: int
    test: int

    @property
    def all(self) -> int:
        return self.train + self.validation + self.test


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Attributes:
        name: in params.yaml and in the report.
        about: what it is, in a few words.
        sizes: rows of each replicate.
        table: (rows, seed) -> a table; a real one has all its rows, whatever is asked for.
        is_drawn: each replicate is of fresh rows of a known law; of the others it is some of the
            same rows, drawn without replacement.
    """

    name: str
    about: str
    sizes: Sizes
    table: Callable[[int, int], Dataset]
    is_drawn: bool

    @property
    def error_factor(self) -> float:
        """By what the variance of a mean over replicates, s^2 / K, grows beyond 1 / K, as a share
        of s^2: 0 for fresh rows; the test rows over the training rows where replicates share rows
        (Nadeau, Bengio, Inference for the generalization error, Machine Learning 52, 2003)."""
        return 0.0 if self.is_drawn else self.sizes.test / self.sizes.train


@lru_cache(KEPT)
def replicate(data_set: DataSet, seed: int) -> Data:
    """One replicate: its rows and their division are drawn by the seed.

    Raises:
        UserError: a split would lack a class.
    """
    sizes = data_set.sizes
    whole = data_set.table(sizes.all, seed)
    rows = np.arange(len(whole.targets))
    if not data_set.is_drawn:
        rows = np.random.default_rng([seed, len(rows)]).permutation(rows)[: sizes.all]
    part = rows_of(whole, rows)
    shares = Split(validation=sizes.validation / sizes.all, test=sizes.test / sizes.all, min_rows=0)
    splits = by_class(part.targets, part.kind, shares, seed)
    tables = {
        name: part.table.iloc[positions].reset_index(drop=True)
        for name, positions in splits.items()
    }
    return Data(card("bundled", part, splits), tables)


def rows_of(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """The table of these rows, int64 positions, its law left out."""
    return replace(
        dataset,
        features=dataset.features.iloc[rows].reset_index(drop=True),
        targets=dataset.targets.iloc[rows].reset_index(drop=True),
        truth=None,
        population_floor=None,
    )
