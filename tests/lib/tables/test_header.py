"""Where a table begins: titles, names, and columns without one."""

import csv
import io
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.lib.tables.delimited import DelimitedTable
from tests.conftest import settings

PATH = "t.csv"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def opened(text: str, **changes) -> DelimitedTable:
    Path(PATH).write_bytes(text.encode())
    keys = {f"data.file.{key}": value for key, value in changes.items()}
    return DelimitedTable(PATH, settings(**keys).data.file)


def read(text: str, **changes) -> dict[str, list[str]]:
    """Every cell as it was written, '' for a gap."""
    source = opened(text, **changes)
    found = source.columns(source.names, source.names)
    return {name: column.text().fillna("").tolist() for name, column in found.items()}


def test_names_are_stripped_and_made_up_as_pandas_does(capsys):
    found = read(' a ,,a,b,"a"\n1,2,3,4,5\n')
    assert found == {"a": ["1"], "Unnamed: 1": ["2"], "a.1": ["3"], "b": ["4"], "a.2": ["5"]}
    assert "column 'a' stands twice; the later one is 'a.1'" in capsys.readouterr().out
    assert list(read("a,a.1,a\n1,2,3\n")) == ["a", "a.1", "a.2"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x;y\nr1;1;2\nr2;3;4\n", ["Unnamed: 0", "x", "y"]),  # as R writes row names
        ("x;y\n1;2;\n3;4;\n", ["x", "y", "Unnamed: 2"]),  # a delimiter at each row's end
        ("x;y;\n1;2\n3;4\n", ["x", "y"]),  # and at the end of the names only
        ("x;y;\n1;2;\n3;4;\n", ["x", "y", "Unnamed: 2"]),
    ],
)
def test_names_are_as_many_as_the_cells(text, names):
    found = read(text)
    assert list(found) == names
    assert found["y"] == ["2", "4"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Sales of 2024\n\na,b,y\n1,2,3\n4,5,6\n", 2),
        ("Sales of 2024,,\na,b,y\n1,2,3\n4,5,6\n", 1),
        ("# from: here\n# to: there\na,b,y\n1,2,3\n4,5,6\n", 2),
        ("X1,X2,Y\na,b,y\n1,2,no\n4,5,yes\n3,3,no\n", 1),
        ("X1,X2,Y\ra,b,y\r1,2,no\r4,5,yes\r3,3,no\r", 1),
        ('"Source","World",\n"Updated","2024",\na,b,y,z\n1,2,3,4\n4,5,6,7\n7,8,9,0\n', 2),
        (",front,\na,b,y\n1,2,3\n4,5,6\n", 1),
    ],
)
def test_a_title_is_named_and_skipped(text, line):
    names = ["a", "b", "y", "z"][: 4 if "z" in text else 3]
    wanted = f"in line {line + 1}: '{', '.join(names)}'; data.file.skip_rows: {line} takes those"
    with pytest.raises(UserError, match=wanted):
        opened(text)
    found = read(text, skip_rows=line)
    assert list(found) == names
    assert found["a"][:2] == ["1", "4"]


def test_rows_are_counted_from_the_names_on():
    with pytest.raises(UserError, match=r"3 cells in every row.*Received: 2 in row 2"):
        read("t\n\na,b,y\n1,2,3\n4,5\n", skip_rows=2)
    with pytest.raises(UserError, match=r"column names in line 9. Received: none"):
        opened("a,y\n1,2\n", skip_rows=8)


@pytest.mark.parametrize(
    "text",
    [
        "6.2,2.5,setosa\n7.3,3.8,virginica\n6.4,2.2,setosa\n",
        "1,2,3\n4,5,6\n7,8,9\n",  # a count, which may be names: said to be so below
        "b,x\nb,x\na,x\nb,y\n",
        "2018-01-01,12.5\n2018-01-02,13.5\n2018-01-03,14\n",
        "0;1,5\n1;2,5\n0;3,5\n",
    ],
)
def test_a_first_row_of_cells_is_not_lost(text):
    rows = text.strip().splitlines()
    if text.startswith("1,2,3"):
        assert opened(text).names == ["1", "2", "3"]
    else:
        with pytest.raises(UserError, match=r"looks like a row of cells.*data.file.header: false"):
            opened(text)
    found = read(text, header=False)
    assert next(iter(found)) == "column_1"
    assert len(found["column_1"]) == len(rows)
    assert len(read(text, header=True).popitem()[1]) == len(rows) - 1


@pytest.mark.parametrize(
    "text",
    [
        "country,1990,1991,1995\nA,1.5,2,3\nB,3,4,5\nC,5,6,7\n",
        "0,1,2,y\n1,2,3,a\n4,5,6,b\n7,8,9,a\n",
        "a,b\nx,y\nz,w\nx,y\n",
        "a,y\nold,no\n3,yes\n4,no\n5,yes\n",  # one word among numbers is a mistake in the table
        "a,y\n,\n,\n,\n",
        "a,b,y\nc,c,d\n1,2,no\n3,4,yes\n",  # types or units below the names, which stand twice
    ],
)
def test_names_are_taken_for_names(text):
    assert opened(text).names == text.splitlines()[0].split(",")


def test_quotes_behind_blanks_are_none_of_the_cell():
    text = 'name,  "team", "y"\n"A",   "JAM",  1\n"B",   "G B",  "2"\n'
    assert read(text) == {"name": ["A", "B"], "team": ["JAM", "G B"], "y": ["1", "2"]}
    assert opened(text).columns(["y"])["y"].numbers().tolist() == [1.0, 2.0]
    with pytest.raises(UserError, match=r"4 in row 2; quotes behind a blank hold no cell together"):
        read('name, team, y\nA, JAM, 1\nB, "J, K", 1\n')


CELL = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6),
    st.integers(0, 99).map(str),
    st.floats(0, 9).map(repr),
    st.sampled_from(["a", "b", "NA", ""]),
)


@pytest.mark.in_turn
@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1)
    )
)
@hypothesis.settings(max_examples=60)
def test_no_row_is_lost_or_made_up(rows):
    """With header: false every row that is not blank is a row; with auto the first one is named."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    hypothesis.assume(rows)
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(rows)
    found = read(stream.getvalue(), header=False, delimiter="comma")
    expected = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    assert list(found.values()) == expected
    try:
        named = read(stream.getvalue(), delimiter="comma")
    except UserError as error:
        assert "data.file" in str(error)
        return
    assert [cells for cells in named.values()] == [column[1:] for column in expected]
