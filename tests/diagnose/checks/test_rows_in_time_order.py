"""Rows in the order of time that are split at random."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.generate.card import card
from stages.generate.split import split_rows
from stages.lib.tables.table import load
from tests.conftest import settings
from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import table, untrained


def drifting(rng, dated: str | None = "day"):
    target = np.cumsum(rng.standard_normal(400))
    return replace(table(pd.Series(target), x=rng.standard_normal(400)), dated=dated)


def test_rows_whose_neighbours_are_alike_are_an_error(rng):
    finding = found(untrained(drifting(rng), **SCALED))["rows_in_time_order"]
    assert "in the order of 'day', are split at random" in finding.received
    assert (finding.severity, finding.keys) == ("error", ("data.file.time",))
    assert "rows_in_time_order" not in found(untrained(drifting(rng, None), **SCALED))


def test_independent_rows_are_a_note(rng):
    made = table(pd.Series(rng.standard_normal(400)), x=rng.standard_normal(400))
    finding = found(untrained(replace(made, dated="day"), **SCALED))["rows_in_time_order"]
    assert finding.severity == "note"


def test_classes_that_last(rng):
    labels = pd.Series(np.repeat(["a", "b"] * 20, 10))
    made = replace(table(labels, x=rng.standard_normal(400)), dated="day")
    assert found(untrained(made, **SCALED))["rows_in_time_order"].severity == "error"


@pytest.mark.parametrize(
    ("form", "order", "changes", "dated"),
    [
        ("%Y-%m-%d", 1, {}, "when"),
        ("%d/%m/%Y", -1, {}, "when"),
        ("%Y-%m-%d", 0, {}, None),
        ("%Y-%m-%d", 1, {"time": "when"}, None),
        ("%Y-%m-%d", 1, {"groups": "g"}, None),
        ("%Y-%m-%d", 1, {"ignore": ["when"]}, None),
    ],
)
def test_the_card_says_so_of_a_file(form, order, changes, dated, tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/inputs").mkdir(parents=True)
    days = pd.date_range("2024-01-01", periods=60)[:: order or 1].strftime(form).to_numpy()
    frame = pd.DataFrame({"when": days if order else rng.permutation(days), "a": range(60)})
    frame["g"], frame["y"] = np.arange(60) // 5, np.arange(60) / 7
    frame.to_csv("data/inputs/t.csv", index=False)
    keys = {"path": "data/inputs/t.csv", "target": "y", **changes}
    data = settings(**{f"data.file.{key}": keys[key] for key in keys}).data
    dataset = load(data.file)
    facts = card("file", dataset, split_rows(dataset, data.split, 0))
    assert (facts.dated and facts.dated.name) == dated
    if dated:
        assert facts.dated.neighbours == pytest.approx(1) and facts.dated.rows == 60
