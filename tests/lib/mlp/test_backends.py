"""Arms trained in threads, in processes of their own and on a real Dask cluster: the same."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.mlp import backends
from stages.lib.mlp.arms import Arm, Outcome, Table, train_all
from stages.lib.mlp.program import program
from stages.lib.params import check
from tests.cards import task_of
from tests.conftest import ROOT, content_of, environment, train_settings


def table() -> Table:
    rng = np.random.default_rng(0)
    x = {name: rng.normal(size=(rows, 4)).astype("float32") for name, rows in
         (("train", 120), ("validation", 40), ("test", 40))}  # fmt: skip
    return Table(x, {name: (one[:, :1] > 0).astype("int32") for name, one in x.items()})


def arms(epochs: int = 4) -> list[Arm]:
    """Two architectures, three rates, two seeds."""
    return [
        Arm(
            program(
                train_settings(
                    layers=layers, learning_rate=rate, seed=seed, epochs=epochs, dropout=0.1
                ),
                task_of(),
                4,
            ),
            "plain",
        )
        for layers in ([8], [6, 4])
        for rate in (0.001, 0.01, 0.1)
        for seed in (0, 1)
    ]


def assert_same(found: list[Outcome], expected: list[Outcome]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert (one.status, one.epochs_run) == (other.status, other.epochs_run)
        for split, values in one.outputs.items():
            np.testing.assert_allclose(values, other.outputs[split], rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def in_threads() -> list[Outcome]:
    return train_all(arms(), {"plain": table()})


def test_processes_give_what_threads_give(in_threads):
    ended = []
    found = train_all(arms(), {"plain": table()}, ended.append, backend="loky")
    assert_same(found, in_threads)
    assert sum(ended) == len(in_threads)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A scheduler and two workers on loopback, each a process of its own."""
    file = tmp_path / "scheduler.json"
    environs = environment() | {"PYTHONPATH": str(ROOT)}

    def started(*command: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + command[0], *command[1:],
             "--scheduler-file", str(file), "--no-dashboard"],
            cwd=ROOT, env=environs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    scheduler = started("scheduler", "--host", "127.0.0.1", "--port", "0")
    workers = [
        started("worker", "--nthreads", "1", "--nworkers", "1", "--no-nanny") for _ in range(2)
    ]
    deadline = time.monotonic() + 60
    while not file.is_file() and time.monotonic() < deadline:
        time.sleep(0.1)
    import json

    monkeypatch.setenv(backends.ADDRESS, json.loads(file.read_text())["address"])
    yield workers
    for process in (*workers, scheduler):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_loses_nothing(cluster, monkeypatch, in_threads):
    from distributed import Client

    monkeypatch.setattr("stages.lib.mlp.arms.ARMS_PER_JOB", 1)
    with Client(os.environ[backends.ADDRESS], set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    victim, ended = cluster[0], []

    def tick(count: int) -> None:
        ended.append(count)
        if len(ended) == 2:
            os.killpg(victim.pid, signal.SIGKILL)

    found = train_all(arms(), {"plain": table()}, tick, backend="dask")
    assert victim.wait(timeout=10) == -signal.SIGKILL
    assert sum(ended) == len(found)
    assert_same(found, in_threads)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, "expected the scheduler's address in the environment variable"),
        ("tcp://127.0.0.1:9", "expected a Dask scheduler at 'tcp://127.0.0.1:9'"),
        ("nonsense://x", "expected a Dask scheduler at 'nonsense://x'"),
    ],
)
def test_no_cluster_is_one_line(monkeypatch, address, message):
    monkeypatch.setattr(backends, "PATIENCE", 1)
    monkeypatch.delenv(backends.ADDRESS, raising=False)
    if address:
        monkeypatch.setenv(backends.ADDRESS, address)
    with pytest.raises(UserError, match=message):
        train_all(arms(1)[:1], {"plain": table()}, backend="dask")


def test_the_backend_is_a_param_that_reruns_nothing():
    content = content_of(**{"compute.backend": "loky"})
    assert check(content).compute.backend == "loky"
    assert "compute" not in (ROOT / "dvc.yaml").read_text()
