"""Tables whose columns lie between blanks."""

from pathlib import Path

import pytest

from stages.lib.core.errors import UserError
from stages.lib.tables.delimited import DelimitedTable
from tests.conftest import settings

PATH = "t.csv"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, **changes) -> dict[str, list[str]]:
    """Every cell as it was written, '' for a gap."""
    Path(PATH).write_bytes(text.encode())
    source = DelimitedTable(
        PATH, settings(**{f"data.file.{key}": changes[key] for key in changes}).data.file
    )
    found = source.columns(source.names, source.names)
    return {name: column.text().fillna("").tolist() for name, column in found.items()}


def test_runs_of_blanks(capsys):
    text = " mpg  weight\tname\n 18.0   3504.  \"chevrolet chevelle\"\n\n 9.0  4732.\t'hi'\r\n"
    assert read(text) == {
        "mpg": ["18.0", "9.0"],
        "weight": ["3504.", "4732."],
        "name": ["chevrolet chevelle", "'hi'"],
    }
    assert f"auto takes {PATH} for a table of blanks" in capsys.readouterr().out


def test_single_blanks_within_cells():
    """Two blanks lie between columns where one does not part all lines alike."""
    text = "   id        heduc   div\n   9   12-15 years    No\n  11    < 12 years   Yes\n"
    assert read(text) == {
        "id": ["9", "11"],
        "heduc": ["12-15 years", "< 12 years"],
        "div": ["No", "Yes"],
    }


def test_lines_above_and_no_names():
    text = "Boston housing, 1978\n\n 0.00632  18.00 24.00\n 0.02731   0.00 21.60\n"
    found = read(text, skip_rows=2, header=False)
    assert found == {
        "column_1": ["0.00632", "0.02731"],
        "column_2": ["18.00", "0.00"],
        "column_3": ["24.00", "21.60"],
    }


def test_numbers_and_decimal_commas():
    Path(PATH).write_text("a b\n1,5 x\n-2,25 y\n")
    source = DelimitedTable(PATH, settings(**{"data.file.decimal": "comma"}).data.file)
    assert source.columns(["a"])["a"].numbers().tolist() == [1.5, -2.25]


def test_another_number_of_cells_further_down_is_named():
    rows = "1 2\n" * 60
    with pytest.raises(UserError, match=r"expected 2 cells in every row.*3 in row 61"):
        read(f"a b\n{rows}1 2 3\n")


def test_other_tables_are_not_of_blanks():
    assert read("first name,last name\nA B,C D\nE F,G H\n") == {
        "first name": ["A B", "E F"],
        "last name": ["C D", "G H"],
    }
    # One column of unlike phrases is one column.
    assert list(read("a word\none\nand two more\n")) == ["a word"]


def test_what_blanks_do_not_part_alike():
    with pytest.raises(UserError, match=r"as many cells between blanks.*cells of several words in"):
        read("a b\n1 2\n3\n", delimiter="blank")
