"""Dates in parts are what pandas says of each moment."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from stages.lib.tables.dates import PARTS
from tests.conftest import settings

HOURS = pd.date_range("2023-12-30 00:30", periods=60, freq="7h")


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/inputs").mkdir(parents=True)


def load(cells, **changes) -> Dataset:
    frame = pd.DataFrame({"when": cells, "a": range(len(cells)), "y": ["u", "v"] * 30})
    frame.to_csv("data/inputs/t.csv", index=False)
    keys = {"path": "data/inputs/t.csv", "target": "y", **changes}
    return table.load(settings(**{f"data.file.{key}": keys[key] for key in keys}).data.file)


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S+05:00"])
def test_every_part(form, capsys):
    found = load(HOURS.strftime(form), dates={"when": list(PARTS)})
    assert list(found.features) == [*(f"when {part}" for part in PARTS), "a"]
    of = {part: found.features[f"when {part}"].tolist() for part in PARTS}
    assert of["weekday"] == [(day + 3) % 7 for day in HOURS.values.astype("M8[D]").astype(int)]
    for part in ("year", "month", "day", "hour", "minute"):
        assert of[part] == getattr(HOURS, part).tolist()
    assert of["day_of_year"] == HOURS.day_of_year.tolist()
    days = (HOURS - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D")
    np.testing.assert_allclose(of["days"], days)
    assert "column 'when': in parts; from 2023-12-" in capsys.readouterr().out
    assert "when" not in found.left_out


def test_gaps_stay_gaps_and_times_have_hours():
    cells = ["", *HOURS.strftime("%H:%M")[1:]]
    found = load(cells, dates={"when": ["hour"]}).features["when hour"]
    assert np.isnan(found[0]) and found[1:].tolist() == HOURS.hour[1:].tolist()


def test_days_written_as_numbers():
    found = load(HOURS.strftime("%Y%m%d"), dates={"when": ["day"]})
    assert found.features["when day"].tolist() == HOURS.day.tolist()


def test_parts_of_the_column_by_which_rows_are_split():
    found = load(HOURS.strftime("%Y-%m-%d %H:%M"), dates={"when": ["hour"]}, time="when")
    assert list(found.features) == ["a", "when hour"]
    assert found.time.tolist() == list(range(60))


def test_an_open_order_of_day_and_month_is_asked_about():
    cells = [f"0{1 + k % 9}/02/2024" for k in range(60)]
    with pytest.raises(UserError, match=r"tell the day from the month.*data\.file\.day_first"):
        load(cells, dates={"when": ["day"]})
    days = [1 + k % 9 for k in range(60)]
    found = load(cells, dates={"when": ["day", "month"]}, day_first=True).features
    assert found["when day"].tolist() == days and set(found["when month"]) == {2}
    found = load(cells, dates={"when": ["day", "month"]}, day_first=False).features
    assert found["when month"].tolist() == days and set(found["when day"]) == {2}
    load(cells, time="when", day_first=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dates": {"whn": ["hour"]}}, "data.file.dates: .*did you mean 'when'"),
        ({"dates": {"y": ["hour"]}}, "dates: expected features. Received: the target, 'y'"),
        ({"dates": {"when": []}}, "dates.when: expected some of year.*an empty list"),
        ({"dates": {"when": ["hour", "hour"]}}, "each entry once. Received: 'hour' twice"),
        ({"dates": {"when": ["century"]}}, "dates.when.*century"),
        ({"dates": {"a": ["hour"]}}, "column 'a': expected numbers, or dates of one format"),
    ],
)
def test_what_cannot_be_taken_in_parts(changes, words):
    with pytest.raises(UserError, match=words):
        load(HOURS.strftime("%Y-%m-%d"), **changes)


def test_a_part_with_the_name_of_a_column():
    cells = HOURS.strftime("%Y-%m-%d")
    frame = pd.DataFrame({"d": cells, "d year": range(60), "y": ["u", "v"] * 30})
    frame.to_csv("data/inputs/t.csv", index=False)
    keys = {"path": "data/inputs/t.csv", "target": "y", "dates": {"d": ["year"]}}
    with pytest.raises(UserError, match="no column of the name 'd year' beside its part"):
        table.load(settings(**{f"data.file.{key}": keys[key] for key in keys}).data.file)
