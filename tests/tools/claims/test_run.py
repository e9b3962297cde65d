"""The claims' pipeline, made small: apart from the main one, and the same bytes after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from stages.tools.claims import fits, store
from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.cell import Cell
from stages.tools.claims.networks import Network
from stages.tools.claims.plan import plan
from stages.tools.claims.settings import base, read
from stages.tools.claims.side import Side
from stages.tools.claims.text import markdown
from stages.tools.claims.trials import Place, Trials
from tests.conftest import ROOT, changed, digests, environment, ran, run

LETTERS = [claim.letter for claim in CLAIMS]
SMALL = {
    "data_sets": ["iris", "moons", "diabetes", "moons_units"],
    "replicates": 3,
    "epochs": 4,
    "depths": [1, 2],
    "width": 4,
    "programs.replicates": 3,
    "programs.rows": 100,
    "programs.test_rows": 200,
    "programs.keras_replicates": 2,
    "programs.share_of_epochs": 0.02,
}


def small(folder: Path, **more: str) -> None:
    file = folder / "stages" / "tools" / "claims" / "params.yaml"
    content = changed(yaml.safe_load(file.read_text()), SMALL | more)
    file.write_text(yaml.safe_dump(content, sort_keys=False))


# ------------------------------------------------------------------------------------- the store


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(store, "FOLDER", tmp_path / "claims")
    return tmp_path / "claims"


def planned():
    content = changed(read(), {"epochs": 4})
    trials, place = Trials(base(content), 4, 0), Place("iris", Network(1, "relu"))
    sides = [Side({"train.optimizer": name}, (0.001, 0.01)) for name in ("adam", "sgd")]
    return plan((w for side in sides for w in trials.wanted(place, side, False)), (0, 1, 2))


def test_what_is_kept_is_read_back_to_the_bit(kept):
    values = [{"test": [0.1, 1 / 3, 2.0]}, {"test": [1e-300, 5.0, 0.7]}]
    store.save("a", values)
    assert store.saved("a", 2, 3) == values
    assert store.saved("b", 2, 3) is None
    # Of other numbers of programs or replicates, or not whole.
    assert store.saved("a", 1, 3) is None and store.saved("a", 2, 4) is None
    (kept / "a.json").write_text('{"programs": [{"test": [0.1')
    assert store.saved("a", 2, 3) is None
    (kept / "a.json").write_text('{"programs": [{"test": ["x"]}, {}]}')
    assert store.saved("a", 2, 1) is None


def test_stopped_and_run_again_it_goes_on_with_the_same_values(kept, monkeypatch):
    plans = planned()
    assert len(plans) == 2
    ended: list[int] = []
    whole = fits.fitted(plans, "threads", ended.append)
    assert ended == [6, 6] and len(whole) == 4
    [_, last] = sorted(kept.iterdir())
    last.unlink()
    trained = []
    train_cell = fits.train_cell

    def counting(cell: Cell, in_process: bool):
        trained.append(cell)
        return train_cell(cell, in_process)

    monkeypatch.setattr(fits, "train_cell", counting)
    assert fits.fitted(plans, "threads") == whole
    assert len(trained) == 1


def test_what_ends_is_kept_although_an_earlier_one_goes_on(kept, monkeypatch):
    """Results come back in the order of the plan, and the first takes longest."""
    plans = planned()
    train_cell, first = fits.train_cell, plans[0].cell

    def waiting(cell: Cell, in_process: bool):
        values = train_cell(cell, in_process)
        patience = time.monotonic() + 120
        while cell is first and not list(kept.glob("*.json")):
            assert time.monotonic() < patience, "the second cell is kept only after the first"
            time.sleep(0.01)
        return values

    monkeypatch.setattr(fits, "train_cell", waiting)
    assert len(fits.fitted(plans, "threads")) == 4


def test_names_depend_on_all_that_is_trained():
    cell = planned()[0].cell
    names = {
        store.key(other.plain)
        for other in (
            cell,
            Cell("wine", cell.programs, cell.seeds, cell.watched),
            Cell(cell.source, cell.programs[:1], cell.seeds, cell.watched),
            Cell(cell.source, cell.programs, (0, 1), cell.watched),
            Cell(cell.source, cell.programs, cell.seeds, True),
        )
    }
    assert len(names) == 5
    assert store.key(cell.plain) in names


def test_what_no_cell_of_the_run_wrote_is_removed(kept):
    for name in "ab":
        store.save(name, [{"test": [1.0]}])
    store.keep_only({"b"})
    assert [file.name for file in kept.iterdir()] == ["b.json"]


# ---------------------------------------------------------------------------------- the pipeline


@pytest.mark.slow
def test_the_pipeline_runs_apart_and_ends_with_the_same_bytes_after_a_kill(fresh_clone):
    small(fresh_clone)
    repro = ("dvc", "repro", "stages/tools/claims/dvc.yaml")
    done = run(fresh_clone, *repro)
    assert "Running stage 'stages/tools/claims/dvc.yaml:claims'" in done.stdout
    assert " fits in " in done.stderr and " minutes on two cores" in done.stderr
    content = json.loads((fresh_clone / "reports" / "claims.json").read_text())
    assert [claim["letter"] for claim in content["claims"]] == LETTERS
    assert (fresh_clone / "reports" / "claims.md").read_text() == markdown(content)
    names = {file.name for file in (fresh_clone / "reports" / "claims").iterdir()}
    assert names == {"programs.svg", *(f"{letter}.svg" for letter in LETTERS)}
    assert ran(run(fresh_clone, *repro)) == []
    whole = digests(fresh_clone / "reports")

    # The short form goes into the README, and once more changes nothing.
    run(fresh_clone, sys.executable, "-m", "stages.tools.claims.readme")
    readme = (fresh_clone / "stages" / "tools" / "claims" / "README.md").read_text()
    assert content["claims"][0]["do"] in readme
    run(fresh_clone, sys.executable, "-m", "stages.tools.claims.readme")
    assert (fresh_clone / "stages" / "tools" / "claims" / "README.md").read_text() == readme

    # Killed after some cells, then on another backend: the bytes of a run that was never stopped.
    folder = fresh_clone / store.FOLDER
    for file in folder.iterdir():
        file.unlink()
    process = subprocess.Popen(
        [sys.executable, "-m", "stages", "claims"], cwd=fresh_clone, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while len(list(folder.glob("*.json"))) < 10:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    small(fresh_clone, backend="threads")
    run(fresh_clone, sys.executable, "-m", "stages", "claims")
    assert digests(fresh_clone / "reports") == whole
