"""Compressed tables are the table inside, or one line says why not."""

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.tables import compressed, table
from stages.lib.tables.dataset import Dataset
from tests.conftest import settings

FRAME = pd.DataFrame({"a": range(40), "y": ["u", "v"] * 20})
TEXT = FRAME.to_csv(index=False).encode()


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Path("data/inputs").mkdir(parents=True)


def load(name: str) -> Dataset:
    keys = {"data.file.path": f"data/inputs/{name}", "data.file.target": "y"}
    return table.load(settings(**keys).data.file)


def zipped(*members: tuple[str, bytes], name: str = "t.zip") -> None:
    with zipfile.ZipFile(f"data/inputs/{name}", "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)


def left_behind() -> list[Path]:
    return list(Path().glob("table-*"))


@pytest.mark.parametrize("ending", ["csv.gz", "tsv.gz", "CSV.GZ", "parquet.gz"])
def test_gzip(ending, capsys):
    path, kind = f"data/inputs/t.{ending}", ending.lower()
    content = TEXT.replace(b",", b"\t") if kind == "tsv.gz" else TEXT
    if kind == "parquet.gz":
        FRAME.to_parquet("t.parquet")
        content = Path("t.parquet").read_bytes()
    Path(path).write_bytes(gzip.compress(content))
    found = load(f"t.{ending}")
    assert found.features["a"].tolist() == list(range(40))
    assert found.targets["y"].tolist() == ["u", "v"] * 20
    assert "delimiter" not in capsys.readouterr().out
    assert not left_behind()


def test_zip_of_one_file():
    zipped(("folder/x.csv", TEXT), ("__MACOSX/folder/._x.csv", b"\0"))
    assert load("t.zip").features["a"].tolist() == list(range(40))
    zipped(("../../outside.csv", TEXT))
    assert len(load("t.zip").features) == 40
    assert not left_behind()
    assert not [folder for folder in Path.cwd().parents if (folder / "outside.csv").exists()]


def test_messages_name_the_file_that_the_user_knows():
    zipped(("x.csv", b"a,y\n1,no\n1,2,3\n"))
    with pytest.raises(UserError, match=r"^data/inputs/t\.zip: expected 2 cells in every row"):
        load("t.zip")
    zipped(("x.csv", b"a,\0\n"))
    with pytest.raises(UserError, match=r"^data/inputs/t\.zip: expected text\. Received: a NUL"):
        load("t.zip")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (
            [("a.csv", TEXT), ("b.csv", TEXT)],
            "one file in the archive. Received: 2: 'a.csv, b",
        ),
        ([], "one file in the archive. Received: none"),
        ([("a.txt", TEXT)], "or .xlsm inside. Received: '.txt'"),
        ([("t.zip", TEXT)], "inside. Received: '.zip'"),
    ],
)
def test_archives_that_are_refused(members, words):
    zipped(*members)
    with pytest.raises(UserError, match=words):
        load("t.zip")
    assert not left_behind()


def test_a_bomb_is_stopped(monkeypatch):
    monkeypatch.setattr(compressed, "FREE_BYTES", 2**16)
    bomb = b"a,y\n" + b"1,u\n" * 2**20
    Path("data/inputs/t.csv.gz").write_bytes(gzip.compress(bomb))
    zipped(("t.csv", bomb))
    for name in ("t.csv.gz", "t.zip"):
        assert Path(f"data/inputs/{name}").stat().st_size * compressed.MAX_RATIO < len(bomb)
        with pytest.raises(UserError, match=r"at most \d+ bytes when unpacked\. Received: more"):
            load(name)
    assert not left_behind()


def test_damaged_files():
    for name, content in (
        ("t.csv.gz", gzip.compress(TEXT)[:-9]),
        ("t.csv.gz", TEXT),
        ("t.csv.gz", gzip.compress(TEXT)[:20] + b"\xff" * 50),
        ("t.zip", b"PK\3\4 and no more"),
    ):
        Path(f"data/inputs/{name}").write_bytes(content)
        with pytest.raises(UserError, match="expected a file that can be unpacked"):
            load(name)
    assert not left_behind()
