"""Files as they go wrong: what cannot be read is one line that says what to do, and what is read in
one way of several is said."""

from pathlib import Path

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from tests.conftest import settings


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/inputs").mkdir(parents=True)


def load(content: str | bytes, name: str = "t.csv", **changes) -> Dataset:
    path = Path("data/inputs") / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    keys = {"path": str(path), "target": "y", **changes}
    return table.load(settings(**{f"data.file.{key}": keys[key] for key in keys}).data.file)


def of(*cells: str, name: str = "a", mark: str = ",") -> str:
    """A table of a column that repeats these cells, and a target."""
    rows = [f"{cells[k % len(cells)]}{mark}{'uv'[k % 2]}" for k in range(63)]
    return "\n".join([f"{name}{mark}y", *rows, ""])


def said(found: Dataset) -> str:
    """What is said of the first column."""
    return found.lines[0].words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "column names in the first line. Received: none"),
        (b"\n\n\n", "column names in the first line. Received: none"),
        ("a,y\n", "Received: no rows"),
        ("y\n" + "u\nv\n" * 30, "no column beside the target"),
        (of("1", "2\0"), "a NUL byte; save it as text in UTF-8"),
        (of("1", "2").encode("utf-16-be"), "a NUL byte; save it as text in UTF-8"),
        (of("1", "2").encode("utf-32"), "a NUL byte; save it as text in UTF-8"),
        (bytes(range(129, 256)) * 20, "text in utf-8 or cp1252"),
        (of("1", '"2'), "cells|closed quotes"),
        (of("1", "2", "3,4"), "2 cells in every row, as in the first line. Received: 3 in row 3"),
        (of("1", "1e400"), "finite numbers.*inf in row 2"),
        (of("1", "-1e39"), "finite numbers.*-1e\\+39 in row 2"),
        (of("$1", "€2"), "numbers .*'\\$1' in row 1"),
        (of("1", "2", "1.5%"), "numbers .*'1.5%' in row 3"),
        (of("0,5e+3", "1,5", mark=";"), "data.file.decimal: comma"),
        ("<!DOCTYPE html>\n<p>\n", r"an HTML page; pandas.read_html\(...\).to_csv"),
        (b"\xef\xbb\xbf <HTML><body>", "an HTML page"),
        ('[{"a": 1, "y": "u"},\n', r"JSON; pandas.read_json\(...\).to_csv"),
        ('{"a": 1, "y": "u"}\n', "JSON"),
        ('<?xml version="1.0"?>', "an XML document"),
        ("@RELATION x\n@data\n1,u\n", "an ARFF file; its rows stand below @data"),
        ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_what_cannot_be_read(content, words):
    with pytest.raises(UserError, match=words) as raised:
        load(content)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500


@pytest.mark.parametrize("name", ["t", "t.txt", "t.data"])
def test_text_of_another_ending_is_to_be_named(name):
    with pytest.raises(UserError, match=r"; name it \.csv if it is a table of text"):
        load(of("1", "2"), name)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + of("1", "2", "3").encode(),
        b"\xef\xbb\xbf" * 2 + of("1", "2", "3").encode(),
        of("1", "2", "3", name="\u200ba "),
        of("1", "2", "3").encode("utf-16"),
        of("1", "2", "3").replace("\n", "\r\n"),
        of("1", "2", "3").replace("\n", "\r"),
        of("1", "2", "3").replace("v\n", "v\r\n"),
    ],
)
def test_marks_and_line_ends_change_nothing(content):
    assert load(content).features["a"].tolist() == [1.0, 2.0, 3.0] * 21


@pytest.mark.parametrize(
    ("name", "is_written"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a, b", '"a, b"'),
        ('a "b"', '"a ""b"""'),
        ("a\nb", '"a\nb"'),
        ("__class__", "__class__"),
        ("a__b", "a__b"),
        ("\N{PILE OF POO}", "\N{PILE OF POO}"),
    ],
)
def test_any_name_is_a_name(name, is_written):
    assert list(load(of("1", "2", name=is_written)).features) == [name]


@pytest.mark.parametrize(
    ("cells", "numbers", "words"),
    [
        (("−1.5", "2"), (-1.5, 2), "a typesetter's minus: '−1.5' is -1.5"),
        (("–1.5", "2"), (-1.5, 2), "a typesetter's minus: '–1.5' is -1.5"),
        (("(5)", "2"), (-5, 2), "negative ones in brackets: '(5)' is -5"),
        (("R$ 4", "R$ 5"), (4, 5), "a currency (R$)"),
        (("1\u2009000", "12\u2009500"), (1000, 12500), "blanks between thousands"),
        (("1\u202f000", "12\u202f500"), (1000, 12500), "blanks between thousands"),
        (("02139", "10001"), (2139, 10001), "leading zeros are dropped: '02139' is 2139"),
        (("12", "—", ".."), (12, np.nan, np.nan), ""),
        (("12", "#DIV/0!"), (12, np.nan), ""),
        (("0", "0.5"), (0, 0.5), ""),
    ],
)
def test_numbers_of_other_hands(cells, numbers, words):
    found = load(of(*cells))
    expected = [numbers[k % len(numbers)] for k in range(63)]
    np.testing.assert_array_equal(found.features["a"], expected)
    assert words in said(found) and bool(words) == bool(said(found))


def test_a_code_with_zeros_keeps_them_as_a_category():
    found = load(of("02139", "10001"), categorical=["a"])
    assert set(found.features["a"].astype(str)) == {"02139", "10001"}


def test_numbers_beyond_what_float64_tells_apart_are_said():
    cells = [str(10**18 + 100 * k) for k in range(9)]
    assert "numbers beyond 2^53" in said(load(of(*cells)))
    assert len(load(of(*cells), categorical=["a"]).features["a"].cat.categories) == 9


def test_dates_that_are_none():
    days = [f"2024-02-{day:02d}" for day in range(1, 31)]
    assert said(load(of(*days))) == (
        "dates but for '2024-02-30' in 2 rows: a gap? data.file.missing: ['2024-02-30']"
    )
    found = load(of(*days), missing=["2024-02-30"], dates={"a": ["day"]})
    assert found.features["a day"].isna().sum() == 2
    assert said(load(of(*(f"{k}-{k}" for k in range(30)), name="range"))) == ""


def test_days_as_numbers_are_asked_of():
    days = [f"202401{day:02d}" for day in range(1, 32)]
    found = load(of(*days))
    assert said(found) == "dates such as 20241231? data.file.dates takes parts of them"
    parts = load(of(*days), dates={"a": ["day"]}).features["a day"]
    assert parts.head(31).tolist() == list(range(1, 32))
    assert said(load(of(*(str(20240000 + k) for k in range(40, 71))))) == ""
