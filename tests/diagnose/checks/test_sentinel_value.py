"""Numbers that stand for a gap."""

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.sentinels import sentinels_of
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import coin, table, untrained


def holed(values: np.ndarray, sentinel: float, share: float, seed: int = 0) -> np.ndarray:
    """The same with this number in a share of the rows."""
    chosen = np.random.default_rng(seed).uniform(size=len(values)) < share
    return np.where(chosen, sentinel, values)


@pytest.mark.parametrize("sentinel", [-200.0, -999.0, 9999.0, 99999.0, 1e9, 2147483647.0])
def test_a_sentinel_is_named_by_column_value_and_count(rng, sentinel):
    x = holed(rng.normal(12.0, 3.0, 400), sentinel, 0.05)
    subject = untrained(table(coin(rng), co=x, z=rng.standard_normal(400)), **SCALED)
    count = int((subject.tables["train"]["co"] == sentinel).sum())
    finding = found(subject)["sentinel_value"]
    assert finding.received.startswith(f"'co': {sentinel:.10g} in {count} of 240 training rows, ")
    assert (finding.severity, finding.family) == ("warning", "data")
    assert finding.keys == ("data.file.missing",)


def test_two_codes_in_one_column():
    values = np.concatenate([np.linspace(0, 30, 200), [-999.0] * 9, [-9999.0] * 6])
    assert [value for value, _ in sentinels_of(values)] == [-9999.0, -999.0]
    assert {rest for _, rest in sentinels_of(values)} == {(0.0, 30.0)}


def test_a_survey_of_seven_answers_with_99():
    answers = np.random.default_rng(0).integers(1, 8, 300).astype(float)
    assert [value for value, _ in sentinels_of(holed(answers, 99.0, 0.04))] == [99.0]


def test_a_sentinel_among_targets(rng):
    target = pd.Series(holed(rng.normal(50.0, 9.0, 400), -999.0, 0.05))
    findings = found(untrained(table(target, x=rng.standard_normal(400)), **SCALED))
    assert findings["sentinel_value"].received.startswith("target 'target': -999 in ")
    assert findings["sentinel_value"].keys == ("data.file.missing",)
    assert findings["sentinel_value"].severity == "error"
    both = {"a": rng.standard_normal(400), "b": holed(rng.standard_normal(400), 9999.0, 0.1)}
    findings = found(untrained(several("regression", both, x=rng.standard_normal(400)), **SCALED))
    assert findings["sentinel_value"].received.startswith("target 'b': 9999 in ")


@pytest.mark.parametrize(
    "values",
    [
        np.repeat([1.0, 10.0, 1000.0], 100),  # doses
        np.repeat([0.0, 1.0], 100),
        np.concatenate([np.zeros(900), np.linspace(10, 5000, 100)]),  # zero for the most part
        np.minimum(np.random.default_rng(0).exponential(50, 900), 99.0),  # cut off at 99
        np.concatenate([np.linspace(0, 10, 300), [999.0] * 4]),  # a few rows
        np.concatenate([np.linspace(0, 10, 300), [987.0] * 20]),  # no round number
        np.concatenate([np.linspace(900, 1000, 300), [999.0] * 20]),  # among the others
        np.full(50, np.nan),
        np.full(50, 999.0),
        np.array([]),
    ],
    ids=lambda values: f"{len(values)} rows",
)
def test_what_looks_like_one_and_is_none(values):
    assert list(sentinels_of(values)) == []


@pytest.mark.parametrize("draw", ["exponential", "lognormal", "poisson", "geometric"])
def test_rounded_columns_with_long_tails_have_none(draw):
    arguments = {"poisson": (3.0,), "geometric": (0.05,)}.get(draw, ())
    for seed in range(200):
        values = getattr(np.random.default_rng(seed), draw)(*arguments, size=1000)
        assert list(sentinels_of(np.round(10 * values))) == []


def test_the_key_makes_gaps_of_it(rng, tmp_path, monkeypatch):
    """What the remedy says is what the pipeline does."""
    from stages.lib.tables.table import load
    from tests.conftest import settings

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/inputs").mkdir(parents=True)
    x = holed(rng.normal(12.0, 3.0, 400).round(3), -999.0, 0.05)
    pd.DataFrame({"x": x, "y": coin(rng)}).to_csv("data/inputs/t.csv", index=False)
    changes = {
        "data.source": "file",
        "data.file.path": "data/inputs/t.csv",
        "data.file.target": "y",
    }
    dataset = load(settings(**changes).data.file)
    assert "sentinel_value" in found(untrained(dataset, **SCALED))
    mended = load(settings(**changes | {"data.file.missing": [-999]}).data.file)
    assert mended.features["x"].isna().sum() == (x == -999).sum()
    assert "sentinel_value" not in found(untrained(mended, **SCALED))
