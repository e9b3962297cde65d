"""A look at a file says what the pipeline makes of it, and writes nothing."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from stages.generate.look import columns_of, description, keys_of, look
from stages.lib.core.errors import UserError
from stages.lib.tables import table
from tests.conftest import ROOT, settings

PATH = "data/inputs/t.csv"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/inputs").mkdir(parents=True)
    Path("params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    frame = pd.DataFrame(
        {
            "id": [7 * k for k in range(60)],
            "day": pd.date_range("2024-01-01", periods=60).astype(str),
            "size": [k % 7 if k % 6 else -999 for k in range(60)],
            "level": ["NA", "low", "Low", "high"] * 15,
            "note": "same",
            "mass": [f"{k % 9} kg" for k in range(60)],
            "y": ["yes", "no", "No", "maybe"] * 15,
        }
    )
    frame.to_csv(PATH, index=False)


def looked(*options: str, monkeypatch, capsys) -> str:
    monkeypatch.setattr(sys, "argv", ["generate", "--look", PATH, *options])
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    look("")
    assert before == {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    return capsys.readouterr().out


def test_a_line_a_column_and_the_keys(monkeypatch, capsys):
    said = looked(monkeypatch=monkeypatch, capsys=capsys)
    assert "target: the last column, 'y'" in said
    lines = {line.split()[0]: line for line in said.splitlines() if line}
    for name, words in {
        "id": ["left out", "0", "another whole number in every row", "data.file.keep"],
        "day": ["date", "data.file.time", "data.file.dates"],
        "size": ["numbers", "-999 to 6", "-999 in 10 rows: a gap? data.file.missing: [-999]"],
        "level": ["categories", "4 levels", "'NA' in 15 rows: a gap?", "'Low' = 'low'"],
        "note": ["the same in every row", "data.file.ignore"],
        "mass": ["numbers", "0 to 8", "a unit (kg)", "data.file.categorical"],
        "4": ["4 classes of 'y': 'No' 15 (25%), 'maybe' 15 (25%), 'no' 15 (25%), 'yes' 15 (25%)"],
        "spellings": ["spellings of one class? 'No' = 'no'; data.file.spellings: joined joins"],
    }.items():
        assert all(word in lines[name] for word in words), lines[name]
    pasted = said.split("for params.yaml:\n")[1]
    assert yaml.safe_load(pasted)["data"]["file"] == {"path": PATH, "target": "y"}
    asked = yaml.safe_load(pasted.replace("# ", ""))["data"]["file"]
    assert asked == {
        "path": PATH,
        "target": "y",
        "missing": [-999, "NA"],
        "spellings": "joined",
        "time": "day",
    }
    # and these can be taken as they are
    found = table.load(settings(**{f"data.file.{key}": asked[key] for key in asked}).data.file)
    assert found.classes == ("maybe", "no", "yes")
    assert found.features["size"].isna().sum() == 10 and found.features["level"].isna().sum() == 15


def test_the_last_column_has_a_name(monkeypatch, capsys):
    Path(PATH).write_text("a,y,\n1,no,\n2,yes,\n3,no,\n")
    assert "target: the last column, 'y'" in looked(monkeypatch=monkeypatch, capsys=capsys)


def test_settings_of_the_same_file_hold(monkeypatch, capsys):
    text = Path("params.yaml").read_text()
    text = text.replace("    path: null", f"    path: {PATH}").replace(
        "target: null", "target: size"
    )
    Path("params.yaml").write_text(text.replace("    ignore: []", "    ignore: [day, note]"))
    said = looked(monkeypatch=monkeypatch, capsys=capsys)
    assert "target: size" in said and 'ignore: ["day", "note"]' in said
    assert "left out by data.file.ignore" in said and "the last column" not in said
    said = looked("--target", "mass", monkeypatch=monkeypatch, capsys=capsys)
    assert "target: mass" in said


def test_a_mistake_is_a_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["generate", "--look", "/etc/passwd"])
    with pytest.raises(UserError, match=r"--look: .*data/inputs"):
        look("")
    Path(PATH).write_text("t,,\na,b,y\n1,2,no\n3,4,yes\n")
    with pytest.raises(UserError, match=r"data\.file\.skip_rows: 1"):
        looked(monkeypatch=monkeypatch, capsys=capsys)


def test_the_command():
    environment = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "stages", "generate", "--look", PATH]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "    # time: day\n" in done.stdout
    done = subprocess.run([*command, "x"], env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and "unrecognized arguments" in done.stderr


def test_numbers_that_rise_with_the_rows_are_asked_of():
    rising = [k + k // 7 + 4000 for k in range(60)]
    frame = pd.DataFrame({"ticket": rising, "even": range(4000, 4060), "y": [0, 1] * 30})
    frame.to_csv(PATH, index=False)
    keys = {"data.file.path": PATH, "data.file.target": "y"}

    def notes(**changes) -> list[str]:
        return [line.words for line in table.load(settings(**keys | changes).data.file).lines]

    assert notes()[0].startswith("rises or falls from row to row: data.file.time splits by it")
    assert notes()[1:] == ["", ""]
    assert notes(**{"data.file.keep": ["ticket"]}) == ["", "", ""]
    assert notes(**{"data.file.time": "ticket"}) == ["", "", ""]


def test_classes_of_several_spellings_ask_for_the_key():
    pd.DataFrame({"a": range(5, 65), "y": ["Yes", "no", "yes"] * 20}).to_csv(PATH, index=False)
    file = settings(**{"data.file.path": PATH, "data.file.target": "y"}).data.file
    assert keys_of(table.load(file), file).endswith("\n    # spellings: joined")


def test_a_sheet_is_named(monkeypatch, capsys):
    path = PATH.replace(".csv", ".xlsx")
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["of the study"]}).to_excel(book, sheet_name="About", index=False)
        frame = pd.DataFrame({"a": [k % 7 for k in range(60)], "y": ["u", "v"] * 30})
        frame.to_excel(book, sheet_name="Data 2", index=False)
    monkeypatch.setattr(sys, "argv", ["generate", "--look", path, "--sheet", "Data 2"])
    look("")
    pasted = yaml.safe_load(capsys.readouterr().out.split("for params.yaml:\n")[1])
    assert pasted["data"]["file"] == {"path": path, "target": "y", "sheet": "Data 2"}
    monkeypatch.setattr(sys, "argv", ["generate", "--look", path, "--sheet", "Data"])
    with pytest.raises(UserError, match="did you mean 'Data 2'"):
        look("")


def test_several_targets_and_many_columns():
    frame = pd.DataFrame({f"c{k}": range(k, 60 + k) for k in range(70)})
    frame["u"], frame["v"] = [0, 1] * 30, [1, 0, 0] * 20
    frame.to_csv(PATH, index=False)
    keys = {"data.file.path": PATH, "data.file.target": ["u", "v"]}
    file = settings(**keys).data.file
    found = table.load(file)
    said = description(columns_of(found))
    assert "label 'u': 30 of 60 rows\nlabel 'v': 20 of 60 rows" in said
    assert "\nc6 " in said and "... and 63 more like these, such as c7\n" in said
    assert 'target: ["u", "v"]' in keys_of(found, file)
