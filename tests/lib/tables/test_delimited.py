"""Tables of text: what was written is what is read, or one line says why not."""

import csv
import io
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.lib.tables import cells, delimited, dialect, table
from stages.lib.tables.delimited import DelimitedTable
from stages.lib.tables.dialect import DELIMITERS
from tests.conftest import settings

PATH = "data/inputs/t.csv"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/inputs").mkdir(parents=True)


def opened(content: bytes | str, path: str = PATH, **changes) -> DelimitedTable:
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    given_file = settings(**{f"data.file.{key}": value for key, value in changes.items()}).data.file
    return DelimitedTable(path, given_file)


def read(content: bytes | str, **changes) -> dict[str, list]:
    """The cells of every column, None for a gap; yes and no as they were written."""
    source = opened(content, **changes)
    found = source.columns(source.names)
    cells = {
        name: column.categories() if column.truths else column.cells
        for name, column in found.items()
    }
    return {
        name: column.astype(object).where(column.notna(), None).tolist()
        for name, column in cells.items()
    }


@pytest.mark.parametrize("name", DELIMITERS)
def test_auto_finds_the_delimiter(name, capsys):
    mark = DELIMITERS[name]
    text = f'a{mark}b{mark}y\n1{mark}"u,v"{mark}no\n2.5{mark}";|\t"{mark}yes\n'
    assert read(text) == {"a": [1, 2.5], "b": ["u,v", ";|"], "y": ["no", "yes"]}
    usual = f"data.file.delimiter: auto takes {PATH} for a table of {name}s\n"
    assert capsys.readouterr().out == ("" if name == "comma" else usual)
    assert read(text, delimiter=name)["a"] == [1, 2.5]


def test_tabs_are_the_usual_of_a_tsv(capsys):
    source = opened("a\ty\n1\tno\n", path="data/inputs/t.tsv")
    assert source.columns(["y"])["y"].text().tolist() == ["no"]
    assert capsys.readouterr().out == ""


TEXT = "città;größe;y\nRōma;1;no\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16-le", "for utf-16, since it begins with that byte order mark"),
        ("utf-16-be", "for utf-16, since it begins with that byte order mark"),
        ("cp1252", "for cp1252, since it is not UTF-8"),
    ],
)
def test_auto_finds_the_encoding(encoding, said, capsys):
    text = TEXT.replace("ō", "ô")
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    found = read((mark + text).encode(encoding))
    assert found == {"città": ["Rôma"], "größe": [1], "y": ["no"]}
    lines = [line for line in capsys.readouterr().out.splitlines() if "encoding" in line]
    assert [said in line for line in lines] == [True] * bool(said)


def test_an_encoding_that_is_named():
    assert read("g\nЖ\n".encode("cp1251"), encoding="cp1251") == {"g": ["Ж"]}
    with pytest.raises(UserError, match=r"expected text in utf-8\. Received: .*0xc6"):
        opened("g\nЖ\n".encode("cp1251"), encoding="utf-8")


def test_decimal_commas():
    text = "a;b;y\n1,5;1.000,5;no\n-2e1;,25;yes\n"
    found = read(text, decimal="comma")
    assert found["a"] == [1.5, -20]
    assert found["b"] == [1000.5, 0.25]
    assert read(text)["a"] == ["1,5", "-2e1"]


def test_blank_lines_are_no_rows():
    assert read("a,y\n1,no\n\n   \n2,yes\n\n") == {"a": [1, 2], "y": ["no", "yes"]}


def test_header_alone():
    for text in ("a,y", "a,y\n", "a,y\n\n"):
        assert read(text) == {"a": [], "y": []}


def test_a_column_that_turns_to_text_keeps_what_was_written(monkeypatch):
    """Blocks of numbers, then of words: the numbers are read again as text, and only they."""
    monkeypatch.setattr(delimited, "BLOCK", 64)
    rows = [(f"{k:03d}", f"{k}.50", "NA" if k < 50 else "x") for k in range(100)]
    rows[90] = ("abc", *rows[90][1:])
    found = read("code,number,gap\n" + "".join(f"{','.join(row)}\n" for row in rows))
    assert found["code"] == [row[0] for row in rows]
    assert found["number"] == [k + 0.5 for k in range(100)]
    assert found["gap"] == [row[2] for row in rows]


def test_numbers_as_they_were_written_on_demand():
    column = opened("a,y\n007,no\n7.0,yes\n,no\n").columns(["a"])["a"]
    assert column.numbers()[:2].tolist() == [7, 7]
    assert column.text()[:2].tolist() == ["007", "7.0"]
    assert column.text().isna().tolist() == [False, False, True]


def test_the_row_of_a_mistake_far_down(monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 64)
    text = "a,y\n" + "1,no\n" * 200
    with pytest.raises(UserError, match=r"2 cells in every row.*Received: 3 in row 201"):
        read(text + "1,2,3\n")
    monkeypatch.setattr(delimited, "MAX_FIELD", 20)
    with pytest.raises(UserError, match=r"'y'.*at most 20 bytes a cell\. Received: 30 in row 201"):
        read(text + f"1,{'n' * 30}\n")


def test_a_larger_file_than_is_read(monkeypatch):
    monkeypatch.setattr(dialect, "MAX_BYTES", 5)
    with pytest.raises(UserError, match=r"expected at most 5 bytes\. Received: 9"):
        opened("a,y\n1,no\n")


@pytest.mark.slow
def test_five_thousand_columns():
    names = [f"c{k}" for k in range(5000)]
    lines = [names, [str(k) for k in range(5000)], ["x"] * 5000]
    found = read("\n".join(";".join(line) for line in lines))
    assert list(found) == names
    assert found["c4999"] == ["4999", "x"]


# Cells that are a table's own business, and those that others have trouble with.
CELL = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(["", "NA", "007", "1,5", "=1+1", "@SUM(A1)", "<b>", '"', "true", "1e308", "-"]),
)
NAME = st.one_of(CELL, st.just('a "quoted"\nname'), st.just("<script>alert(1)</script>"))


@given(
    data=st.data(),
    mark=st.sampled_from(sorted(DELIMITERS)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@hypothesis.settings(max_examples=60)
def test_what_is_written_is_what_is_read(data, mark, encoding, end):
    """A legal table in any delimiter and encoding, by Python's own csv module."""
    header = data.draw(
        st.lists(NAME.filter(str.strip), min_size=1, max_size=5, unique_by=str.strip)
    )
    row = st.lists(CELL, min_size=len(header), max_size=len(header))
    rows = data.draw(st.lists(row, max_size=12))
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream, delimiter=DELIMITERS[mark], lineterminator=end, quoting=csv.QUOTE_ALL
    )
    writer.writerows([header, *rows])
    asked = encoding.removesuffix("-sig")
    source = opened(stream.getvalue().encode(encoding), delimiter=mark, encoding=asked, header=True)
    names = source.names
    assert names == [name.strip() for name in header]
    found = source.columns(names, data.draw(st.lists(st.sampled_from(names), unique=True)))
    for k, name in enumerate(names):
        written = pd.Series([one[k] for one in rows], dtype="str").str.strip()
        text = found[name].text()
        assert text.fillna("").tolist() == written.tolist()
        assert text.isna().tolist() == (written == "").tolist()
        numbers = found[name].numbers()
        if numbers is not None:
            expected = [_number(cell) for cell in written]
            np.testing.assert_array_equal(numbers, np.array(expected, dtype="float64"))


def _number(cell: str) -> float:
    if not cell or cell.lower() in cells.MISSING_WORDS:
        return np.nan
    truths = {word: float(k == 0) for pair in cells.TRUTHS for k, word in enumerate(pair)}
    return truths[cell.lower()] if cell.lower() in truths else float(cell)


@given(
    text=st.text(st.sampled_from('a1é;,|\t\n\r"\ufeff. '), max_size=80),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]),
    cut=st.integers(0, 3),
    asked=st.sampled_from(["auto", "utf-8", "utf-16", "cp1252", "iso-8859-15"]),
    mark=st.sampled_from(["auto", *DELIMITERS]),
    decimal=st.sampled_from(["point", "comma"]),
)
def test_any_text_however_cut_is_read_or_refused(text, encoding, cut, asked, mark, decimal):
    content = text.encode(encoding, "ignore")
    content = content[: max(0, len(content) - cut)]
    try:
        source = opened(content, encoding=asked, delimiter=mark, decimal=decimal)
        found = source.columns(source.names)
    except UserError as error:
        assert "expected" in str(error)
        return
    assert list(found) == source.names
    assert len({len(column) for column in found.values()}) == 1


@given(
    rows=st.integers(1, 40),
    kinds=st.lists(
        st.sampled_from(["wild", "number", "date", "id", "one"]), min_size=1, max_size=4
    ),
    data=st.data(),
)
@hypothesis.settings(max_examples=30)
def test_any_table_is_loaded_or_refused(rows, kinds, data):
    """The whole way of a table with numbers at their limits, mixed kinds, and one class."""
    wild = st.sampled_from(["", "inf", "-inf", "nan", "1e308", "3.5e38", "3", "x", "2024-01-01"])
    draws = {
        "wild": lambda: data.draw(st.lists(wild, min_size=rows, max_size=rows)),
        "number": lambda: [str(k / 3) for k in range(rows)],
        "date": lambda: [f"2024-01-{1 + k % 28:02d}" for k in range(rows)],
        "id": lambda: [str(k) for k in range(rows)],
        "one": lambda: ["same"] * rows,
    }
    columns = {f"{kind} {k} id": draws[kind]() for k, kind in enumerate(kinds)}
    columns["y"] = data.draw(st.lists(st.sampled_from("ab"), min_size=rows, max_size=rows))
    Path(PATH).write_text(pd.DataFrame(columns).to_csv(index=False))
    given_file = settings(**{"data.file.path": PATH, "data.file.target": "y"}).data.file
    try:
        found = table.load(given_file)
    except UserError as error:
        assert "expected" in str(error)
        return
    assert not {*found.features} & {*found.left_out}
    assert {*found.features, *found.left_out} == {*columns} - {"y"}
    assert np.isfinite(found.features.select_dtypes("number").fillna(0)).all(axis=None)
