"""A killed training goes on and ends with the bytes of one that was never stopped."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.train import checkpoint
from tests.conftest import digests, edit_params, run, run_stages
from tests.train.killing import FOLDER, killed_after, saved_epoch

OUTS = ("data/model", "data/predictions", "data/training")
# Dropout, momentum slots, a schedule and early stopping: all that a state consists of.
LONG = {
    "data.synthetic.rows": 600,
    "normalize.features": "standard",
    "train.layers": [16, 8],
    "train.dropout": 0.2,
    "train.batch_normalization": "before_activation",
    "train.schedule.name": "cosine",
    "train.early_stopping.patience": 1000,
    "train.epochs": 80,
}


def outs(folder: Path) -> dict:
    return {name: digests(folder / name) for name in OUTS}


@pytest.fixture(scope="module")
def prepared(tiny_run, tmp_path_factory) -> Path:
    """A clone with normalized data, and its whole training."""
    folder = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("long") / "repository"))
    edit_params(folder, **LONG)
    run_stages(folder, "generate", "normalize", "train")
    return folder


@pytest.fixture
def folder(prepared, tmp_path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "repository"))


@pytest.mark.in_turn
@pytest.mark.parametrize("kills", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(folder, kills):
    whole = outs(folder)
    for name in OUTS:
        shutil.rmtree(folder / name)
    draw = np.random.default_rng(0)
    for part in range(kills):
        killed_after(folder, 1 + 24 * part + int(draw.integers(20)))
        assert saved_epoch(folder) >= 1 and not (folder / "data/model").exists()
    reached = saved_epoch(folder)
    done = run(folder, sys.executable, "-m", "stages.train")
    assert f"going on after epoch {reached} of an interrupted run" in done.stdout
    assert outs(folder) == whole
    assert not (folder / FOLDER).exists()


@pytest.mark.slow
def test_another_setting_starts_anew(folder):
    killed_after(folder, 5)
    edit_params(folder, **{"train.learning_rate": 0.002, "train.epochs": 3})
    done = run(folder, sys.executable, "-m", "stages.train")
    assert "going on" not in done.stdout
    history = (folder / "data/training/history.csv").read_text().splitlines()
    assert len(history) == 1 + 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "harm", ["truncated", "probes", "outside", "no_json", "missing", "epoch", "history"]
)
def test_a_harmed_checkpoint_is_left_aside_in_one_line(folder, harm):
    whole = outs(folder)
    killed_after(folder, 5)
    contents = folder / FOLDER / "contents.json"
    if harm == "truncated":
        for file in (folder / FOLDER).glob("epoch-*.npz"):
            file.write_bytes(file.read_bytes()[:100])
    elif harm == "outside":
        contents.write_text(
            json.dumps(json.loads(contents.read_text()) | {"arrays": "../../params.yaml"})
        )
    elif harm == "no_json":
        contents.write_text("{")
    elif harm == "missing":
        for file in (folder / FOLDER).glob("epoch-*.npz"):
            file.unlink()
    else:
        content = json.loads(contents.read_text())
        if harm == "epoch":
            content["epoch"] = True
            (folder / FOLDER / content["arrays"]).rename(folder / FOLDER / "epoch-True.npz")
            content["arrays"] = "epoch-True.npz"
        elif harm == "history":
            content["fits"][0]["history"] = "x"
        else:
            content["probes"] = [None]
        contents.write_text(json.dumps(content))
    done = run(folder, sys.executable, "-m", "stages.train")
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("checkpoint left aside, training starts anew: ")
    assert outs(folder) == whole


@pytest.mark.parametrize("place", ["link", "file"])
def test_what_cannot_be_saved_stops_no_training(folder, tmp_path, place, monkeypatch, capsys):
    whole = outs(folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "epoch-mine.npz").write_text("mine")
    if place == "file":
        (folder / FOLDER).write_text("")
    else:
        (folder / FOLDER).symlink_to(elsewhere)
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    run_stages(folder, "train")
    assert "not saved after epoch 1: " in capsys.readouterr().err
    assert outs(folder) == whole
    assert [file.name for file in elsewhere.iterdir()] == ["epoch-mine.npz"]
