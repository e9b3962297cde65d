"""Several processes on one training: the weights of one, and what the loss of one leaves."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.mlp import peers
from stages.lib.mlp.workers import SINGLE, join_workers
from tests.conftest import digests, edit_params, environment, run

# All that sums over a batch, and batches that do not divide by the number of processes.
SHARED = {
    "data.synthetic.rows": 601,
    "normalize.features": "standard",
    "train.layers": [8, 6],
    "train.batch_normalization": "before_activation",
    "train.dropout": 0.2,
    "train.l2": 0.001,
    "train.class_weight": "balanced",
    "train.clip.norm": 1.0,
    "train.optimizer": "momentum",
    "train.learning_rate": 0.05,
    "train.batch_size": 33,
    "train.epochs": 4,
}


def addresses(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return [f"127.0.0.1:{port}" for port in ports]


def config(hosts: list[str], index: int) -> str:
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": hosts}, "task": task})


def started(folders: list[Path], module: str = "stages.train") -> list[subprocess.Popen]:
    """The train stage as a team, a process in each folder."""
    hosts = addresses(len(folders))
    return [
        subprocess.Popen(
            [sys.executable, "-m", module], cwd=folder, text=True,
            env={**environment(), "TF_CONFIG": config(hosts, index)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for index, folder in enumerate(folders)
    ]  # fmt: skip


def ended(processes: list[subprocess.Popen]) -> list[tuple[int, str]]:
    return [
        (process.returncode, err) for process in processes for _, err in [process.communicate()]
    ]


@pytest.fixture(scope="module")
def prepared(tiny_run, tmp_path_factory) -> Path:
    """A clone with normalized data, and the model of one process."""
    folder = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("alone") / "repository"))
    edit_params(folder, **SHARED)
    for stage in ("generate", "normalize", "train"):
        run(folder, sys.executable, "-m", f"stages.{stage}")
    return folder


@pytest.fixture
def team(prepared, tmp_path) -> list[Path]:
    """Two clones without a model."""
    return [untrained(prepared, tmp_path / str(i)) for i in range(2)]


def untrained(folder: Path, copy: Path) -> Path:
    """A copy without what training left."""
    shutil.copytree(folder, copy)
    for name in ("model", "predictions", "training"):
        shutil.rmtree(copy / "data" / name)
    return copy


def assert_same(one: Path, other: Path) -> None:
    """Weights, history and predictions to float tolerance."""
    left, right = (np.load(folder / "data/model/weights.npz") for folder in (one, other))
    for name in left:
        np.testing.assert_allclose(left[name], right[name], rtol=1e-4, atol=1e-5, err_msg=name)
    for name in ("training/history.csv", "training/probes.csv"):
        tables = [pd.read_csv(folder / "data" / name) for folder in (one, other)]
        pd.testing.assert_frame_equal(*tables, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one_and_the_first_writes(prepared, team):
    done = ended(started(team))
    assert [code for code, _ in done] == [0, 0], done
    assert_same(prepared, team[0])
    assert not (team[1] / "data/model").exists()
    assert set(digests(team[1] / "data")) <= set(digests(prepared / "data"))


@pytest.mark.slow
def test_a_lost_process_is_a_line_and_the_rest_of_the_training_can_follow(team):
    for folder in team:
        edit_params(folder, **{"train.epochs": 150})
    assert [code for code, _ in ended(started(team))] == [0, 0]
    undisturbed = team[0].rename(team[0].with_name("undisturbed"))
    untrained(undisturbed, team[0])
    processes = started(team, "tests.train.saving_every_epoch")
    contents = team[0] / "data/checkpoint/contents.json"
    while not contents.exists() and processes[0].poll() is None:
        time.sleep(0.01)
    processes[1].kill()
    [(code, said), _] = ended(processes)
    assert code == 2
    assert len(said.strip().splitlines()) == 1, said
    assert "expected 2 processes to train to the end. Received: the loss of process 1" in said
    epoch = json.loads(contents.read_text())["epoch"]
    assert f"run again, it goes on after epoch {epoch}" in said
    assert not (team[0] / "data/model").exists()
    processes = started(team)
    outs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outs
    for out, _ in outs:
        assert f"going on after epoch {epoch} of an interrupted run" in out
    assert_same(undisturbed, team[0])


@pytest.mark.slow
def test_all_have_to_train_the_same(team):
    edit_params(team[1], **{"train.learning_rate": 0.01})
    for code, said in ended(started(team)):
        assert code == 2
        assert "same params, data, code and packages in every process" in said
        assert len(said.strip().splitlines()) == 1, said


def test_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(peers, "PATIENCE", 0.3)
    hosts = addresses(3)
    with pytest.raises(UserError, match=f"no word from the first, at {hosts[0]}"):
        peers.wait_for_peers(hosts, 2)
    monkeypatch.setattr(peers, "PATIENCE", 3.0)
    failed = []

    def call() -> None:
        try:
            peers.wait_for_peers(hosts, 2)
        except UserError as error:
            failed.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    with pytest.raises(UserError, match=f"nothing from {hosts[1]}"):
        peers.wait_for_peers(hosts, 0)
    caller.join()
    assert len(failed) == 1


def test_a_stranger_who_calls_changes_nothing():
    hosts = addresses(2)
    first = threading.Thread(target=peers.wait_for_peers, args=(hosts, 0))
    first.start()
    for words in (b"GET / HTTP/1.1\r\n\r\n", b"7", b""):
        for _ in range(100):
            try:
                call = socket.create_connection(("127.0.0.1", int(hosts[0].split(":")[1])))
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        with call:
            call.sendall(words)
    assert first.is_alive()
    peers.wait_for_peers(hosts, 1)
    first.join(timeout=10)
    assert not first.is_alive()


@pytest.mark.parametrize(
    "written",
    [
        "x",
        "[]",
        "{}",
        config([], 0),
        config(["a:1"], 1),
        config(["a"], 0),
        config(["a:0"], 0),
        config(["a:1"], "x"),
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_cluster_that_is_none(written, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", written)
    with pytest.raises(UserError, match="expected such as"):
        join_workers()


def test_without_a_team_there_is_one_process(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert join_workers() is SINGLE
    monkeypatch.setenv("TF_CONFIG", config(["127.0.0.1:1"], 0))
    assert join_workers() is SINGLE
    assert SINGLE.share(7) == slice(0, 7)
