"""The page's table of a file's columns: every name is text, and a wide table stays short."""

import re

from stages.lib.artifacts.columns import Columns, Line, Note
from stages.report.column_table import table_of_columns
from stages.report.page import rendered

HOSTILE = "<img src=x onerror=alert(1)> {{ 7 * 7 }} \x1b[31m\u202e"


def shown(columns: Columns) -> str:
    return rendered("sections/columns.html", {"columns": table_of_columns(columns)})


def line(name: str, *texts: str) -> Line:
    notes = [Note.of(text) for text in texts]
    return Line(name=name, kind="numbers", gaps=3, values=f"{name} 50%", notes=notes)


def test_a_line_a_column_with_the_classes():
    page = shown(Columns(lines=[line("a", "one", "two"), line("b")], answers=["2 classes of 'y'"]))
    assert re.findall(r"<bdi>(.*?)</bdi>", page) == [
        "2 classes of &#39;y&#39;", "a", "a 50%", "one; two", "b", "b 50%", "",
    ]  # fmt: skip
    assert "<details>" not in page and 'class="scroll"' in page


def test_names_stay_text():
    page = shown(Columns(lines=[line(HOSTILE, HOSTILE)], answers=[HOSTILE]))
    assert "<img" not in page and "49" not in page
    assert not {letter for letter in page if not letter.isprintable()} - {"\n"}
    assert page.count("&lt;img src=x onerror=alert(1)&gt; {{ 7 * 7 }} \\x1b[31m\\u202e") == 4


def test_a_wide_table_is_folded_and_counts_what_is_alike():
    page = shown(Columns(lines=[line(f"c{k}") for k in range(300)], answers=[]))
    assert page.count("<tr>") == 1 + 5 + 1
    assert "and 295 more like these, such as <bdi>c5</bdi>" in page
    wide = shown(Columns(lines=[line(f"c{k}") for k in range(40)], answers=[]))
    assert "<summary>40 columns</summary>" in wide


def test_data_that_are_no_file_have_no_table():
    assert table_of_columns(Columns(lines=[], answers=[])) is None
