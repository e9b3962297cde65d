"""Identifiers and dates are noticed, said, recorded, and kept where the user says so."""

import datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.generate.card import card
from stages.generate.split import split_rows
from stages.lib.tables import table
from tests.conftest import settings

ROWS = 60


@pytest.fixture
def features(tmp_path, monkeypatch):
    """The features of a table with this column beside an amount, and the data section."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/inputs").mkdir(parents=True)

    def load(cells, name: str = "it", **changes):
        columns = {name: cells, "amount": [k % 7 for k in range(ROWS)], "y": ["a", "b"] * 30}
        if isinstance(cells, pa.Array):
            path = "data/inputs/t.parquet"
            pq.write_table(pa.table(columns), path)
        else:
            path = "data/inputs/t.csv"
            pd.DataFrame(columns).to_csv(path, index=False)
        given = {"path": path, "target": "y", **changes}
        data = settings(**{f"data.file.{key}": value for key, value in given.items()}).data
        return table.load(data.file), data

    return load


NOON = datetime.datetime(2024, 3, 1, 12)
DAYS = [NOON + datetime.timedelta(days=k) for k in range(ROWS)]


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S+01:00", "%Y-%m-%dT%H:%MZ", "%Y-%m",
     "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d-%m-%Y", "%d %b %Y", "%B %d, %Y",
     "%m/%d/%y %I:%M %p", "%H:%M", "%H:%M:%S"],
)  # fmt: skip
def test_dates_and_times(form, features):
    cells = [day.strftime(form) for day in DAYS]
    cells[5] = "NA"
    found, _ = features(cells)
    assert found.left_out == {"it": "every cell is a date or a time"}
    assert list(found.features) == ["amount"]
    [line] = [line for line in found.lines if line.name == "it"]
    assert (line.kind, line.gaps) == ("date", 0)
    [note] = line.notes
    assert note.text.startswith("left out, since every cell is a date or a time; data.file.time sp")
    assert (note.key, note.value) == ("time", "it")


@pytest.mark.parametrize(
    "kind", [pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.date32(), pa.time64("us")]
)
def test_dates_of_parquet(kind, features):
    cells = [day.time() if pa.types.is_time(kind) else day for day in DAYS]
    found, _ = features(pa.array(cells, pa.timestamp("us") if kind == pa.date32() else kind))
    assert list(found.left_out) == ["it"]


@pytest.mark.parametrize(
    "cells",
    [["may", "june", "sun"], ["1-2", "3-4"], ["10:99", "x"], ["2024-01-01", "soon"], ["A1", "B2"],
     ["12", "13", "2024"], ["2024-02-30", "2024-02-31"]],
)  # fmt: skip
def test_what_is_no_date(cells, features):
    found, _ = features([cells[k % len(cells)] for k in range(ROWS)])
    assert found.left_out == {}


TEXTS = [f"u{k:04d}" for k in range(ROWS)]


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("customer", TEXTS, "it has 60 different texts in 60 rows"),
        ("customer", [*TEXTS[:31], *["u0000"] * 29], "it has 31 different texts in 60 rows"),
        ("customer", [*TEXTS[:30], *["u0000"] * 30], None),
        ("id", list(range(17, 17 + ROWS)), "it counts the rows"),
        ("customerId", [(7 * k) % 61 for k in range(ROWS)], "it has another whole number in every"),
        ("Order ID", [1000 * k * k for k in range(ROWS)], "it has another whole number in every"),
        ("Unnamed: 0", list(range(ROWS)), "it counts the rows"),
        ("id", [k // 2 for k in range(ROWS)], None),
        ("id", [k / 2 for k in range(ROWS)], None),
        ("id", [None, *range(1, ROWS)], "it has another whole number in every row"),
        ("S.No", list(range(1, 1 + ROWS)), "it counts the rows"),
        ("CLIENTNUM", [768 + 37 * k for k in range(ROWS)], "it has another whole number in every"),
        ("EmployeeNumber", [k + k // 9 for k in range(ROWS)], "it has another whole number in ev"),
        ("__index_level_0__", list(range(ROWS)), "it counts the rows"),
        ("paid", list(range(ROWS)), None),
        ("humidity", list(range(ROWS)), None),
        ("year", list(range(1960, 1960 + ROWS)), None),
        ("price_index", [(7 * k) % 61 for k in range(ROWS)], None),
    ],
)
def test_identifiers(name, cells, reason, features):
    found, data = features(cells, name)
    assert (name in found.features) == (reason is None)
    [line] = [line for line in found.lines if line.name == name]
    assert any("left out, since" in note.text for note in line.notes) == (reason is not None)
    [*left] = card("file", found, split_rows(found, data.split, 0)).left_out
    assert [column.name for column in left] == ([name] if reason else [])
    assert all(column.reason.startswith(reason) for column in left)


def test_the_key_that_is_named_keeps_it(features):
    assert "it" in features(TEXTS, categorical=["it"])[0].features
    dates = [str(day.date()) for day in DAYS]
    assert "it" in features(dates, categorical=["it"])[0].features
    for keep in (["id"], "all"):
        found, _ = features(list(range(ROWS)), "id", keep=keep)
        assert found.features["id"].tolist() == list(range(ROWS))
