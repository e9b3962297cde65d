"""Tables made of others: another target, other units, heavier tails."""

from dataclasses import replace

import numpy as np
import pandas as pd

from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import REGRESSION
from stages.tools.claims.datasets.shipped import labelled

# Factors of neighbouring columns in `in_units`, in turn: metres and millimetres, say.
UNITS = (1.0, 1000.0, 0.1, 100.0)


def in_units(dataset: Dataset) -> Dataset:
    """The columns in units that differ by up to four powers of ten."""
    factors = np.resize(UNITS, dataset.features.shape[1])
    return replace(dataset, features=dataset.features * factors)


def heavy_tailed(dataset: Dataset) -> Dataset:
    """Each column z, standardized, as exp(1.5 |z|) - 1 with its sign: the order of the rows stays,
    and a column of normal numbers has a kurtosis beyond all moments that some hundred rows show."""
    table = dataset.features
    z = (table - table.mean()) / table.std(ddof=0).replace(0, 1)
    tails = np.sign(z.to_numpy()) * np.expm1(1.5 * z.abs().to_numpy())
    return replace(dataset, features=pd.DataFrame(tails, columns=table.columns))


def one_against_rest(dataset: Dataset, chosen: str) -> Dataset:
    """Whether a row is of this class."""
    label = dataset.targets.iloc[:, 0]
    words = pd.Series(np.where(label == chosen, "yes", "no"), name="label")
    return labelled(dataset.name, dataset.features, words)


def in_parts(dataset: Dataset, parts: int) -> Dataset:
    """A number as one of so many classes of about equal size, from low to high."""
    ranks = dataset.targets.iloc[:, 0].rank(method="first").to_numpy() - 1
    codes = (ranks * parts // len(ranks)).astype(int)
    return labelled(dataset.name, dataset.features, pd.Series(codes).map(str))


def column_as_class(dataset: Dataset, column: str) -> Dataset:
    """A column of few values as the class; the old target is left out."""
    target = dataset.features[column].astype("int64").astype("str")
    return labelled(dataset.name, dataset.features.drop(columns=column), target)


def column_as_target(dataset: Dataset, column: str) -> Dataset:
    """A column of numbers as the target, rows with a gap in it left out; the old target is left
    out."""
    known = dataset.features[dataset.features[column].notna()].reset_index(drop=True)
    target = known[column].rename("target").to_frame()
    return Dataset(dataset.name, known.drop(columns=column), target, REGRESSION)
