"""Tables of independent rows, of many kinds: none of them leaks."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.lib.core.splits import SPLITS
from stages.lib.trials.subject import Data
from tests.cards import card_of

Rng = np.random.Generator


def _zero_inflated(rng: Rng, rows: int) -> np.ndarray:
    x = rng.exponential(size=(rows, 5))
    x[rng.random((rows, 5)) < 0.3] = 0
    return x


def _clusters(rng: Rng, rows: int) -> np.ndarray:
    centres = rng.uniform(-10, 10, (5, 4))
    return centres[rng.integers(0, 5, rows)] + 0.3 * rng.standard_normal((rows, 4))


def _curve(rng: Rng, rows: int) -> np.ndarray:
    t = rng.random(rows)
    return np.column_stack([np.sin(7 * t), np.cos(7 * t), t**2])


def _line_of_integers(rng: Rng, rows: int) -> np.ndarray:
    x = rng.integers(0, 3 * rows, rows)
    return np.column_stack([x, 2 * x + 1.0])


def _mixed(rng: Rng, rows: int) -> np.ndarray:
    return np.column_stack(
        [
            rng.standard_normal((rows, 2)),
            rng.integers(0, 2, (rows, 3)),
            rng.poisson(8, rows),
            np.round(rng.lognormal(3, 1, rows), -1),
        ]
    )


# Features float64 [rows, columns] by the kind of table.
FEATURES: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "one normal column": lambda rng, rows: rng.standard_normal((rows, 1)),
    "two normal columns": lambda rng, rows: rng.standard_normal((rows, 2)),
    "six uniform columns": lambda rng, rows: rng.random((rows, 6)),
    "thirty normal columns": lambda rng, rows: rng.standard_normal((rows, 30)),
    "heavy tails": lambda rng, rows: rng.standard_cauchy((rows, 3)),
    "correlated": lambda rng, rows: (
        rng.standard_normal((rows, 1)) + 0.1 * rng.standard_normal((rows, 5))
    ),
    "clusters": _clusters,
    "curve": _curve,
    "zero-inflated": _zero_inflated,
    "one column of five integers": lambda rng, rows: rng.integers(0, 5, (rows, 1)),
    "one column of many integers": lambda rng, rows: rng.integers(0, rows, (rows, 1)),
    "one column of counts": lambda rng, rows: rng.poisson(20, (rows, 1)),
    "ten flags": lambda rng, rows: rng.integers(0, 2, (rows, 10)),
    "four columns of twelve integers": lambda rng, rows: rng.integers(0, 12, (rows, 4)),
    "three columns of a hundred integers": lambda rng, rows: rng.integers(0, 100, (rows, 3)),
    "thirty columns of seventeen integers": lambda rng, rows: rng.integers(0, 17, (rows, 30)),
    "rounded": lambda rng, rows: np.round(rng.standard_normal((rows, 3)), 1),
    "line of integers": _line_of_integers,
    "mixed": _mixed,
}


def _noise(rng: Rng, x: np.ndarray) -> pd.Series:
    return pd.Series(rng.choice(["no", "yes"], len(x)))


def _rule(rng: Rng, x: np.ndarray) -> pd.Series:
    """Of the first column alone, and without noise."""
    return pd.Series(np.where(x[:, 0] > np.median(x[:, 0]), "yes", "no"))


def _number(rng: Rng, x: np.ndarray) -> pd.Series:
    return pd.Series(np.round(x[:, 0] * 3.0 + rng.standard_normal(len(x)), 1))


TARGETS = {"coin": _noise, "rule": _rule, "number": _number}


def data_of(features: np.ndarray, target: pd.Series, rng: Rng, shares=(0.6, 0.2)) -> Data:
    """The rows shuffled and split, with their card."""
    table = pd.DataFrame({f"x{k}": column for k, column in enumerate(features.T)})
    table = table.astype("float64").assign(y=target.to_numpy())
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    ends = [0, *(np.cumsum(shares) * len(table)).astype(int), len(table)]
    tables = {
        split: table.iloc[ends[k] : ends[k + 1]].reset_index(drop=True)
        for k, split in enumerate(SPLITS)
    }
    columns = [{"name": name, "kind": "numeric"} for name in table if name != "y"]
    is_number = pd.api.types.is_numeric_dtype(target.dtype)
    task = "regression" if is_number else "binary"
    return Data(card_of(task=task, columns=columns), tables)
