"""The history of a training at work can be watched, and a failed one leaves none."""

import csv
import io
import itertools
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stages.lib.core.csv_files import write_csv
from stages.train import live
from tests.conftest import edit_params, environment, run

ROWS = [{"epoch": float(epoch), "running_loss": 1 / (1 + epoch)} for epoch in range(4)]


def test_it_grows_epoch_by_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0.0)
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    file = tmp_path / "training/history.csv"
    with live.growing(file) as grown:
        for count in range(1, len(ROWS) + 1):
            grown(ROWS[:count])
            assert len(list(csv.DictReader(io.StringIO(file.read_text())))) == count
    assert file.exists()


def test_what_takes_long_to_write_is_written_seldom(tmp_path, monkeypatch):
    clock, times = [0.0], []
    monkeypatch.setattr(live.time, "monotonic", lambda: clock[0])

    def slowly(path, frame) -> None:
        times.append(clock[0])
        clock[0] += 0.5
        write_csv(path, frame)

    monkeypatch.setattr(live, "write_csv", slowly)
    with live.growing(tmp_path / "history.csv") as grown:
        for _ in range(300):
            clock[0] += 0.1
            grown(ROWS)
    assert times[0] == pytest.approx(1.0, abs=0.11)
    waits = [later - earlier - 0.5 for earlier, later in itertools.pairwise(times)]
    assert waits and min(waits) >= 0.5 * live.PATIENCE - 0.11


def test_a_failed_training_leaves_none(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0.0)
    file = tmp_path / "history.csv"
    with pytest.raises(RuntimeError), live.growing(file) as grown:
        grown(ROWS)
        assert file.exists()
        raise RuntimeError
    assert not file.exists()


def test_one_that_fails_before_it_wrote_leaves_the_earlier_file(tmp_path, monkeypatch):
    file = tmp_path / "history.csv"
    file.write_text("earlier")
    with pytest.raises(OSError), live.growing(file):
        raise OSError("No space left on device")

    def full(path, frame) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(live, "SECONDS", 0.0)
    monkeypatch.setattr(live, "write_csv", full)
    with pytest.raises(OSError), live.growing(file) as grown:
        grown(ROWS)
    assert file.read_text() == "earlier"


@pytest.mark.slow
def test_dvc_draws_the_loss_while_it_trains(finished_run):
    edit_params(finished_run, **{"train.epochs": 1_000_000})
    file = finished_run / "data/training/history.csv"
    before = file.stat().st_ino
    process = subprocess.Popen(
        [sys.executable, "-m", "stages.train"], cwd=finished_run, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while process.poll() is None and file.stat().st_ino == before:
            time.sleep(0.2)
        shown = json.loads(run(finished_run, "dvc", "plots", "show", "--json").stdout)
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    [drawn] = shown["data"]["trained_loss"]
    epochs = {int(row["epoch"]) for row in drawn["content"]["data"]["values"]}
    assert max(epochs) > 2
    assert not Path(file).exists()
