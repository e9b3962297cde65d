"""Where predict and export may write, and that both know a network of another run."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from stages.lib.core.errors import UserError
from stages.tools.deploy.destination import destination
from stages.tools.deploy.model import read_model
from tests.conftest import ROOT, run


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """A git repository with a tracked table and the results of a run."""
    folder = tmp_path / "repository"
    (folder / "data/training").mkdir(parents=True)
    (folder / "data/export").mkdir()
    (folder / "data/training/history.csv").write_text("epoch\n0\n")
    (folder / "prices.csv").write_text("price\n1\n")
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "add", "prices.csv")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "path", ["data/export/p.csv", "data/export/a/b/p.csv", "data/new/p.csv", "p.csv", "mine/p.csv"]
)
def test_what_is_nobody_elses_is_free(path, workplace):
    assert destination(path, ".csv", "--out") == Path(path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../p.csv", "expected a .csv file below this repository. Received: '../p.csv'"),
        ("/etc/p.csv", "expected a .csv file below this repository"),
        ("p.txt", "expected a .csv file below this repository"),
        ("", "expected a .csv file below this repository. Received: ''"),
        ("a\nb.csv", r"expected a .csv file below this repository. Received: 'a\nb.csv'"),
        ("\0.csv", "expected a .csv file below this repository"),
        ("n" * 300 + ".csv", "expected"),
        ("prices.csv", "expected a file that git does not track. Received: 'prices.csv'"),
        (
            "data/training/history.csv",
            "expected a file of its own, outside data/. Received: 'data/training/history.csv'; "
            "data/export/history.csv is free",
        ),
        ("data/export/../training/history.csv", "expected a file of its own, outside data/"),
        ("data/inputs/t.csv", "expected a file of its own, outside data/"),
        ("reports/p.csv", "expected a file of its own, outside reports/"),
        ("stages/p.csv", "expected a file of its own, outside stages/"),
        (".git/p.csv", "expected a file of its own, outside .git/"),
        (".dvc/tmp/p.csv", "expected a file of its own, outside .dvc/"),
        ("data/export/linked/history.csv", "expected a file of its own, outside data/"),
        ("data/export/outside/p.csv", "expected a .csv file below this repository"),
        (
            "data/export/folder.csv",
            "data/export/folder.csv: expected a path at which a file can be written. Received: a "
            "folder",
        ),
        ("data/export/plain/p.csv", "can be written. Received: one below a file"),
    ],
)
def test_what_is_somebody_elses_is_refused(path, words, workplace):
    (workplace / "data/export/folder.csv").mkdir()
    (workplace / "data/export/plain").write_text("")
    (workplace / "data/export/linked").symlink_to("../training")
    (workplace / "data/export/outside").symlink_to(workplace.parent)
    with pytest.raises(UserError) as caught:
        destination(path, ".csv", "--out")
    assert str(caught.value).startswith("--out: ") and words in str(caught.value)
    assert (workplace / "data/training/history.csv").read_text() == "epoch\n0\n"


@pytest.mark.parametrize("file", ["dvc.yaml", "stages/tools/claims/dvc.yaml"])
def test_no_output_of_a_stage_is_free(file, workplace):
    pipeline = yaml.safe_load((ROOT / file).read_text())
    for stage in pipeline["stages"].values():
        for entry in [*stage.get("outs", []), *stage.get("metrics", [])]:
            [name] = entry if isinstance(entry, dict) else [entry]
            for path in (f"{name}/x.csv", f"{name}.csv"):
                with pytest.raises(UserError, match="a file of its own"):
                    destination(path, ".csv", "--out")


def _without_a_column(state: dict) -> None:
    state["inputs"].remove("constant")
    state["columns"] = [column for column in state["columns"] if column["name"] != "constant"]


def _of_four_classes(state: dict) -> None:
    state["classes"].append("never")


def _of_numbers(state: dict) -> None:
    state |= {"task": "regression", "classes": []}
    state["targets"] = [{"name": "y", "transform": "none", "state": {}}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without_a_column, "inputs: expected [0-9]+, as data/model/network.json has it"),
        (_of_four_classes, "classes: expected 3, as data/model/network.json has it. Received: 4"),
        (_of_numbers, "task: expected multiclass, as .* Received: regression; run `dvc repro`"),
    ],
)
def test_a_normalization_of_another_run_is_one_line(
    change, words, mixed_run, tmp_path, monkeypatch
):
    for name in ("model", "normalized"):
        shutil.copytree(mixed_run / "data" / name, tmp_path / "data" / name)
    monkeypatch.chdir(tmp_path)
    read_model()
    file = Path("data/normalized/normalization.json")
    state = json.loads(file.read_text())
    change(state)
    file.write_text(json.dumps(state))
    with pytest.raises(UserError, match=rf"^data/normalized/normalization\.json: {words}"):
        read_model()


@pytest.mark.parametrize(
    "name", ["model/network.json", "model/weights.npz", "normalized/normalization.json"]
)
def test_a_missing_file_is_one_line(name, mixed_run, tmp_path, monkeypatch):
    for folder in ("model", "normalized"):
        shutil.copytree(mixed_run / "data" / folder, tmp_path / "data" / folder)
    monkeypatch.chdir(tmp_path)
    Path("data", name).unlink()
    with pytest.raises(UserError, match=f"^data/{name}: expected this file to exist; run `dvc"):
        read_model()
