"""The ledger confirms an encoding where a table asks for it, and does not look for it elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.diagnosis import diagnose
from tests.conftest import content_of, lead, settings
from tests.subjects import subject_of

SMALL = {
    "data.synthetic.scenario": "friedman",
    "data.synthetic.rows": 1500,
    "normalize.features": "standard",
    "normalize.target": "standard",
    "train.layers": [32, 16],
    "train.epochs": 12,
}
Table = tuple[dict[str, np.ndarray], np.ndarray]


def waves(rows: int, rng: np.random.Generator) -> Table:
    """Two turns and a half along a depth."""
    depth = rng.uniform(size=rows)
    return {"depth": depth}, np.sin(5 * np.pi * depth)


def cities(rows: int, rng: np.random.Generator) -> Table:
    """A level of each of 150 cities, and noise as large as they differ."""
    city = rng.integers(0, 150, rows)
    names = np.array([f"city {k}" for k in range(150)])
    return {"city": names[city]}, rng.standard_normal(150)[city] + rng.standard_normal(rows)


def far_reaching(rows: int, rng: np.random.Generator) -> Table:
    """A sum over columns without a variance, near the median as they are and bounded beyond."""
    x = rng.standard_cauchy((rows, 4))
    return {f"x{i}": column for i, column in enumerate(x.T)}, (x / np.sqrt(1 + x**2)).sum(axis=1)


# What the ledger's edit has to be; two ways of clipping are equally good.
CASES: dict[str, tuple[Callable[[int, np.random.Generator], Table], list[dict]]] = {
    "waves": (waves, [{"normalize.columns": {"depth": "piecewise_linear"}}]),
    "cities": (cities, [{"normalize.categorical": "target_mean"}]),
    "far reaching": (
        far_reaching,
        [{"normalize.features": "robust_clipped"}, {"normalize.features": "quantile"}],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_ledger_confirms_what_the_table_asks_for(case):
    """Beside a column that says nothing, and noise of variance 0.04."""
    drawn, edits = CASES[case]

    def made(dataset, train, rng):
        rows = len(dataset.features)
        columns, effect = drawn(rows, rng)
        features = pd.DataFrame(columns | {"other": rng.standard_normal(rows)})
        targets = pd.DataFrame({"y": effect + 0.2 * rng.standard_normal(rows)})
        return replace(dataset, features=features, targets=targets)

    given = settings(**{"diagnose.families": ["input_normalization"]}).diagnose
    found = diagnose(subject_of(content_of(**SMALL), made), given)
    [line] = [line for line in lead(found)["ledger"] if line["line"] == "cause"]
    assert line["edit"] in edits
    assert line["low"] > 0
    assert lead(found)["loss"]["after"] < lead(found)["loss"]["baseline"]
