"""A grid of settings: read as DVC reads it, judged, kept when killed, saved as experiments."""

import csv
import io
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from stages.lib import params
from stages.lib.core.csv_files import read_csv
from stages.lib.core.errors import UserError
from stages.lib.trials.statistics import SIMPLE
from stages.tools.sweep import store
from stages.tools.sweep.__main__ import FILE, main
from stages.tools.sweep.grid import grid
from stages.tools.sweep.store import Result
from stages.tools.sweep.table import table
from tests.conftest import ROOT, edit_params, environment, readme, run

CONTENT = params.read(ROOT / "params.yaml")
SWEEP = (
    "-S", "train.learning_rate=1e-3,0.1", "-S", "normalize.features=none,standard", "--seeds", "2",
)  # fmt: skip

# ---------------------------------------------------------------------------------------- grid


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["train.learning_rate=1e-4,1e-2"], [0.0001, 0.01]),
        (["train.layers=[64,32],[32],[]"], [[64, 32], [32], []]),
        (["train.layers=[{units: 4, l2: 0.1},3],[3]"], [[{"units": 4, "l2": 0.1}, 3], [3]]),
        (["train.kernel_initializer=he_normal"], ["he_normal"]),
        (
            ["train.kernel_initializer={name: constant, value: 0.1},zeros"],
            [{"name": "constant", "value": 0.1}, "zeros"],
        ),
        (["train.early_stopping.patience=null,5"], [None, 5]),
        (["train.shuffle=true,false"], [True, False]),
        (["train.epochs=range(1,4)"], [1, 2, 3]),
    ],
)
def test_values_are_read_as_dvc_reads_them(given, expected):
    [key] = {one.partition("=")[0] for one in given}
    assert [edit[key] for edit in grid(given, CONTENT)] == expected


def test_every_combination_in_order():
    found = grid(["train.batch_size=8,16", "normalize.features=none,standard"], CONTENT)
    assert [tuple(edit.values()) for edit in found] == [
        (8, "none"), (8, "standard"), (16, "none"), (16, "standard"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "train.seed=1,2",
            "can change. Received: train.seed: --seeds says",
        ),
        (
            "train.initial_weights=x.npz",
            "Received: train.initial_weights: each fit draws",
        ),
        ("data.seed=1,2", "data.seed: expected a key of normalize or train"),
        ("train=1", "train: expected a key of normalize or train"),
        ("train.learning_rat=1", "expected a known key; did you mean 'train.learning_rate'?"),
        ("train.layers.x=1", "train.layers.x: expected a known key"),
        ("train.learning_rate=1,-1", "train.learning_rate: expected a number > 0.0. Received: -1"),
        ("train.learning_rate", "expected key=value,value,... Received: "),
        ("+train.new=1", "expected key=value,value,... Received: '+train.new=1'"),
        ("~train.dropout", "expected key=value,value,... Received: '~train.dropout'"),
        ("train.dropout=[", "expected key=value,value,... Received: "),
        ("train.dropout=interval(0, 1)", "expected key=value,value,... Received: "),
        ("train.activation=glob(*)", "expected key=value,value,... Received: "),
        ("train.batch_size=8,16,8", "expected each value once. Received: train.batch_size=8 twice"),
        ("train.learning_rate=0.001,1e-3", "each value once. Received: train.learning_rate=0.001"),
        ("train.layers=[8],[8]", "expected each value once. Received: train.layers=[8] twice"),
        ("train.activation=relu,'relu'", "expected each value once. Received: train.activation="),
        ("train.epochs=range(3,1)", "expected 1 to 1000 settings in all. Received: 0"),
        ("train.epochs=range(1,20000000)", "settings in all. Received: 19999999"),
        ("train.epochs=range(1,3,0)", "-S: expected"),
        ("train.epochs=" + "9" * 5000, "expected key=value,value,... Received: "),
        ("train.layers=" + "[" * 3000, "expected key=value,value,... Received: "),
    ],
)
def test_a_mistake_is_one_line(given, message):
    with pytest.raises(UserError) as raised:
        grid([given], CONTENT)
    assert str(raised.value).startswith("-S: ") and message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_key_stands_once():
    with pytest.raises(UserError, match="each key once"):
        grid(["train.dropout=0.1", "train.dropout=0.2"], CONTENT)


# --------------------------------------------------------------------------------------- table


def test_means_and_intervals_by_hand():
    present = Result(np.array([[1.0, 3.0], [3.0, 5.0], [5.0, 7.0]]), ["completed"] * 3)
    lower = Result(present.losses - 1, ["completed", "diverged", "completed"])
    edits = [{"train.dropout": 0.0}, {"train.dropout": 0.5}]
    found = table(edits, [present, lower], present, SIMPLE)
    assert found["train.dropout"].tolist() == ["0.5", "0.0"]
    assert found["loss"].tolist() == [3.0, 4.0]
    assert found["diverged"].tolist() == [1, 0]
    # Seed means 1, 3, 5: deviation 2 over three seeds.
    half = stats.t.ppf(0.975, 2) * 2 / np.sqrt(3)
    assert found["high"].tolist() == pytest.approx([3 + half, 4 + half])
    # Every seed and row gains the same, so the paired interval has no width.
    assert found[["change", "change_low", "change_high"]].to_numpy().tolist() == [[-1] * 3, [0] * 3]


# --------------------------------------------------------------------------------- the command


@pytest.fixture
def swept(finished_run, monkeypatch):
    """The command in this process; its folder is at hand as `swept.folder`."""
    monkeypatch.chdir(finished_run)

    def command(*options: str) -> bytes:
        monkeypatch.setattr("sys.argv", ["sweep", *options])
        main()
        return (finished_run / FILE).read_bytes()

    return command


@pytest.mark.in_turn
def test_stopped_and_run_again_it_goes_on_with_the_same_bytes(swept, monkeypatch, capsys):
    whole = swept(*SWEEP)
    found = read_csv(FILE)
    assert found["loss"].is_monotonic_increasing and len(found) == 4
    present = found[
        (found["train.learning_rate"] == 0.001) & (found["normalize.features"] == "none")
    ]
    assert present["change"].tolist() == [0.0]
    shown = capsys.readouterr().out
    assert shown.startswith("validation loss, nats, mean of 2 seeds")
    assert shown.endswith(f"{FILE}: 4 settings\n")

    shutil.rmtree(store.FOLDER)
    Path(FILE).unlink()
    save, left = store.save, [2]

    def stopping(name, result):
        save(name, result)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr(store, "save", stopping)
    with pytest.raises(KeyboardInterrupt):
        swept(*SWEEP)
    assert not Path(FILE).exists()
    harmed, _ = sorted(store.FOLDER.iterdir())
    harmed.write_bytes(harmed.read_bytes()[:50])
    assert swept(*SWEEP) == whole
    assert "1 of 4 settings were trained before" in capsys.readouterr().out
    # What is trained stands whatever else is asked for.
    swept("-S", "train.learning_rate=0.1", "--seeds", "2")
    assert "2 of 2 settings were trained before" in capsys.readouterr().out


def test_a_setting_without_shapes_is_one_line_before_training(swept):
    with pytest.raises(UserError, match=r"train\.loss"):
        swept("-S", "train.loss=binary_crossentropy,nosuch")
    assert not store.FOLDER.exists()


def test_data_of_other_params_are_refused(swept, finished_run):
    edit_params(finished_run, **{"data.seed": 7})
    with pytest.raises(UserError, match="run `dvc repro generate` first"):
        swept("-S", "train.learning_rate=0.01")


def test_a_link_in_the_stores_place_is_not_followed(swept, tmp_path):
    store.FOLDER.parent.symlink_to(tmp_path)
    with pytest.raises(UserError, match="expected a folder"):
        swept("-S", "train.learning_rate=0.1", "--seeds", "2")
    assert not (tmp_path / "sweep").exists()


@pytest.fixture
def long_sweep(finished_run) -> Path:
    edit_params(finished_run, **{"train.epochs": 200, "train.dropout": 0.2})
    return finished_run


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["threads", "loky"])
def test_killed_at_any_moment_it_ends_with_the_same_bytes(long_sweep, backend):
    command = [
        sys.executable, "-m", "stages", "sweep", "--backend", backend, "--seeds", "3",
        "-S", "train.learning_rate=1e-4,1e-3,1e-2", "-S", "train.layers=[4],[8],[8,4]",
    ]  # fmt: skip
    whole = run(long_sweep, *command).stdout, (long_sweep / FILE).read_bytes()
    shutil.rmtree(long_sweep / store.FOLDER)
    for most in (2, 5):
        process = subprocess.Popen(
            command, cwd=long_sweep, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while len(list((long_sweep / store.FOLDER).glob("*.parquet"))) < most:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
    (long_sweep / FILE).unlink()
    done = run(long_sweep, *command)
    first, *rest = done.stdout.splitlines()
    assert first.endswith(" settings were trained before")
    assert rest == whole[0].splitlines()
    assert (long_sweep / FILE).read_bytes() == whole[1]


@pytest.mark.slow
def test_the_best_is_an_experiment_as_the_readme_says(finished_run):
    command = readme("sweep", "stages/tools/sweep/README.md").split()
    before = (finished_run / "params.yaml").read_bytes()
    done = run(finished_run, *command)
    found = read_csv(finished_run / FILE)
    assert len(found) == 6
    [name] = [line.partition(":")[0] for line in done.stdout.splitlines() if line[:6] == "sweep-"]
    shown = run(finished_run, "dvc", "exp", "show", "--csv").stdout
    rows = {row["Experiment"]: row for row in csv.DictReader(io.StringIO(shown))}
    assert float(rows[name]["train.learning_rate"]) == found["train.learning_rate"][0]
    assert rows[name]["normalize.features"] == found["normalize.features"][0]
    assert float(rows[name]["test.log_loss"]) > 0
    # The workspace is as it was, and once more is no more.
    assert (finished_run / "params.yaml").read_bytes() == before
    assert run(finished_run, "git", "status", "--short").stdout == ""
    assert f"{name}: was there" in run(finished_run, *command).stdout


@pytest.mark.parametrize("spelled", ["range(0,inf,1)", "range(0,1,nan)", "range(0,0.9,1e-320)"])
def test_a_range_without_end_is_one_line(spelled):
    with pytest.raises(UserError, match="-S: expected a range of finite numbers"):
        grid([f"train.dropout={spelled}"], params.read(ROOT / "params.yaml"))
