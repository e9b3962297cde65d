"""A user's Keras script in the pipeline: it trains the same there, and is diagnosed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stages.files import read_csv
from stages.generate.__main__ import main as generate
from stages.normalize.__main__ import main as normalize
from tests.adoption import SCRIPTS, adopted, set_params, workplace
from tests.conftest import ROOT, environment, run

AILING = {
    "raw_income": "input_normalization",
    "tiny_rate": "learning_rate",
    "one_softmax": "output_activation",
    "wide_weights": "initialization",
    "prices": "target_normalization",
}
HEALTHY = ("wine", "tumours", "diabetes")


def lines_of(done: subprocess.CompletedProcess) -> str:
    """Wrapped lines in one."""
    return " ".join(done.stdout.split())


@pytest.fixture
def folder(tmp_path) -> Path:
    return workplace(tmp_path / "work")


def first_epoch_there(script: Path) -> float:
    """The script's own loss, in Keras."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.first_epoch", str(script)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["loss"]


def first_epoch_here(folder: Path, monkeypatch) -> float:
    """The adopted program's, by the pipeline's own stages."""
    monkeypatch.chdir(folder)
    set_params(folder, **{"train.shuffle": False, "train.dropout": 0.0})
    generate()
    normalize()
    run(folder, sys.executable, "-m", "stages.train")
    return read_csv("data/training/history.csv")["running_loss"][1]


@pytest.mark.parametrize(
    "name",
    [
        "tumours",
        *(pytest.param(name, marks=pytest.mark.slow) for name in (*AILING, "wine", "diabetes")),
    ],
)
def test_the_first_epoch_is_the_scripts_own(name, folder, monkeypatch):
    """From the weights that the script built, in the order of its rows."""
    adopted(folder, "--keep-weights", SCRIPTS / f"{name}.py")
    ours, theirs = first_epoch_here(folder, monkeypatch), first_epoch_there(SCRIPTS / f"{name}.py")
    assert ours == pytest.approx(theirs, rel=1e-4 if theirs > 1 else None, abs=1e-4)
