"""The tables, each with a program that has something wrong. A new one is one entry of TABLES."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

# Of the tables that are written here, below the clone.
FILE = "data/inputs/promise.csv"
# So little that edits of a large table are sought with fewer steps.
FEW_SECONDS = 25


@dataclass(frozen=True)
class Table:
    """One table and one program on it.

    Attributes:
        rows: what they are, in words.
        fault: what is wrong with the program, in words.
        changes: of `content_of` (tests/conftest.py), dotted keys.
        write: a generator to the rows of FILE, for a table of no other source.
    """

    rows: str
    fault: str
    changes: dict
    write: Callable[[np.random.Generator], pd.DataFrame] | None = field(default=None, repr=False)


def _bundled(dataset: str, **train: object) -> dict:
    return {"data.source": "bundled", "data.bundled.dataset": dataset} | _train(**train)


def _synthetic(scenario: str, rows: int, **train: object) -> dict:
    return {"data.synthetic.scenario": scenario, "data.synthetic.rows": rows} | _train(**train)


def _file(target: str, **train: object) -> dict:
    file = {"data.source": "file", "data.file.path": FILE, "data.file.target": target}
    return file | _train(**train)


def _train(**settings: object) -> dict:
    return {f"train.{key}": value for key, value in settings.items()}


_SCALED = {"normalize.features": "standard"}
_TARGET = {"normalize.target": "standard"}
_FEW = {"diagnose.seconds": FEW_SECONDS}
_HUGE = {"name": "random_normal", "stddev": 3.0}
_TINY = {"name": "random_uniform", "minval": -0.002, "maxval": 0.002}


def households(rng: np.random.Generator) -> pd.DataFrame:
    """120 groups of ten rows; the chance of `yes` depends on the row's own columns, of units far
    apart, and on the group."""
    group = np.repeat(np.arange(120), 10)
    income = 30_000 * rng.lognormal(0.0, 0.8, len(group))
    age = rng.uniform(18, 90, len(group))
    own = rng.normal(0, 0.7, 120)[group]
    logit = 1.5 * (np.log(income) - np.log(30_000)) - (age - 54) / 15 + own
    bought = rng.uniform(size=len(group)) < 1 / (1 + np.exp(-logit))
    return pd.DataFrame(
        {
            "household": [f"h{code}" for code in group],
            "income": income.round(2),
            "age": age.round(1),
            "rooms": rng.integers(1, 8, len(group)),
            "bought": np.where(bought, "yes", "no"),
        }
    )


def months(rng: np.random.Generator) -> pd.DataFrame:
    """2,000 rows in the order of time; a number that depends on columns of units far apart, and
    slowly drifts."""
    rows = 2000
    time = np.arange(rows)
    pressure, flow = rng.normal(1000, 12, rows), rng.gamma(3.0, 0.02, rows)
    mean = 3 * np.sin((pressure - 1000) / 8) + 40 * flow + time / rows
    return pd.DataFrame(
        {
            "hour": time,
            "pressure": pressure.round(2),
            "flow": flow.round(5),
            "load": rng.normal(0, 1, rows).round(4),
            "output": (mean + rng.normal(0, 0.5, rows)).round(4),
        }
    )


TABLES = {
    "breast_cancer": Table(
        "bundled, 569",
        "raw inputs",
        _bundled("breast_cancer", layers=[32, 16], epochs=60),
    ),
    "wine": Table("bundled, 178", "raw inputs", _bundled("wine", layers=[32], epochs=100)),
    "iris": Table(
        "bundled, 150",
        "rate too low: 1e-5",
        _bundled("iris", layers=[16], epochs=100, learning_rate=1e-5) | _SCALED,
    ),
    "digits": Table(
        "bundled, 1,797",
        "rate too high: 0.1",
        _bundled("digits", epochs=30, learning_rate=0.1) | _SCALED,
    ),
    "diabetes": Table(
        "bundled, 442, regression",
        "raw target",
        _bundled("diabetes", layers=[16], epochs=100, dropout=0.1, l2=0.01) | _SCALED,
    ),
    "income": Table("scenario, 3,000", "raw inputs", {}),
    "income_large": Table(
        "scenario, 50,000, few seconds",
        "raw inputs",
        _synthetic("income", 50_000, epochs=10) | _FEW,
    ),
    "income_rare": Table(
        "scenario, 6,000, 3 % of class 1",
        "rate too high: 1.0",
        _synthetic("income", 6000, epochs=20, learning_rate=1.0)
        | _SCALED
        | {"data.synthetic.class_shares": [0.97, 0.03]},
    ),
    "moons": Table(
        "scenario, 300",
        "initial weights of deviation 3",
        _synthetic("moons", 300, kernel_initializer=_HUGE, epochs=60) | _SCALED,
    ),
    "gaussian_classes": Table(
        "scenario, 20,000, few seconds",
        "rate too low: 1e-5",
        _synthetic("gaussian_classes", 20_000, epochs=10, learning_rate=1e-5) | _SCALED | _FEW,
    ),
    "friedman": Table(
        "scenario, 2,000, regression",
        "rate too low: 1e-5",
        _synthetic("friedman", 2000, learning_rate=1e-5) | _SCALED | _TARGET,
    ),
    "heavy_tail": Table(
        "scenario, 3,000, skewed target",
        "target scaled, its logarithm not taken",
        _synthetic("heavy_tail", 3000, layers=[32, 16])
        | {"data.synthetic.noise_sd": 0.3}
        | _SCALED
        | _TARGET,
    ),
    "tags": Table(
        "scenario, 3,000, labels",
        "four layers that start at 0.002 or less",
        _synthetic("tags", 3000, layers=[32, 32, 32, 16], kernel_initializer=_TINY) | _SCALED,
    ),
    "responses": Table(
        "scenario, 12,000, three targets, few seconds",
        "raw targets",
        _synthetic("responses", 12_000, epochs=10, layers=[32, 16]) | _SCALED | _FEW,
    ),
    "households": Table(
        "file, 1,200 in 120 groups",
        "raw inputs",
        _file("bought", layers=[16], epochs=40) | {"data.file.groups": "household"},
        households,
    ),
    "months": Table(
        "file, 2,000 in order of time",
        "raw inputs",
        _file("output", layers=[32, 16], epochs=60) | {"data.file.time": "hour"},
        months,
    ),
    # At the seconds of the committed params.
    "income_30k": Table("scenario, 30,000", "raw inputs", _synthetic("income", 30_000)),
    "friedman_60k": Table(
        "scenario, 60,000, regression",
        "rate too low: 1e-5",
        _synthetic("friedman", 60_000, learning_rate=1e-5) | _SCALED | _TARGET,
    ),
    "gaussian_classes_100k": Table(
        "scenario, 100,000",
        "rate too high: 1.0",
        _synthetic("gaussian_classes", 100_000, learning_rate=1.0) | _SCALED,
    ),
    "tags_300k": Table(
        "scenario, 300,000, labels",
        "raw inputs",
        _synthetic("tags", 300_000, batch_size=256, epochs=20),
    ),
    "income_1m": Table(
        "scenario, 1,000,000",
        "raw inputs",
        _synthetic("income", 1_000_000, batch_size=1024, epochs=10),
    ),
}
