"""Predictions for new rows are the pipeline's own, whatever the order of the columns."""

import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json
from stages.lib.tables.readers import open_table
from stages.tools.deploy.predict import features, main
from tests.conftest import run, settings


@pytest.fixture
def refused(trained, monkeypatch):
    """The one line that the command says of these options, in this process."""
    monkeypatch.chdir(trained)

    def line(*options: str) -> str:
        monkeypatch.setattr("sys.argv", ["predict", *options])
        before = sorted((trained / "data").rglob("*"))
        with pytest.raises(UserError) as caught:
            main()
        assert sorted((trained / "data").rglob("*")) == before
        return str(caught.value)

    return line


@pytest.fixture(scope="module")
def trained(mixed_run, tmp_path_factory):
    return shutil.copytree(mixed_run, tmp_path_factory.mktemp("predict") / "repository")


@pytest.fixture
def predict(trained, monkeypatch, capsys):
    """What the command prints, in this process."""
    monkeypatch.chdir(trained)

    def printed(*options: str) -> str:
        monkeypatch.setattr("sys.argv", ["predict", *options])
        main()
        return capsys.readouterr().out

    return printed


def real_command(folder, *options: str) -> str:
    return run(folder, sys.executable, "-m", "stages", "predict", *options).stdout


def write_book(rows: pd.DataFrame, file) -> None:
    """The rows in the second sheet of a workbook."""
    with pd.ExcelWriter(file) as book:
        pd.DataFrame({"note": ["of the rows"]}).to_excel(book, sheet_name="About", index=False)
        rows.to_excel(book, sheet_name="Rows", index=False)


WRITERS = {
    "csv": lambda rows, file: rows.to_csv(file, index=False),
    "parquet": lambda rows, file: rows.to_parquet(file),
    "xlsx": write_book,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_test_rows_get_the_pipelines_predictions(trained, predict, kind):
    rows = pd.read_parquet(trained / "data/raw/test.parquet")
    shuffled = rows[rows.columns[::-1]].assign(beside=1.5)
    file = trained / f"data/inputs/new.{kind}"
    WRITERS[kind](shuffled, file)
    sheet = ("--sheet", "Rows") if kind == "xlsx" else ()
    options = f"data/inputs/new.{kind}", "--out", "data/export/p.csv", *sheet
    printed = real_command(trained, *options) if kind == "csv" else predict(*options)
    assert f"data/export/p.csv: {len(rows)} rows of prediction, probability of" in printed
    found = pd.read_csv(trained / "data/export/p.csv")
    classes = read_json(trained / "data/raw/card.json")["classes"]
    wrote = pd.read_parquet(trained / "data/predictions/test.parquet")
    shares = wrote[[f"probability_{k}" for k in range(len(classes))]].to_numpy()
    names = [f"probability of {name}" for name in classes]
    np.testing.assert_allclose(found[names].to_numpy(), shares, rtol=1e-6)
    assert found["prediction"].tolist() == [classes[k] for k in shares.argmax(axis=1)]


def test_gaps_and_new_categories_are_those_of_training(trained, predict):
    text = "city/town,grade,owner,constant,income €\n,,1,3,\nAtlantis,a,0,3,1e5\n"
    (trained / "data/inputs/few.csv").write_text(text, encoding="utf-8")
    said = predict("data/inputs/few.csv")
    assert (
        "'city/town': 1 gap, taken for no level; 1 row of levels that training had not, or" in said
    )
    assert "'income €': 1 gap, filled with" in said and "'owner'" not in said
    found = pd.read_csv(trained / "data/export/predictions.csv")
    assert len(found) == 2
    assert np.isfinite(found.filter(regex="^prob").to_numpy()).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("owner,constant,grade,city/town,incom €\n1,3,a,Oslo,5\n", ["'income €'", "'incom €'"]),
        ("owner,constant,grade,city/town,income €\n1,3,a,Oslo,5\n1,3,a,Oslo,x1\n",
         ["'income €'", "expected numbers, as in training", "'x1' in row 2"]),
        ("owner,constant,grade,city/town,income €\n1,3,a,Oslo,1e300\n", ["finite", "row 1"]),
        ("owner,constant,grade,city/town,income €\n", ["expected rows"]),
        ("", ["new.csv"]),
    ],
)  # fmt: skip
def test_what_is_not_such_rows_is_one_line(trained, refused, text, words):
    (trained / "data/inputs/new.csv").write_text(text, encoding="utf-8")
    said = refused("data/inputs/new.csv")
    assert all(word in said for word in words), said


def test_only_a_workbook_has_sheets(trained, refused):
    (trained / "data/inputs/new.csv").write_text("a\n1\n")
    said = refused("data/inputs/new.csv", "--sheet", "Rows")
    assert said == "--sheet: expected a workbook. Received: 'data/inputs/new.csv'"


def test_options_say_how_the_rows_are_written(trained, predict, refused):
    text = "Rows of May\n\nowner;constant;grade;city/town;income €\n1;3;a;Oslo;5,5\n1;3;a;Oslo;x\n"
    (trained / "data/inputs/other.csv").write_text(text, encoding="utf-8")
    file = "data/inputs/other.csv"
    assert "--skip-rows=2 takes those; --header=true" in refused(file)
    assert "a decimal comma is --decimal=comma" in refused(file, "--skip-rows", "2")
    written = (file, "--skip-rows", "2", "--decimal", "comma")
    assert "'x' in row 2; --missing names a gap" in refused(*written)
    assert "'income €': 1 gap, filled with" in predict(*written, "--missing", "x")
    assert "--skip-rows: expected 0 or more. Received: -1" in refused(file, "--skip-rows", "-1")


@pytest.mark.parametrize(
    "options",
    [["/etc/passwd"], ["../new.csv"], ["data/inputs/absent.csv"], ["README.md"],
     ["data/inputs/new.csv", "--out", "../p.csv"], ["data/inputs/new.csv", "--out", "p.txt"],
     ["data/inputs/new.csv", "--out", "data/inputs/new.csv"],
     ["data/inputs/new.csv", "--out", "data/inputs/others.csv"],
     ["--out", "data/training/history.csv", "data/inputs/new.csv"],
     ["new.csv", "--out", "new.csv"]],
)  # fmt: skip
def test_paths_stay_inside(trained, refused, options):
    (trained / "data/inputs/new.csv").write_text("a\n1\n")
    (trained / "new.csv").write_text("a\n1\n")
    assert "expected" in refused(*options)


def test_new_rows_are_read_as_the_table_was(tmp_path):
    """Parts of dates, units, words for a gap, and a file that is packed."""
    frame = pd.DataFrame(
        {
            "when": ["01/02/2024 10:00", "13/02/2024 23:30", ""],
            "size": ["1,234 kg", "20 kg", "unknown"],
            "flag": ["Y", "N", ""],
            "town": ["?", "Ulm", "NA"],
        }
    )
    frame.to_csv(tmp_path / "new.csv.gz", index=False)
    changes = {
        "dates": {"when": ["hour", "day"]},
        "thousands": "comma",
        "missing": ["unknown", "?"],
    }
    written = settings(**{f"data.file.{key}": value for key, value in changes.items()}).data.file
    kinds = {"when hour": "numeric", "size": "numeric", "flag": "binary", "town": "categorical"}
    columns = [SimpleNamespace(name=name, kind=kind) for name, kind in kinds.items()]
    source = open_table(str(tmp_path / "new.csv.gz"), written, "")
    found = features(source, SimpleNamespace(columns=columns), written)
    np.testing.assert_equal(found["when hour"].tolist(), [10, 23, np.nan])
    np.testing.assert_equal(found["size"].tolist(), [1234, 20, np.nan])
    np.testing.assert_equal(found["flag"].tolist(), [1, 0, np.nan])
    assert found["town"].isna().tolist() == [True, False, False] and "when day" not in found
