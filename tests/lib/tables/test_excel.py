"""An Excel sheet is read as the same table in a CSV, or one line says why not."""

import datetime
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.tables import compressed, excel, table
from stages.lib.tables.dataset import Dataset
from tests.conftest import settings

PATH = "data/inputs/t.xlsx"
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FOUND = Path(__file__).parent / "found"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Path("data/inputs").mkdir(parents=True)


def load(target="y", path: str = PATH, **changes) -> Dataset:
    keys = {"path": path, "target": target, **changes}
    return table.load(settings(**{f"data.file.{key}": keys[key] for key in keys}).data.file)


def save(rows: list[list], name: str = "Sheet1", **others: list[list]) -> openpyxl.Workbook:
    """A workbook of these sheets."""
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    for title, cells in others.items():
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(row)
    book.save(PATH)
    return book


def with_xml(change, *strings: str) -> None:
    """The same workbook with the sheet's XML changed. strings: shared by its cells of text."""
    with zipfile.ZipFile(PATH) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    members[SHEET] = change(members[SHEET])
    if strings:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}" /></Types>'
        members["[Content_Types].xml"] = members["[Content_Types].xml"].replace("</Types>", part)
        texts = "".join(f"<si><t>{text}</t></si>" for text in strings)
        members["xl/sharedStrings.xml"] = f'<sst xmlns="{NAMESPACE}">{texts}</sst>'
    with zipfile.ZipFile(PATH, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def rows_of(count: int = 40) -> list[list]:
    return [["a", "y"], *([k * 3 % 7, "uv"[k % 2]] for k in range(count))]


def left_behind() -> list[Path]:
    return list(Path().glob("table-*"))


def test_cells_of_every_kind():
    rows = [["n", "big", "half", "flag", "day", "at", "clock", "run", "code", "word", "y"]]
    for k in range(40):
        rows.append(
            [
                k, 2**40 + k, k + 0.1 if k else None, k % 3 == 0,
                datetime.date(2024, 1, 1) + datetime.timedelta(days=k * 7 % 40),
                datetime.datetime(2024, 1, 1, k % 24, 30, 15), datetime.time(k % 24, 5),
                datetime.timedelta(hours=30 + k), f"00{k % 4}", "two\nlines" if k % 2 else "one",
                ["no", "yes"][k % 2],
            ]
        )  # fmt: skip
    book = save(rows)
    for cells in book.active.iter_rows(min_row=2, min_col=8, max_col=8):
        cells[0].number_format = "[h]:mm:ss"
    book.save(PATH)
    dates = {"day": ["month", "day"], "at": ["hour", "minute"], "clock": ["hour"]}
    found = load(dates=dates, categorical=["code"], keep=["n", "big"])
    columns = found.features
    assert columns["n"].tolist() == list(range(40))
    assert columns["big"].tolist() == [2**40 + k for k in range(40)]
    np.testing.assert_array_equal(columns["half"], [np.nan, *(k + 0.1 for k in range(1, 40))])
    assert columns["flag"].tolist() == [float(k % 3 == 0) for k in range(40)]
    days = [row[4] for row in rows[1:]]
    assert columns["day month"].tolist() == [day.month for day in days]
    assert columns["day day"].tolist() == [day.day for day in days]
    assert columns["at hour"].tolist() == [k % 24 for k in range(40)]
    assert columns["at minute"].tolist() == [30] * 40
    assert columns["clock hour"].tolist() == [k % 24 for k in range(40)]
    assert columns["run"].tolist() == [30 + k for k in range(40)]
    assert columns["code"].astype(str).tolist() == [f"00{k % 4}" for k in range(40)]
    assert set(columns["word"].astype(str)) == {"one", "two lines"}
    assert found.classes == ("no", "yes")
    assert not left_behind()


@pytest.mark.parametrize("piece", [97, 2**20])
def test_merged_cells_are_said(capsys, monkeypatch, piece):
    """Also where one lies between two of the pieces in which the sheet is looked through."""
    monkeypatch.setattr(excel, "PIECE", piece)
    book = save([["place", "size", "y"], *[[f"p{k // 2}", k, k % 7] for k in range(40)]])
    load()
    assert "merged" not in capsys.readouterr().out
    for row in range(2, 42, 2):
        book.active.merge_cells(f"A{row}:A{row + 1}")
    book.save(PATH)
    assert list(load().features["place"].isna()) == [False, True] * 20
    said = capsys.readouterr().out
    assert "20 ranges are merged, as A" in said
    assert "the others are gaps" in said


def test_durations_and_errors_are_said(capsys):
    book = save([*rows_of(), [3, "u"]])
    sheet = book.active
    sheet["A2"].value, sheet["A2"].data_type = "#DIV/0!", "e"
    sheet["A3"] = datetime.timedelta(minutes=90)
    book.save(PATH)
    found = load()
    assert np.isnan(found.features["a"][0]) and found.features["a"][1] == 1.5
    said = capsys.readouterr().out
    assert "cells that hold an error are gaps (#DIV/0! 1)" in said
    assert "1 cells hold a duration, taken in hours" in said


@pytest.mark.parametrize(
    ("name", "target", "options"),
    [
        ("index_column", "response", {}),
        ("gaps_in_target", "pm", {}),
        ("identifiers", "left", {}),
        ("units_in_cells", "Life expectancy", {}),
        ("spellings", "income", {"spellings": "joined"}),
        ("two_header_rows", "default", {"skip_rows": 1}),
        ("no_header", "column_4", {"header": False}),
        ("hourly", "rented", {"dates": {"date": ["weekday"]}, "time": "date"}),
    ],
)
def test_the_rules_are_those_of_text(name, target, options):
    """The same cells, those that are numbers as numbers, make the same table."""
    text = (FOUND / f"{name}.csv").read_text(encoding="utf-8")
    Path("data/inputs/t.csv").write_text(text, encoding="utf-8")
    raw = pd.read_csv("data/inputs/t.csv", header=None, dtype=str, keep_default_na=False)
    assert len(raw) > 100

    def cell(value: str):
        try:
            return float(value) if not value.startswith("0") or len(value) < 2 else value
        except ValueError:
            return value or None

    save([[cell(value) for value in row] for row in raw.to_numpy().tolist()])
    of_text, of_sheet = load(target, "data/inputs/t.csv", **options), load(target, **options)
    pd.testing.assert_frame_equal(of_sheet.table, of_text.table)
    assert (of_sheet.classes, of_sheet.left_out) == (of_text.classes, of_text.left_out)
    assert of_sheet.lines == of_text.lines


def test_questions_about_the_header_are_those_of_text():
    save([["A survey"], [], ["a", "b", "y"], *([k, k % 5, "uv"[k % 2]] for k in range(40))])
    with pytest.raises(UserError, match=r"names in line 3: 'a, b, y'; data\.file\.skip_rows: 2"):
        load()
    assert list(load(skip_rows=2).features) == ["a", "b"]
    save([[k, k % 5, k % 2] for k in range(40)])
    with pytest.raises(UserError, match=r"looks like a row of cells.*data\.file\.header: false"):
        load("2")


def test_what_is_empty_around_the_table_is_no_part_of_it():
    book = save([[], [], [None, None, "a", "y"]])
    for k in range(40):
        book.active.append([None, None, k % 9, "uv"[k % 2]])
    book.active["J900"].font = openpyxl.styles.Font(bold=True)
    book.save(PATH)
    found = load()
    assert list(found.features) == ["a"] and len(found.features) == 40
    assert found.rows_left_out == 0


def test_empty_rows_and_columns_within_it_are_left_out_and_counted(capsys):
    rows = [["a", None, "y"], *([k % 9, None, "uv"[k % 2]] for k in range(40))]
    rows.insert(11, [])
    save(rows)
    found = load()
    assert list(found.features) == ["a"] and list(found.left_out) == ["Unnamed: 1"]
    assert found.rows_left_out == 1 and "1 of 41 rows left out" in capsys.readouterr().out


def test_sheets(capsys):
    book = save([["notes"]], "About", Train=rows_of(), Other=rows_of(30))
    with pytest.raises(UserError, match=r"Received: 'y'"):
        load()
    assert "takes the first of 3 sheets of data/inputs/t.xlsx, 'About', of" in (
        capsys.readouterr().out
    )
    assert len(load(sheet="Other").features) == 30
    with pytest.raises(UserError, match=r"data\.file\.sheet.*About, Train, Other.*'Trian'.*Train"):
        load(sheet="Trian")
    book["About"].sheet_state = "hidden"
    book.save(PATH)
    assert len(load().features) == 40
    Path("data/inputs/t.csv").write_text("a,y\n1,u\n")
    with pytest.raises(UserError, match=r"data\.file\.sheet: expected null, since .*t\.csv"):
        load(path="data/inputs/t.csv", sheet="Train")


def test_an_empty_sheet():
    save([], "Empty", Full=rows_of())
    with pytest.raises(UserError, match=r"no cells in the sheet 'Empty'; data.file.sheet .*'Full'"):
        load()


def test_texts_that_cells_share_as_excel_writes_them():
    save(rows_of())
    text = "one_x000D_\n&amp; two"
    with_xml(lambda xml: xml.replace('t="n"><v>3<', 't="s"><v>1<'), "unused", text)
    with pytest.raises(UserError, match=r"column 'a': .*'one & two' in row 2"):
        load()


def test_formulas_have_their_saved_values():
    rows = [["a", "b", "y"], *([k, f"=A{k + 2}*2", "uv"[k % 2]] for k in range(40))]
    save(rows)
    with pytest.raises(UserError, match=r"a formula without one in B2: '=A2\*2'; open it in Ex"):
        load()
    with_xml(lambda xml: xml.replace("<v></v>", "<v>7.5</v>").replace("<v />", "<v>7.5</v>"))
    assert load().features["b"].tolist() == [7.5] * 40
    # A formula may give an empty text: that is a gap.
    empty = '<c r="B2" t="str"><f>A2*2</f><v></v>'
    with_xml(lambda xml: xml.replace('<c r="B2"><f>A2*2</f><v>7.5</v>', empty))
    assert np.isnan(load().features["b"][0])


def test_a_sheet_in_an_archive_and_one_with_macros():
    save(rows_of())
    with zipfile.ZipFile("data/inputs/t.zip", "w") as archive:
        archive.write(PATH, "folder/t.xlsx")
    assert len(load(path="data/inputs/t.zip").features) == 40
    Path(PATH).rename("data/inputs/t.xlsm")
    assert len(load(path="data/inputs/t.xlsm").features) == 40
    assert not left_behind()


def test_decimals_in_text_follow_the_key_and_numbers_do_not():
    save([["a", "b", "y"], *([f"{k},5", k + 0.25, "uv"[k % 2]] for k in range(40))])
    found = load(decimal="comma")
    assert found.features["a"].tolist() == [k + 0.5 for k in range(40)]
    assert found.features["b"].tolist() == [k + 0.25 for k in range(40)]


def test_bombs_are_stopped(monkeypatch):
    monkeypatch.setattr(compressed, "FREE_BYTES", 2**16)
    monkeypatch.setattr(compressed, "MAX_RATIO", 2)
    save(rows_of(3_000))
    with pytest.raises(UserError, match=r"t\.xlsx: expected at most \d+ bytes when unpacked"):
        load()
    # One long text that many cells share is small in the file.
    save([["a", "y"], *([0, "uv"[k % 2]] for k in range(20))])
    with_xml(lambda xml: xml.replace('t="n"', 't="s"'), "x" * 30_000)
    with pytest.raises(UserError, match=r"t\.xlsx: expected at most \d+ bytes of text"):
        load()
    assert not left_behind()


def test_cells_that_lie_far_off(monkeypatch):
    save(rows_of())
    with_xml(lambda xml: xml.replace('<row r="41"', '<row r="99999999999"'))
    monkeypatch.setattr(excel, "MAX_ROWS", 1000)
    with pytest.raises(UserError, match="at most 1000 rows"):
        load()
    book = save(rows_of())
    book.active["XFD3"] = 1
    book.save(PATH)
    with pytest.raises(UserError, match="at most 10000 columns"):
        load()


def test_numbers_that_are_none():
    save([["a", "y"], *([k + 0.5, "uv"[k % 2]] for k in range(40))])
    with_xml(lambda xml: xml.replace("<v>3.5</v>", "<v>1e400</v>"))
    with pytest.raises(UserError, match=r"column 'a': expected finite numbers.*inf in row 4"):
        load()


def test_dates_out_of_range_are_errors_of_the_sheet(capsys):
    rows = [["a", "d", "y"]]
    rows += [[k % 5, datetime.date(2024, 1, 1 + k % 28), "uv"[k % 2]] for k in range(40)]
    save(rows)
    serial = "<v>45292</v>"
    with_xml(lambda xml: xml.replace(serial, "<v>99999999</v>"))
    assert load().left_out == {"d": "every cell is a date or a time"}
    assert "cells that hold an error are gaps (#VALUE! 2)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\3\4 and no more", r"an Excel workbook \(\.xlsx\)\. Received: .*; if it is text"),
        (b"a,y\n1,u\n", "if it is text, name it .csv or .tsv"),
        (b"", "if it is text, name it .csv or .tsv"),
        (excel.OLE + b"\0" * 500, r"an old Excel workbook \(\.xls\); save it as \.xlsx or \.csv"),
        (excel.OLE + excel.ENCRYPTED, "one with a password; save it without the password"),
    ],
)
def test_files_that_are_none(content, words):
    Path(PATH).write_bytes(content)
    with pytest.raises(UserError, match=words) as raised:
        load()
    assert "\n" not in str(raised.value) and str(raised.value).startswith(PATH)
    assert not left_behind()


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml[: len(xml) // 2],
        lambda xml: xml.replace("<v>", "<v>x"),
        lambda xml: xml.replace('t="s"', 't="e9"').replace('t="n"', 't="s"'),
        lambda xml: xml.replace('<c r="A', '<c r="!'),
        lambda xml: (
            "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
            + xml.replace("<v>3</v>", "<v>&e;</v>")
        ),
    ],
)
def test_damaged_workbooks(change):
    save(rows_of())
    with_xml(change)
    with pytest.raises(UserError, match=r"^data/inputs/t\.xlsx: expected a workbook that can be"):
        load()
    with zipfile.ZipFile(PATH, "w") as archive:
        archive.writestr("x.txt", "x")
    with pytest.raises(UserError, match="a workbook that can be read"):
        load()
    assert not left_behind()


def test_other_sheets_are_to_be_saved_anew():
    Path("data/inputs/t.ods").write_bytes(b"PK\3\4")
    with pytest.raises(UserError, match=r"\.xlsx, .*t\.ods'; save it as \.xlsx or \.csv"):
        load(path="data/inputs/t.ods")
