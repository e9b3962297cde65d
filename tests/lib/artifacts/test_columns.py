"""Columns of which the same is to be said stand together where there are many."""

from pathlib import Path

import pytest

from stages.lib.artifacts.columns import Columns, Line, Note, grouped, read_columns
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import write_json


def line(name: str, kind: str = "numbers", *texts: str) -> Line:
    notes = [Note.of(text) for text in texts]
    return Line(name=name, kind=kind, gaps=0, values="0 to 1", notes=notes)


def test_a_few_columns_stand_in_their_order():
    lines = [line("a"), line("b", "numbers", "odd"), *(line(f"c{k}") for k in range(58))]
    [group] = grouped(lines)[0]
    assert list(group.shown) == lines and group.more == 0


def test_many_columns_are_told_by_kinds_those_with_notes_first():
    lines = [line(f"c{k}") for k in range(200)]
    lines[7:7] = [line(f"n{k}", "numbers", f"-{k} in {k} rows: a gap? [{k}]") for k in range(90)]
    lines.append(line("t", "target"))
    lines.append(line("q", "numbers", "'q' is odd"))
    groups, others = grouped(lines)
    assert [[one.name for one in group.shown] for group in groups] == [
        ["n0", "n1", "n2", "n3", "n4"],
        ["q"],
        ["c0", "c1", "c2", "c3", "c4"],
        ["t"],
    ]
    assert [(group.more, group.first) for group in groups] == [
        (85, "n5"),
        (0, ""),
        (195, "c5"),
        (0, ""),
    ]
    assert others == 0


def test_one_that_is_left_is_shown():
    lines = [line(f"c{k}", f"kind {k // 6}") for k in range(66)]
    groups, _ = grouped(lines)
    assert all(len(group.shown) == 6 and group.more == 0 for group in groups)


def test_kinds_beyond_the_most_are_counted():
    groups, others = grouped([line(f"c{k}", "numbers", "x" * (k + 1)) for k in range(100)])
    assert len(groups) == 40 and others == 60


def test_the_file_comes_back_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/raw").mkdir(parents=True)
    written = Columns(lines=[line("a", "numbers", "b")], answers=["2 classes"])
    write_json("data/raw/columns.json", written.plain())
    assert read_columns() == written
    Path("data/raw/columns.json").write_text('{"lines": [{"name": 3}], "answers": []}')
    with pytest.raises(UserError, match=r"^data/raw/columns\.json.*lines.*name"):
        read_columns()
