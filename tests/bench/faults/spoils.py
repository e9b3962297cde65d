"""Faults of the table itself. A new one is a function and an entry of SPOILS.

Each takes the table, the positions of its training rows (none, where fresh rows are drawn) and a
generator, and returns the table with the fault in it. What fresh rows have to share with the table
(which column, which codes) is fixed; which rows are hit is drawn.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.lib.tables.dataset import Dataset
from tests.subjects import Spoil

# The column that is spoilt, one that the target depends on; of a table not named here the first.
COLUMNS = {
    "friedman": "x4",
    "heavy_tail": "x1",
    "income": "debt_ratio",
    "diabetes": "bmi",
}
# A column of positive numbers that stay within one power of ten or two, and another of its units
# over the one that it is in: clusters that lie apart.
UNITS = {
    "income": ("age", 12.0),  # years, and months
    "wine": ("proline", 1000.0),
}
SENTINEL = -999.0
CODES = 12
# The new column that has them.
SHOP = "shop"


def _column(dataset: Dataset) -> str:
    return COLUMNS.get(dataset.name, str(dataset.features.columns[0]))


def _changed(dataset: Dataset, name: str, rows: np.ndarray, values: object) -> Dataset:
    """The dataset with new values in one column of these rows (a mask or positions)."""
    column = dataset.features[name].to_numpy("float64", copy=True)
    column[rows] = values
    return replace(dataset, features=dataset.features.assign(**{name: column}))


def _retargeted(dataset: Dataset, target: np.ndarray) -> Dataset:
    """The dataset with new values of its one target."""
    [name] = dataset.targets.columns
    series = pd.Series(target, dataset.targets.index).astype(dataset.targets[name].dtype)
    return replace(dataset, targets=dataset.targets.assign(**{name: series}))


def _target(dataset: Dataset) -> np.ndarray:
    return dataset.targets.iloc[:, 0].to_numpy()


def gaps(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """Three training cells of the first column go missing."""
    hit = rng.choice(train, min(3, len(train)), replace=False)
    return _changed(dataset, str(dataset.features.columns[0]), hit, np.nan)


def sentinel(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """-999 stands for what is missing: in a seventh of all rows."""
    return _changed(
        dataset, _column(dataset), rng.uniform(size=len(dataset.features)) < 1 / 7, SENTINEL
    )


def shifted(rows: int) -> Spoil:
    """The targets stand so many rows below their inputs."""

    def shift(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
        # A table that is sorted by its classes would hardly notice.
        order = rng.permutation(len(dataset.features))
        features = dataset.features.iloc[order].reset_index(drop=True)
        targets = _target(dataset)[order]
        return _retargeted(replace(dataset, features=features), np.roll(targets, rows))

    return shift


def flipped(share: float) -> Spoil:
    """This share of the training labels are those of another class."""

    def flip(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
        labels, classes = _target(dataset).astype(object), np.array(dataset.classes, object)
        for row in rng.choice(train, round(share * len(train)), replace=False):
            labels[row] = rng.choice(classes[classes != labels[row]])
        return _retargeted(dataset, labels)

    return flip


def outlying(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """One training cell is ten thousand times as large as the largest of its column."""
    name = _column(dataset)
    most = float(dataset.features[name].abs().max())
    return _changed(dataset, name, train[:1], 10_000 * most)


def mixed_units(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """Two rows of five have one column in another unit."""
    name, ratio = UNITS[dataset.name]
    hit = rng.uniform(size=len(dataset.features)) < 0.4
    return _changed(dataset, name, hit, dataset.features[name].to_numpy()[hit] * ratio)


def codes(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """A new column of codes from 0 to 11 without an order: a number rises or falls by two of its
    deviations with them; of two rows one has the class that its code stands for."""
    code = rng.integers(CODES, size=len(dataset.features))
    features = dataset.features.assign(**{SHOP: code.astype("float64")})
    dataset, target = replace(dataset, features=features), _target(dataset)
    # Up and down in turns, the same for fresh rows.
    if dataset.kind.is_regression:
        effects = np.random.default_rng(0).permutation(np.linspace(-2, 2, CODES))
        return _retargeted(dataset, target + effects[code] * target.std())
    kinds = np.random.default_rng(0).permutation(np.resize(np.array(dataset.classes), CODES))
    told = rng.uniform(size=len(code)) < 0.5
    return _retargeted(dataset, np.where(told, kinds[code], target))


def telling_gaps(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """A cell is missing in two of three rows that have the first class or a target in the upper
    third, and in one of twenty others."""
    target = _target(dataset)
    if dataset.kind.is_regression:
        high = target > np.quantile(target, 2 / 3)
    else:
        high = target == dataset.classes[0]
    hit = rng.uniform(size=len(target)) < np.where(high, 2 / 3, 1 / 20)
    return _changed(dataset, _column(dataset), hit, np.nan)


def wild_targets(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """The training targets are read with errors of heavy tails: a tenth of them by ten deviations
    times a draw from Student's t with 1.5 degrees of freedom."""
    target = _target(dataset).astype("float64")
    hit = rng.choice(train, round(0.1 * len(train)), replace=False)
    spread = target.std()
    target[hit] += 10 * spread * rng.standard_t(1.5, len(hit))
    return _retargeted(dataset, target)


def tails(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """Every column x becomes exp(8 x) of its range: most rows lie together near 0."""
    low, high = dataset.features.min(), dataset.features.max()
    return replace(dataset, features=np.exp(8 * (dataset.features - low) / (high - low)))


def drift(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """The rows come one after the other, and the target moves with time: by three of its
    deviations, or towards the first class, which half of the last rows have whatever they are."""
    rows = len(dataset.features)
    time, target = np.arange(rows) / rows, _target(dataset)
    ordered = replace(dataset, time=pd.Series(np.arange(rows), dataset.features.index, name="hour"))
    if dataset.kind.is_regression:
        return _retargeted(ordered, target + 3 * target.std() * time)
    turned = rng.uniform(size=rows) < 0.5 * time
    return _retargeted(ordered, np.where(turned, dataset.classes[0], target))


def unrelated(dataset: Dataset, train: np.ndarray, rng: np.random.Generator) -> Dataset:
    """The targets in another order: nothing to learn."""
    return _retargeted(dataset, rng.permutation(_target(dataset)))


SPOILS: Mapping[str, Spoil] = {
    "gaps": gaps,
    "sentinel": sentinel,
    "shift_1": shifted(1),
    "shift_3": shifted(3),
    "shift_5": shifted(-5),
    "flips_0.1": flipped(0.1),
    "flips_0.3": flipped(0.3),
    "outlying": outlying,
    "mixed_units": mixed_units,
    "codes": codes,
    "telling_gaps": telling_gaps,
    "wild_targets": wild_targets,
    "tails": tails,
    "drift": drift,
    "unrelated": unrelated,
}
