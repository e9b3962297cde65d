"""Single columns that give the target away."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.checks.leaking_column import leaks_of
from stages.generate.__main__ import SOURCES
from stages.generate.scenarios import SCENARIOS
from tests.conftest import settings
from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import coin, table, untrained


def test_a_column_that_gives_a_number_away_is_named(rng):
    target = pd.Series(rng.standard_normal(400))
    dataset = table(target, honest=target + rng.standard_normal(400), leak=3 - 2 * target)
    finding = found(untrained(dataset, **SCALED))["leaking_column"]
    assert "'leak' has the correlation -1.0" in finding.received
    assert (finding.severity, finding.keys) == ("error", ("data.file.ignore",))
    kept = found(untrained(replace(dataset, kept=("leak",)), **SCALED))["leaking_column"]
    assert kept.severity == "note"


def test_one_far_outlier_is_no_leak(rng):
    target, x = pd.Series(rng.standard_normal(400)), rng.standard_normal(400)
    target[5] = x[5] = 1e6
    subject = untrained(table(target, x=x), **SCALED)
    assert "leaking_column" not in found(subject)


@pytest.mark.parametrize("kind", ["number", "flag", "text"])
def test_a_column_that_gives_the_class_away_is_named(rng, kind):
    label = coin(rng)
    yes = (label == "yes").to_numpy()
    leak = {
        "number": yes + rng.uniform(0, 0.5, 400),
        "flag": yes * 1.0,
        "text": np.where(yes, rng.choice(["a", "b"], 400), "c"),
    }[kind]
    findings = found(untrained(table(label, honest=yes + rng.standard_normal(400), leak=leak)))
    assert "'leak'" in findings["leaking_column"].received


def test_of_several_labels_the_one_that_leaks_is_named(rng):
    x = rng.standard_normal(400)
    has = {"other": rng.integers(0, 2, 400) * 1.0, "leaking": (x > 0) * 1.0}
    findings = found(untrained(several("multilabel", has, x=x, z=rng.standard_normal(400))))
    leak = "'x' has ranges of the classes that do not overlap, of 'leaking'"
    assert findings["leaking_column"].received == leak


def test_the_only_column_is_a_note(rng):
    """A line: without its only column nothing is left to learn from."""
    x = rng.standard_normal(400)
    [leak] = leaks_of(untrained(table(pd.Series(3 * x + 1), x=x), **SCALED))
    assert not leak.blocks


def test_an_example_of_few_rows_is_a_note(rng):
    x = np.linspace(-1, 1, 40)
    label = pd.Series(np.where(x > 0, "yes", "no"))
    few = untrained(table(label, x=x, z=rng.standard_normal(40)), **{"data.split.min_rows": 50})
    [leak] = leaks_of(few)
    assert (leak.name, leak.blocks) == ("x", False)


def test_of_a_table_that_is_no_file_it_is_a_note_that_names_the_column(rng, monkeypatch):
    def leaking(data):
        target = pd.Series(rng.standard_normal(400))
        return table(target, honest=rng.standard_normal(400), leak=2 * target)

    monkeypatch.setitem(SOURCES, "bundled", leaking)
    bundled = {"data.source": "bundled", **SCALED}
    finding = found(untrained(**bundled))["leaking_column"]
    assert (finding.severity, finding.keys) == ("note", ("normalize.columns",))
    assert leaks_of(untrained(**bundled, **{"normalize.columns": {"leak": "drop"}})) == []


NOISY = {
    "number": lambda y, rng: 2 * y + 0.05 * rng.standard_normal(len(y)),
    "curve": lambda y, rng: np.exp(y) + 0.005 * rng.standard_normal(len(y)),
    "turn": lambda y, rng: np.where(y > 0, y, 9 - y) + 0.01 * rng.standard_normal(len(y)),
}


@pytest.mark.parametrize("kind", NOISY)
def test_a_column_far_ahead_of_all_others_is_named(rng, kind):
    """Its correlation with the target is below 0.9999, and may be anything."""
    y = rng.standard_normal(2000)
    dataset = table(pd.Series(y), honest=y + rng.standard_normal(2000), leak=NOISY[kind](y, rng))
    [leak] = leaks_of(untrained(dataset, **SCALED))
    assert (leak.name, leak.blocks) == ("leak", True)
    assert leak.how.startswith("leaves 0.") and "all others together 5" in leak.how


def test_a_class_with_few_exceptions_is_given_away(rng):
    label = coin(rng, 2000)
    flag = (label == "yes").to_numpy() ^ (rng.uniform(size=2000) < 0.002)
    status = np.where(flag, "closed", rng.choice(["open", "new"], 2000))
    honest = flag + 2 * rng.standard_normal(2000)
    for leak in (flag * 1.0, status, flag + rng.uniform(0, 0.9, 2000)):
        leaks = leaks_of(untrained(table(label, honest=honest, leak=leak)))
        assert [(one.name, one.blocks) for one in leaks] == [("leak", True)]


STRONG = {
    "a good measurement": lambda y, rng: y + 0.3 * rng.standard_normal(len(y)),
    "one of two good ones": lambda y, rng: y + 0.05 * rng.standard_normal(len(y)),
}


@pytest.mark.parametrize("kind", STRONG)
def test_a_strong_column_is_none(rng, kind):
    """Four fifths to 99 % of the variance; the other column has most of that, too."""
    y = rng.standard_normal(2000)
    other = y + (2.0 if kind == "a good measurement" else 0.3) * rng.standard_normal(2000)
    dataset = table(pd.Series(y), strong=STRONG[kind](y, rng), other=other)
    assert leaks_of(untrained(dataset, **SCALED)) == []


def test_groups_that_a_column_names_are_none(rng):
    """Each patient has an age of his own, and one outcome in all of his rows."""
    patient = np.repeat(np.arange(80), 10)
    age, outcome = rng.permutation(80) * 1.0, rng.standard_normal(80)
    dataset = table(pd.Series(outcome[patient]), age=age[patient], x=rng.standard_normal(800))
    grouped = replace(dataset, groups=pd.Series(patient, name="patient"))
    assert leaks_of(untrained(grouped, **SCALED)) == []


def test_a_trend_that_a_clock_follows_is_none(rng):
    """What comes later is beyond what the earlier rows say of it."""
    day = np.arange(1000.0)
    level = pd.Series(np.cumsum(rng.standard_normal(1000)))
    dataset = table(level, day=day, x=rng.standard_normal(1000))
    ordered = replace(dataset, time=pd.Series(np.arange(1000), name="at"))
    assert leaks_of(untrained(ordered, **SCALED)) == []


@pytest.mark.parametrize(
    "data",
    [
        *({"data.source": "bundled", "data.bundled.dataset": name}
          for name in ("breast_cancer", "wine", "iris", "digits", "diabetes")),
        *({"data.synthetic.scenario": name} for name in SCENARIOS),
    ],
    ids=lambda data: list(data.values())[-1],
)  # fmt: skip
def test_known_tables_brought_as_a_file_have_none(data):
    given = settings(**data).data
    assert leaks_of(untrained(SOURCES[given.source](given), **SCALED)) == []
