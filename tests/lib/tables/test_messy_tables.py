"""Tables written as public ones are, read as pandas reads them when told column by column how."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from tests.conftest import settings

ROWS = 90
PATH = "data/inputs/t.csv"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/inputs").mkdir(parents=True)


def load(text: str, target: str, encoding: str = "utf-8", **changes) -> Dataset:
    Path(PATH).write_bytes(text.encode(encoding))
    keys = {"path": PATH, "target": target, **changes}
    return table.load(settings(**{f"data.file.{key}": keys[key] for key in keys}).data.file)


def by_hand(text: str, **options) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, **options)


def numbers(cells: pd.Series, pattern: str = "", decimal: str = ".") -> np.ndarray:
    """Cells without what matches, as numbers."""
    plain = cells.str.replace(pattern, "", regex=True) if pattern else cells
    return pd.to_numeric(plain.str.replace(decimal, ".").replace("", None)).to_numpy("float64")


def equal(found: Dataset, name: str, cells: np.ndarray) -> None:
    np.testing.assert_array_equal(found.features[name], cells)


def written(rng, header: str, row) -> str:
    return "\n".join([header, *(row(k, rng) for k in range(ROWS))]) + "\n"


def test_apps_of_a_store(rng):
    sizes = ["19M", "8.7M", "201k", "Varies with device"]
    installs = ["10,000+", "500,000+", "1,000+", "0+", "100+"]
    text = written(
        rng,
        "App,Rating,Reviews,Size,Installs,Type,Price,Updated",
        lambda k, r: (
            f"app {k},{r.choice(['4.1', '3.9', '4.4', 'NaN'])},{r.integers(1, 99999)},"
            f'{r.choice(sizes)},"{r.choice(installs)}",{r.choice(["Free", "Paid"])},'
            f'{r.choice(["0", "$4.99"])},"January {1 + k % 28}, 2018"'
        ),
    )
    raw = by_hand(text).query("Rating != 'NaN'")
    found = load(text, "Rating", task="regression", missing=["Varies with device"])
    assert list(found.left_out) == ["App", "Updated"]
    scale = raw["Size"].str[-1].map({"M": 1e6, "k": 1e3})
    size = numbers(raw["Size"].where(raw["Size"].str[0] != "V", ""), "[Mk]") * scale
    np.testing.assert_allclose(found.features["Size"], size)
    equal(found, "Installs", numbers(raw["Installs"], "[,+]"))
    equal(found, "Price", numbers(raw["Price"], "[$]"))
    equal(found, "Reviews", numbers(raw["Reviews"]))
    # Without the key the table says what the words are.
    [line] = [line for line in load(text, "Rating").lines if line.name == "Size"]
    assert line.kind == "categories"
    assert [note.value for note in line.notes] == [["Varies with device"]]


def test_air_of_a_town(rng):
    text = written(
        rng,
        "Date;Time;CO(GT);T;;",
        lambda k, r: (
            f"{1 + k // 24:02d}/03/2004;{k % 24:02d}.00.00;"
            f"{r.choice([-200, f'{r.integers(1, 40)},{r.integers(1, 9)}'])};"
            f"{r.integers(0, 40)},{r.integers(1, 9)};;"
        ),
    )
    text += ";;;;;\n" * 3
    with pytest.raises(UserError, match=r"'CO\(GT\)'.*data\.file\.decimal: comma"):
        load(text, "T")
    keys = {"decimal": "comma", "missing": [-200], "dates": {"Date": ["day"], "Time": ["hour"]}}
    with pytest.raises(UserError, match=r"'Date'.*'01/03/2004' in row 1; data\.file\.day_first"):
        load(text, "T", **keys)
    found = load(text, "T", **keys, day_first=True)
    raw = by_hand(text, sep=";").query("T != ''")
    equal(found, "CO(GT)", numbers(raw["CO(GT)"].replace("-200", ""), decimal=","))
    equal(found, "Date day", numbers(raw["Date"].str[:2]))
    equal(found, "Time hour", numbers(raw["Time"].str[:2]))
    np.testing.assert_array_equal(found.targets["T"], numbers(raw["T"], decimal=","))
    assert found.rows_left_out == 3
    assert list(found.left_out.values()) == ["every cell is empty"] * 2


def test_flats_of_germany(rng):
    text = written(
        rng,
        "Ort;Fläche;Preis;Heizung",
        lambda k, r: (
            f"{r.choice(['Ulm', 'Köln'])};{r.integers(20, 200)},{r.integers(0, 9)} m²;"
            f"{r.integers(1, 9)}.{r.integers(100, 999)},{r.integers(10, 99)} €;"
            f"{r.choice(['Ja', 'Nein', ''])}"
        ),
    )
    found = load(text, "Preis", encoding="cp1252", decimal="comma")
    raw = by_hand(text, sep=";")
    equal(found, "Fläche", numbers(raw["Fläche"], " m²", decimal=","))
    price = numbers(raw["Preis"], r"[. €]", decimal=",")
    np.testing.assert_array_equal(found.targets["Preis"], price)
    assert found.features["Ort"].tolist() == raw["Ort"].tolist()


def test_countries_under_a_title(rng):
    text = '"Data Source","World Indicators",\n\n"Updated","2024-01-01",\n\n' + written(
        rng,
        "Country,Code,1960,1961,",
        lambda k, r: f"C{k % 30},{'ABC'[k % 3]},{r.random():.4f},{'' if k % 9 == 0 else k / 8},",
    )
    with pytest.raises(UserError, match=r"in line 5: 'Country, Code, 1960.*skip_rows: 4"):
        load(text, "1961")
    found = load(text, "1961", skip_rows=4)
    raw = by_hand(text, skiprows=4).query("`1961` != ''")
    equal(found, "1960", numbers(raw["1960"]))
    assert found.features["Country"].tolist() == raw["Country"].tolist()
    assert found.left_out == {"Unnamed: 4": "every cell is empty"}
    assert found.rows_left_out == ROWS // 9


def test_cars_in_units(rng):
    text = written(
        rng,
        ",Name,Mileage,Engine,Power,Owner ID,Price",
        lambda k, r: (
            f"{k},Car {k % 80},{r.choice(['26.6 km/kg', '19.67 kmpl'])},{r.integers(600, 1999)} CC,"
            f"{r.choice(['58.16 bhp', '81 bhp', '99.5 bhp', 'null bhp'])},{500 + k // 3},"
            f"{k / 7:.2f} Lakh"
        ),
    )
    found = load(text, "Price")
    raw = by_hand(text)
    equal(found, "Engine", numbers(raw["Engine"], " CC"))
    np.testing.assert_array_equal(found.targets["Price"], numbers(raw["Price"], " Lakh"))
    said = {line.name: "; ".join(note.text for note in line.notes) for line in found.lines}
    assert list(found.left_out) == ["Unnamed: 0", "Name"]
    assert "numbers in several units (km/kg, kmpl)" in said["Mileage"]
    assert "numbers but for 'null bhp'" in said["Power"]
    assert "named like an identifier: data.file.groups" in said["Owner ID"]
