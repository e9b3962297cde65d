"""Measured numbers along which the target turns more than once."""

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.checks.turning_column import turning_column, turns_of
from stages.generate.scenarios import SCENARIOS
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import table, untrained

ROWS = 1000


def waves(x: np.ndarray) -> np.ndarray:
    """Two turns and a half between 0 and 1."""
    return np.sin(5 * np.pi * x)


def test_a_column_of_waves_is_named(rng):
    x = rng.uniform(size=ROWS)
    target = pd.Series(2 * waves(x) + rng.standard_normal(ROWS))
    dataset = table(target, depth=x, other=rng.standard_normal(ROWS))
    finding = found(untrained(dataset, **SCALED))["turning_column"]
    assert finding.received.startswith(
        "'depth': along its 30 parts of equally many rows the target "
    )
    assert (finding.code, finding.severity) == ("LL238", "warning")
    bins = SCALED | {"normalize.columns": {"depth": "piecewise_linear"}}
    assert not list(turning_column(untrained(dataset, **bins)))


def test_of_several_labels_the_one_that_turns_is_named(rng):
    x = rng.exponential(size=ROWS)
    odd = (waves(x / 3) + 0.3 * rng.standard_normal(ROWS) > 0) * 1.0
    has = {"fair": rng.integers(0, 2, ROWS) * 1.0, "odd": odd}
    subject = untrained(several("multilabel", has, x=x), **SCALED)
    assert "the target 'odd' turns" in found(subject)["turning_column"].received


SMOOTH = {
    "nothing": lambda x: 0 * x,
    "line": lambda x: 3 * x,
    "step": lambda x: 3.0 * (x > 0.4),
    "one peak": lambda x: -9 * (x - 0.5) ** 2,
    "sharp peak": lambda x: 4.0 * (abs(x - 0.6) < 0.05),
    "growth": lambda x: np.exp(3 * x) / 4,
    "one turn round": lambda x: 2 * np.sin(2 * np.pi * x),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("spread", [lambda x: x, lambda x: np.exp(4 * x)], ids=["even", "skewed"])
@pytest.mark.sampled(4)
def test_what_turns_once_or_goes_round_is_none(name, spread):
    """Of 15 tables; the level is one in a thousand, and the test is careful."""
    fired = 0
    for seed in range(15):
        rng = np.random.default_rng(seed)
        x = rng.uniform(size=ROWS)
        if name == "one turn round" and spread(1.0) > 1:
            continue  # its ends lie far apart: it does turn twice
        target = pd.Series(SMOOTH[name](x) + rng.standard_normal(ROWS))
        fired += bool(turns_of(untrained(table(target, x=spread(x)), **SCALED)))
    assert fired == 0


def test_codes_and_few_rows_are_none(rng):
    shop = rng.integers(0, 12, ROWS)
    target = pd.Series(2 * rng.standard_normal(12)[shop])
    assert turns_of(untrained(table(target, shop=shop * 1.0), **SCALED)) == []
    x = rng.uniform(size=120)
    assert turns_of(untrained(table(pd.Series(waves(x)), x=x), **SCALED)) == []
    x = rng.uniform(size=400)
    assert turns_of(untrained(table(pd.Series(waves(x)), x=x), **SCALED))


@pytest.mark.parametrize(
    "data",
    [
        *({"data.source": "bundled", "data.bundled.dataset": name}
          for name in ("breast_cancer", "wine", "iris", "diabetes")),
        *({"data.synthetic.scenario": name} for name in SCENARIOS),
    ],
    ids=lambda data: list(data.values())[-1],
)  # fmt: skip
@pytest.mark.sampled(4)
def test_known_tables_have_none(data):
    assert turns_of(untrained(**data)) == []
