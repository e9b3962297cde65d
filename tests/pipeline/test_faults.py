"""What breaks between two commands: after it, `dvc repro` ends with the bytes of a run in peace."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from stages.lib.core.errors import UserError
from stages.lib.core.lock import LOCK, stage_lock
from tests.conftest import STAGES, digests, edit_params, environment, ran, repro, run

# Stages whose outputs DVC keeps until the stage has written new ones.
PERSISTENT = ("generate", "normalize", "evaluate", "report")
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


def state(folder: Path) -> dict[str, str]:
    """All that a run leaves, by its hash; what a killed stage left half made is none of it."""
    found = {
        str(Path(top, name)): digest
        for top in ("data", "reports")
        for name, digest in digests(folder / top).items()
        if ".partial-" not in name
    }
    return found | {"dvc.lock": (folder / "dvc.lock").read_text()}


def mended(folder: Path) -> None:
    """`dvc repro`, after what the README has for what it says."""
    done = run(folder, "dvc", "repro", ok=False)
    if "dvc.lock'" in done.stderr:
        run(folder, "git", "checkout", "dvc.lock")
    elif "RWLock-file" in done.stderr:
        (folder / ".dvc/tmp/rwlock").unlink()
    elif done.returncode == 0:
        return
    repro(folder)


# ---------------------------------------------------------------------------------- kills


def started(folder: Path, *options: str) -> subprocess.Popen:
    """`dvc repro` in a process group of its own, as a terminal starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", *options], cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        # Where pytest runs in the background it ignores ^C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def stages_of(dvc: subprocess.Popen) -> list[psutil.Process]:
    """The stage that it runs, if it does."""
    try:
        children = psutil.Process(dvc.pid).children(recursive=True)
        return [one for one in children if "-m" in one.cmdline()[1:2]]
    except psutil.NoSuchProcess:
        return []


def killed(dvc: subprocess.Popen, whom: str, how: signal.Signals) -> list[psutil.Process]:
    """Kill the stage, once there is one, or DVC; a terminal's ^C goes to both. Returns the stage's
    process, which outlives DVC."""
    found = stages_of(dvc)
    while whom == "stage" and not found and dvc.poll() is None:
        time.sleep(0.005)
        found = stages_of(dvc)
    for one in found if whom == "stage" else []:
        one.send_signal(how)
    if whom == "dvc" and dvc.poll() is None:
        (os.killpg if how == signal.SIGINT else os.kill)(dvc.pid, how)
    dvc.wait()
    return found


@pytest.fixture(scope="module")
def lasts() -> dict[str, float]:
    """How long each stage takes under DVC, in seconds."""
    return {}


@pytest.mark.in_turn
@pytest.mark.parametrize(
    ("whom", "how", "kills"),
    [
        ("stage", signal.SIGKILL, 1),
        *(
            pytest.param(whom, how, 9, marks=pytest.mark.slow)
            for whom in ("stage", "dvc")
            for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        ),
    ],
)
def test_killed_at_random_moments(whom, how, kills, lasts, finished_run):
    """Each time another stage, at a moment between the start of DVC and its end."""
    before = state(finished_run)
    draw = np.random.default_rng([how, len(whom), kills])
    landed = 0
    while landed < kills:
        stage = "evaluate" if kills == 1 else STAGES[landed % len(STAGES)]
        if stage not in lasts:
            start = time.monotonic()
            assert repro(finished_run, "--force", "--single-item", stage) == [stage]
            lasts[stage] = time.monotonic() - start
        moment = draw.uniform(0, lasts[stage])
        dvc = started(finished_run, "--force", "--single-item", stage)
        time.sleep(moment)
        landed += dvc.poll() is None
        print(f"{stage}: {how.name} of {whom} after {moment:.3f} s, kill {landed}")
        left = killed(dvc, whom, how)
        # The stage may still run: then a new one is refused.
        early = run(finished_run, "dvc", "repro", ok=False)
        psutil.wait_procs(left)
        if early.returncode:
            print(early.stderr)
            mended(finished_run)
        assert state(finished_run) == before


# ------------------------------------------------------------------------------- two at once


def test_one_stage_at_a_time_in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with stage_lock("train"):
        with pytest.raises(UserError) as caught, stage_lock("report"):
            raise AssertionError("two at once")
        assert str(caught.value) == (
            "expected no other stage to run in this folder. "
            f"Received: train (process {os.getpid()}), which still runs; wait for it, or end it"
        )
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        with stage_lock("train"):
            pass
    monkeypatch.chdir(tmp_path)
    with stage_lock("evaluate"):
        assert LOCK.read_text() == f"evaluate (process {os.getpid()})"


@pytest.mark.parametrize("name", [".dvc", ".dvc/tmp", ".dvc/tmp/stage.lock"])
def test_what_stands_where_the_lock_is_to_be_is_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    if name == str(LOCK):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("")
    with pytest.raises(UserError) as caught, stage_lock("train"):
        raise AssertionError("no lock")
    assert str(caught.value).startswith(".dvc/tmp/stage.lock: expected a file that can be written")


def test_a_stage_beside_another_is_refused_in_one_line(finished_run, monkeypatch):
    before = state(finished_run)
    monkeypatch.chdir(finished_run)
    with stage_lock("train"):
        done = run(finished_run, sys.executable, "-m", "stages.evaluate", ok=False)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("error: expected no other stage to run in this folder")
    assert state(finished_run) == before


@contextmanager
def orphan(folder: Path, stage: str) -> Iterator[psutil.Process]:
    """A stage whose DVC was killed, halted in the middle of its work; it goes on afterwards."""
    (folder / LOCK).write_text("")
    dvc = started(folder, "--force", "--single-item", stage)
    while not (folder / LOCK).read_text().startswith(stage):
        assert dvc.poll() is None
        time.sleep(0.005)
    [left] = stages_of(dvc)
    left.suspend()
    dvc.kill()
    dvc.wait()
    try:
        yield left
    finally:
        left.resume()
        psutil.wait_procs([left])


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["generate", "train", "diagnose"])
def test_an_orphan_and_a_new_run(stage, finished_run):
    before = state(finished_run)
    with orphan(finished_run, stage) as left:
        done = run(finished_run, "dvc", "repro", "--force", ok=False)
        assert ran(done) == ["generate"]
        assert f"Received: {stage} (process {left.pid}), which still runs" in done.stderr
        assert "Traceback" not in done.stderr
    repro(finished_run)
    assert state(finished_run) == before


@pytest.mark.slow
def test_two_repros_at_once(finished_run):
    before = state(finished_run)
    first = started(finished_run, "--force")
    while not stages_of(first):
        time.sleep(0.005)
    second = run(finished_run, "dvc", "repro", "--force", ok=False)
    first.wait()
    assert second.returncode != 0
    # DVC's own words, or ours where it lets the second one through.
    assert "is busy" in second.stderr or "which still runs" in second.stderr
    mended(finished_run)
    assert state(finished_run) == before


@pytest.mark.slow
def test_temporary_folders_do_not_wait_for_each_other(finished_run):
    with orphan(finished_run, "train"):
        done = run(finished_run, "dvc", "exp", "run", "--temp", "-S", "evaluate.decimals=3")
    assert ran(done) == ["evaluate", "report"]


# --------------------------------------------------------------------------------- a full disk


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    subprocess.run(["mount", *options, str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_disk(tiny_run, tmp_path) -> Iterator[Path]:
    """A copy of the tiny run on a file system of its own, of 64 MiB."""
    (tmp_path / "disk").mkdir()
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64m", "tmpfs") as disk:
        yield Path(shutil.copytree(tiny_run, disk / "repository"))


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(2**12))
        except OSError:
            yield
    filler.unlink()


@as_root
@pytest.mark.parametrize(
    "stage",
    [
        "evaluate",
        *(pytest.param(one, marks=pytest.mark.slow) for one in STAGES if one != "evaluate"),
    ],
)
def test_a_full_disk_is_one_line_and_changes_nothing(stage, small_disk):
    before = state(small_disk)
    with full(small_disk.parent):
        done = run(small_disk, sys.executable, "-m", f"stages.{stage}", ok=False)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert state(small_disk) == before


@as_root
@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_under_dvc(stage, small_disk):
    before = state(small_disk)
    with full(small_disk.parent):
        done = run(small_disk, "dvc", "repro", "--force", "--single-item", stage, ok=False)
        # Of the other stages DVC removes the outputs first, which may make room enough.
        if stage in PERSISTENT:
            assert done.returncode != 0
            assert state(small_disk) == before
    mended(small_disk)
    assert state(small_disk) == before


# --------------------------------------------------------------- what DVC keeps, and what it made


def cached(folder: Path) -> list[Path]:
    return [one for one in (folder / ".dvc/cache").rglob("*") if one.is_file()]


@as_root
@pytest.mark.slow
def test_a_cache_that_is_read_only(finished_run):
    before = state(finished_run)
    cache = finished_run / ".dvc/cache"
    edit_params(finished_run, **{"evaluate.decimals": 3})
    with mounted(cache, "--bind", str(cache)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(cache)], check=True)
        done = run(finished_run, "dvc", "repro", ok=False)
        assert done.returncode != 0
        assert "Read-only file system" in done.stderr
    edit_params(finished_run, **{"evaluate.decimals": 6})
    repro(finished_run)
    assert state(finished_run) == before


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["corrupted", "emptied", "deleted"])
def test_a_harmed_cache(harm, finished_run):
    """The outputs are gone too, so that DVC would take them from there."""
    before = state(finished_run)
    for file in cached(finished_run):
        file.chmod(0o644)
        if harm == "corrupted":
            file.write_bytes(file.read_bytes() + b"\n")
        elif harm == "emptied":
            file.write_bytes(b"")
    if harm == "deleted":
        shutil.rmtree(finished_run / ".dvc/cache")
    for name in ("raw", "normalized", "model", "predictions", "training", "plots"):
        shutil.rmtree(finished_run / "data" / name)
    mended(finished_run)
    assert state(finished_run) == before


@pytest.mark.parametrize(
    "harm",
    ["garbled", *(pytest.param(one, marks=pytest.mark.slow) for one in ("truncated", "empty"))],
)
def test_a_harmed_lock_file(harm, finished_run):
    """As DVC leaves it when it is killed while it writes."""
    before = state(finished_run)
    lock = finished_run / "dvc.lock"
    garbled = np.random.default_rng(0).bytes(3000)
    lock.write_bytes(
        {"truncated": lock.read_bytes()[:3000], "garbled": garbled, "empty": b""}[harm]
    )
    mended(finished_run)
    assert state(finished_run) == before


@pytest.mark.slow
def test_dvc_s_own_lock_cut_off(finished_run):
    """Written anew, not replaced, at every stage."""
    before = state(finished_run)
    (finished_run / ".dvc/tmp/rwlock").write_text("")
    (finished_run / "reports/metrics.json").unlink()
    mended(finished_run)
    assert state(finished_run) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "data/raw/card.json",
        "data/normalized/train.x.npy",
        "data/model/weights.npz",
        "data/predictions/test.parquet",
        "data/plots/loss.csv",
        "reports/metrics.json",
        "reports/diagnosis.json",
        "reports/index.html",
    ],
)
def test_an_output_edited_by_hand(name, finished_run):
    before = state(finished_run)
    with (finished_run / name).open("ab") as stream:
        stream.write(b" ")
    repro(finished_run)
    assert state(finished_run) == before


@pytest.mark.slow
@pytest.mark.parametrize("years", [-30, 10])
def test_dates_of_files_mean_nothing(years, finished_run):
    moment = time.time() + years * 365 * 86400
    for file in finished_run.rglob("*"):
        if not {".git", ".dvc"} & set(file.parts):
            os.utime(file, (moment, moment))
    before = state(finished_run)
    assert repro(finished_run) == []
    assert state(finished_run) == before


@pytest.mark.slow
@pytest.mark.skipif(FAKETIME is None, reason="needs Debian's libfaketime")
def test_a_clock_that_is_set_back(finished_run, monkeypatch):
    before = state(finished_run)
    monkeypatch.setenv("LD_PRELOAD", str(FAKETIME))
    monkeypatch.setenv("FAKETIME", "-1000d")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    assert repro(finished_run) == []
    assert repro(finished_run, "--force") == STAGES
    assert state(finished_run) == before
    monkeypatch.delenv("LD_PRELOAD")
    assert repro(finished_run) == []
