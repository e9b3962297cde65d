"""The data in numbers, for reports/data.json: `dvc metrics diff` shows what changed in the data."""

import hashlib
import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.lib.core.distances import kolmogorov_smirnov, total_variation
from stages.lib.core.splits import SPLITS
from stages.lib.core.text import printable
from stages.lib.tables.dataset import Dataset

# Columns of a table that are listed, the first ones (of gaps, those with most), beside counts over
# all: a file that a person can read. Likewise of classes.
MOST_LISTED = 100
# Shifts that are listed, the largest.
MOST_SHIFTS = 20
MOST_KEY = 60  # characters of a name
# Rows of a split, drawn at random, on which a shift is measured: sorting all of a larger one takes
# as long as reading them, for a third digit.
SHIFT_ROWS = 2**18

# What DVC joins keys by, and what its tables would take for their own. A # stands before the
# digest of a name only.
_PLAIN = str.maketrans({".": "_", "|": "/", "[": "(", "]": ")", "#": "_"})
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # any large odd number


def profile(dataset: Dataset) -> dict:
    """Numbers only, of all rows.

    Returns:
        columns: of features, by kind; constant: of one value, or none, in all rows; duplicate:
        equal to an earlier one in every cell. repeated_rows: equal to an earlier one in features
        and targets; conflicting_rows: equal to another one in the features, but not in the
        targets. missing: share of empty feature cells, and of each column that has some. target:
        share of each class, or of the rows with each label, or mean, standard deviation and
        skewness. range: of numeric columns. levels: how many, of categorical ones.
    """
    features = dataset.features
    facts, distinct, hashes = [], set(), np.zeros(len(features), "uint64")
    # Columns that differ anywhere differ in their sums weighted by these, but for one in 2^63.
    places = np.random.default_rng(0).integers(2**64, size=len(features), dtype="uint64")
    for name in features:
        cells = _hashes(features[name])
        distinct.add(int(cells @ places))
        hashes = hashes * _FACTOR + cells
        facts.append(_facts(features[name]))
    whole = hashes
    for name in dataset.targets:
        whole = whole * _FACTOR + _hashes(dataset.targets[name])
    keys = dict(zip(features, _keys(list(map(str, features))), strict=True))
    listed = facts[:MOST_LISTED]
    gaps = _largest({keys[fact.name]: fact.missing for fact in facts if fact.missing}, MOST_LISTED)
    numeric = sum(fact.range is not None for fact in facts)
    content = {
        "columns": {
            "numeric": numeric,
            "categorical": len(facts) - numeric,
            "constant": sum(fact.constant for fact in facts),
            "duplicate": len(facts) - len(distinct),
        },
        "repeated_rows": int((np.diff(np.sort(whole)) == 0).sum()),
        "conflicting_rows": _conflicting(hashes, whole),
        "missing": {"all": _significant(float(np.mean([fact.missing for fact in facts])))}
        | ({"column": gaps} if gaps else {}),
        "target": _targets(dataset),
        "range": {keys[fact.name]: fact.range for fact in listed if fact.range is not None},
        "levels": {keys[fact.name]: fact.levels for fact in listed if fact.range is None},
    }
    return {name: part for name, part in content.items() if part != {}}


def profile_of_splits(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict:
    """Numbers only, of the rows by split.

    Args:
        dataset: all rows.
        parts: int64 row positions of each split.

    Returns:
        rows: of each split. shift: from the training to the test split, of numeric columns the
        Kolmogorov-Smirnov statistic, of categorical ones the total variation distance, gaps left
        out. shift_rows: of each of the two splits, where the shift is measured on a sample.
    """
    features = dataset.features
    rng = np.random.default_rng(0)
    pair = {name: _sample_rows(parts[name], rng) for name in ("train", "test")}
    shifts = [_shift(features[name], *pair.values()) for name in features]
    by_key = dict(zip(_keys(list(map(str, features))), shifts, strict=True))
    content = {
        "rows": {name: len(parts[name]) for name in SPLITS},
        "shift": _largest(
            {k: shift for k, shift in by_key.items() if shift is not None}, MOST_SHIFTS
        ),
        "shift_rows": {
            name: len(rows) for name, rows in pair.items() if len(rows) < len(parts[name])
        },
    }
    return {name: part for name, part in content.items() if part != {}}


@dataclass(frozen=True)
class _Facts:
    """One column: missing, its share of gaps; range, None of a categorical one; levels, 0 of a
    numeric one."""

    name: str
    missing: float
    constant: bool
    range: dict[str, float] | None
    levels: int


def _sample_rows(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """At most SHIFT_ROWS of the rows, in the order of the table, which is the fastest to read."""
    if len(rows) <= SHIFT_ROWS:
        return rows
    return np.sort(rng.choice(rows, SHIFT_ROWS, replace=False))


def _facts(column: pd.Series) -> _Facts:
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy("float64")
        gap = np.isnan(values)
        known = values[~gap] if gap.any() else values
        still = bool(not gap.any() and known.min() == known.max())
        return _Facts(str(column.name), gap.mean(), still, _range(known), 0)
    codes, levels = pd.factorize(column)
    gap = codes < 0
    still = bool(len(levels) == 1 and not gap.any())
    return _Facts(str(column.name), gap.mean(), still, None, len(levels))


def _shift(column: pd.Series, train: np.ndarray, test: np.ndarray) -> float | None:
    """None where a split has nothing but gaps."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        cells = [column.to_numpy("float64")[rows] for rows in (train, test)]
        pair = [values[~np.isnan(values)] for values in cells]
        return kolmogorov_smirnov(*pair) if min(map(len, pair)) else None
    codes, levels = pd.factorize(column)
    pair = [np.bincount(codes[rows] + 1, minlength=len(levels) + 1)[1:] for rows in (train, test)]
    return total_variation(*pair) if min(counts.sum() for counts in pair) else None


def _range(values: np.ndarray) -> dict[str, float]:
    low, high = values.min(), values.max()
    size = max(abs(low), abs(high))
    return {
        "min": _significant(low, 10),
        "max": _significant(high, 10),
        "mean": _rounded(values.mean(), size),
        "sd": _rounded(values.std(), size),
    }


def _targets(dataset: Dataset) -> dict:
    """By target: {class: share}, the share of the rows with a label, or {mean, sd, skewness}."""
    keys = _keys(list(map(str, dataset.targets)))
    columns = [dataset.targets[name] for name in dataset.targets]
    if dataset.kind.has_labels:
        return {key: _significant(column.mean()) for key, column in zip(keys, columns, strict=True)}
    if dataset.kind.is_regression:
        return {key: _moments(column.to_numpy()) for key, column in zip(keys, columns, strict=True)}
    shares = columns[0].value_counts(normalize=True)
    classes = list(dataset.classes)
    by_key = dict(zip(_keys(classes), map(float, shares[classes]), strict=True))
    return {keys[0]: _largest(by_key, MOST_LISTED)}


def _moments(values: np.ndarray) -> dict[str, float]:
    deviation, size = values - values.mean(), np.abs(values).max()
    sd = values.std()
    skewness = np.mean((deviation / sd) ** 3) if sd else 0.0
    return {
        "mean": _rounded(values.mean(), size),
        "sd": _rounded(sd, size),
        "skewness": round(float(skewness), 6),
    }


def _hashes(column: pd.Series) -> np.ndarray:
    """A hash of each cell, uint64 [rows]: equal for equal cells, and for gaps."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy("float64") + 0.0  # -0 and 0 are equal
        values[np.isnan(values)] = np.nan  # of which there are many kinds
        return pd.util.hash_array(values)
    codes, levels = pd.factorize(column)
    hashes = pd.util.hash_array(np.asarray(levels, dtype=object), categorize=False)
    return np.append(hashes, np.uint64(0))[codes]


def _conflicting(hashes: np.ndarray, whole: np.ndarray) -> int:
    """Rows whose features are those of another row, and whose features and targets are not."""
    ordered = np.sort(hashes)
    repeated = np.flatnonzero(np.isin(hashes, ordered[1:][ordered[1:] == ordered[:-1]]))
    rows = pd.DataFrame({"features": hashes[repeated], "whole": whole[repeated]})
    different = rows.groupby("features")["whole"].transform("nunique")
    return int((different > 1).sum())


def _largest(values: dict[str, float], most: int) -> dict[str, float]:
    """So many of the values, the largest, in their order."""
    kept = set(sorted(values, key=values.__getitem__, reverse=True)[:most])
    return {key: _significant(value) for key, value in values.items() if key in kept}


def _keys(names: list[str]) -> list[str]:
    """Keys that DVC and its tables leave whole, another for each name. Names that would have the
    same have a digest behind it, but for one that is written so."""
    short = [printable(name.translate(_PLAIN))[:MOST_KEY].strip() for name in names]
    alike = Counter(short)
    return [
        key
        if key == name or (key and alike[key] == 1)
        else f"{key} #{hashlib.sha256(name.encode()).hexdigest()[:16]}".strip()
        for name, key in zip(names, short, strict=True)
    ]


def _significant(value: float, digits: int = 6) -> float:
    return float(f"{value:.{digits}g}")


def _rounded(value: float, size: float) -> float:
    """Rounded to the ninth digit of numbers of this size: the last digits of a sum differ between
    processors, and what is left of a mean after cancelling is nothing but those."""
    return round(float(value), 9 - math.ceil(math.log10(size))) if size else 0.0
