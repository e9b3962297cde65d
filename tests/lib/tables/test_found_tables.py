"""Tables as they are found: each is read as a careful reader does by hand with pandas, column by
column, or answered with the key that helps."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from tests.conftest import settings

FOUND = Path(__file__).parent / "found"
INPUTS = Path("data/inputs")


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    INPUTS.mkdir(parents=True)


def load(name: str, target: str, **changes) -> Dataset:
    path = INPUTS / f"{name}.csv"
    path.write_bytes((FOUND / path.name).read_bytes())
    keys = {"path": str(path), "target": target, **changes}
    return table.load(settings(**{f"data.file.{key}": keys[key] for key in keys}).data.file)


def by_hand(name: str, **options) -> pd.DataFrame:
    """As pandas reads it, told how; every cell as text."""
    return pd.read_csv(FOUND / f"{name}.csv", dtype=str, keep_default_na=False, **options)


def numbers(cells: pd.Series, *without: str) -> np.ndarray:
    """Cells without these texts as numbers, NaN for an empty one."""
    for text in without:
        cells = cells.str.replace(text, "", regex=False)
    return pd.to_numeric(cells.str.strip().replace("", None)).to_numpy("float64")


def same(found: Dataset, **columns: np.ndarray) -> None:
    """The features are these columns, and no others, cell by cell."""
    assert list(found.features) == list(columns)
    for name, cells in columns.items():
        if cells.dtype == np.float64:
            np.testing.assert_array_equal(found.features[name], cells)
        else:
            assert found.features[name].astype(str).tolist() == cells.tolist()


def notes(found: Dataset) -> dict[str, str]:
    """What is said of each column."""
    return {line.name: "; ".join(note.text for note in line.notes) for line in found.lines}


def test_index_column():
    raw = by_hand("index_column", index_col=0)
    found = load("index_column", "response")
    same(found, dose=numbers(raw["dose"]), weight=numbers(raw["weight"]))
    assert found.classes == ("no", "yes")
    assert found.targets["response"].tolist() == raw["response"].tolist()
    assert notes(found)["Unnamed: 0"].startswith("left out, since it counts the rows; data.file.k")


def test_trailing_delimiters(capsys):
    raw = by_hand("trailing_delimiters", sep=";").query("y != ''")
    found = load("trailing_delimiters", "y")
    same(found, a=numbers(raw["a"]), b=numbers(raw["b"]))
    assert found.targets["y"].tolist() == raw["y"].tolist()
    assert list(found.left_out) == ["Unnamed: 3", "Unnamed: 4"]
    said = capsys.readouterr().out
    assert "4 of 154 rows left out, since they have no target ('y'), 4 of them empty" in said
    assert notes(found)["Unnamed: 4"] == "left out, since every cell is empty"


def test_gaps_in_target(capsys):
    raw = by_hand("gaps_in_target").query("pm != ''")
    found = load("gaps_in_target", "pm")
    same(found, hour=numbers(raw["hour"]), temp=numbers(raw["temp"]))
    np.testing.assert_array_equal(found.targets["pm"], numbers(raw["pm"]))
    assert found.rows_left_out == 20
    assert "20 of 200 rows left out" in capsys.readouterr().out


def test_no_header():
    with pytest.raises(UserError, match=r"looks like a row of cells.*data.file.header: false"):
        load("no_header", "5")
    raw = by_hand("no_header", header=None)
    found = load("no_header", "column_4", header=False)
    same(found, **{f"column_{k + 1}": numbers(raw[k]) for k in range(3)})
    assert found.targets["column_4"].tolist() == raw[3].tolist()


def test_two_header_rows():
    with pytest.raises(UserError, match=r"'LIMIT_BAL, AGE, PAY, default'; data.file.skip_rows: 1"):
        load("two_header_rows", "default")
    raw = by_hand("two_header_rows", skiprows=1)
    found = load("two_header_rows", "default", skip_rows=1)
    same(found, **{name: numbers(raw[name]) for name in ("LIMIT_BAL", "AGE", "PAY")})


def test_thousands():
    raw = by_hand("thousands", sep=";")
    found = load("thousands", "y")
    same(
        found,
        shop=raw["shop"].to_numpy(),
        sales=numbers(raw["sales"], ","),
        share=numbers(raw["share"], "%"),
        price=numbers(raw["price"], "$", ","),
    )
    said = notes(found)
    assert "commas between thousands: '96,568' is 96568" in said["sales"]
    assert "'5.1%' is 5.1" in said["share"] and "'$19.63' is 19.63" in said["price"]
    # Without the columns that show what a point is here, nothing does.
    raw[["sales", "y"]].to_csv(INPUTS / "alone.csv", index=False)
    keys = {"data.file.path": "data/inputs/alone.csv", "data.file.target": "y"}
    with pytest.raises(UserError, match=r"thousands: comma reads '96,568' as 96568, .* as 96.568"):
        table.load(settings(**keys).data.file)


def test_units_in_cells():
    raw = by_hand("units_in_cells")
    found = load("units_in_cells", "Life expectancy")
    engine, installs = numbers(raw["Engine "], "CC"), numbers(raw["Installs"], ",", "+")
    same(found, Engine=engine, Installs=installs)
    np.testing.assert_array_equal(
        found.targets["Life expectancy"], numbers(raw["Life expectancy "])
    )
    said = notes(found)
    assert "'1197 CC' is 1197" in said["Engine"] and "'10,000+' is 10000" in said["Installs"]


def test_sentinels():
    asked = {
        line.name: [note.value for note in line.notes]
        for line in load("sentinels", "benzene").lines
    }
    assert asked == {"humidity": [], "co": [[-200]], "no2": [[-200]], "benzene": [[-200]]}
    raw = by_hand("sentinels", sep=";").replace("-200", "")
    found = load("sentinels", "benzene", missing=[-200])
    raw = raw[raw["benzene"] != ""]
    same(found, **{name: numbers(raw[name]) for name in ("humidity", "co", "no2")})
    assert found.rows_left_out == 240 - len(raw)
    np.testing.assert_array_equal(found.targets["benzene"], numbers(raw["benzene"]))


def test_identifiers():
    raw = by_hand("identifiers")
    found = load("identifiers", "left")
    same(found, age=numbers(raw["age"]), limit=numbers(raw["limit"]))
    assert list(found.left_out) == ["S.No", "CLIENTNUM", "EmployeeNumber"]
    assert "data.file.keep keeps it" in notes(found)["CLIENTNUM"]
    assert "CLIENTNUM" in load("identifiers", "left", keep=["CLIENTNUM"]).features


def test_near_unique_text():
    raw = by_hand("near_unique_text")
    found = load("near_unique_text", "mpg")
    same(found, **{name: numbers(raw[name]) for name in ("horsepower", "weight")})
    count = raw["name"].nunique()
    assert notes(found)["name"].startswith(f"left out, since it has {count} different texts in 200")
    assert "data.file.categorical keeps it" in notes(found)["name"]


def test_spellings():
    raw = by_hand("spellings")
    found = load("spellings", "income")
    assert len(found.classes) == 5
    joined = load("spellings", "income", spellings="joined")
    plain = raw["income"].str.strip().str.lower().str.rstrip(".")
    assert joined.classes == ("<=50k", ">50k")
    assert joined.targets["income"].tolist() == plain.tolist()
    same(joined, age=numbers(raw["age"]), hours=numbers(raw["hours"]))


def test_grades(capsys):
    raw = by_hand("grades", sep=";")
    found = load("grades", "grade")
    np.testing.assert_array_equal(found.targets["grade"], numbers(raw["grade"]))
    said = capsys.readouterr().out
    assert "20 different numbers, whole and few, of which some are rare" in said
    assert "data.file.task: multiclass" in said


def test_hourly():
    found = load("hourly", "rented")
    assert found.left_out == {"date": "every cell is a date or a time"}
    assert "; data.file.time splits the rows by it, data.file.dates takes" in notes(found)["date"]
    raw = by_hand("hourly")
    found = load("hourly", "rented", dates={"date": ["weekday"]}, time="date")
    moments = pd.to_datetime(raw["date"], format="%d/%m/%Y")
    assert found.features["date weekday"].tolist() == moments.dt.day_of_week.tolist()
    assert found.time.tolist() == (moments.rank(method="dense").astype(int) - 1).tolist()
