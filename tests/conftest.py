"""Shared ground: settings built on the committed params.yaml, and programs on small data."""

import contextlib
import copy
import hashlib
import importlib
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import yaml
from filelock import FileLock

from stages.lib import params
from stages.lib.params.train import Train

# A busy machine is no failure.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

ROOT = Path(__file__).resolve().parents[1]


# The network that tests change, whatever the committed one is.
NETWORK = {"train.activation": "relu", "train.optimizer": "adam", "train.learning_rate": 0.001}


def content_of(**changes) -> dict:
    """The committed params with the tests' network, and with dotted keys changed:
    content_of(**{"train.epochs": 3})."""
    return changed(params.read(ROOT / "params.yaml"), NETWORK | changes)


def settings(**changes) -> params.Params:
    """The same, checked."""
    return params.check(content_of(**changes))


def changed(content: dict, changes: dict) -> dict:
    content = copy.deepcopy(content)
    for key, value in changes.items():
        *parents, last = key.split(".")
        node = content
        for name in parents:
            node = node[name]
        node[last] = value
    return content


def train_settings(**changes) -> Train:
    """The train section, with keys of that section changed."""
    return settings(**{f"train.{key}": value for key, value in changes.items()}).train


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


STAGES = ["generate", "normalize", "train", "evaluate", "diagnose", "report"]

# Small enough for a whole run in seconds, large enough for every score.
TINY = NETWORK | {
    "data.synthetic.rows": 200,
    "train.layers": [4],
    "train.epochs": 2,
    "diagnose.families": [],
    "diagnose.seeds": 2,
    "diagnose.screening_seeds": 2,
}
SCALED = {"normalize.features": "standard", "train.epochs": 3}


def environment() -> dict[str, str]:
    """This interpreter first on PATH, and nothing of the machine's own git and DVC settings, nor
    of what TensorFlow has been told in this process."""
    own = {"TF_CPP_MIN_LOG_LEVEL", "XLA_FLAGS"}
    return {
        **{name: value for name, value in os.environ.items() if name not in own},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "test",
        "GIT_AUTHOR_EMAIL": "test@example.org",
        "GIT_COMMITTER_NAME": "test",
        "GIT_COMMITTER_EMAIL": "test@example.org",
        "DVC_NO_ANALYTICS": "1",
    }


def run(folder: Path, *command: str, ok: bool = True) -> subprocess.CompletedProcess:
    """A command in `folder`; with `ok` a failure fails the test, with what the command said."""
    if command[0] == "dvc":
        command = (sys.executable, "-m", *command)
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    if ok and done.returncode:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def repro(folder: Path, *options: str) -> list[str]:
    """The stages that a real `dvc repro` runs."""
    return ran(run(folder, "dvc", "repro", *options))


def run_stages(folder: Path, *stages: str) -> None:
    """Stages (all of them by default) one after the other in this process, in `folder`.

    They write what `dvc repro` writes, without the seconds that each process takes to start. For
    tests of something else than DVC and the commands."""
    with contextlib.chdir(folder):
        for stage in stages or STAGES:
            importlib.import_module(f"stages.{stage}.__main__").main()


def ran(done: subprocess.CompletedProcess) -> list[str]:
    return re.findall(r"^Running stage '(\w+)':$", done.stdout, re.MULTILINE)


def commit(folder: Path, message: str) -> None:
    """All that git does not ignore."""
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--allow-empty", "--message", message)


def lead(diagnosis: dict) -> dict:
    """The leading account of a diagnosis.json."""
    return diagnosis[diagnosis["about"][0]["lead"]]


def edit_params(folder: Path, **changes) -> None:
    """Write params.yaml with dotted keys changed (its comments go)."""
    content = changed(params.read(folder / "params.yaml"), changes)
    params.check(content)
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def readme(mark: str, file: str = "README.md") -> str:
    """The commands in this file below this comment."""
    text = (ROOT / file).read_text()
    return text.split(f"<!-- {mark} -->\n```sh\n")[1].split("```")[0]


def digests(folder: Path) -> dict[str, str]:
    """Every file below `folder` with the hash of its bytes."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make a folder of this name, once for all parallel processes of one pytest run: the first to
    come makes it, the others wait. Copy it; do not change it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def folder_of(name: str, make: Callable[[Path], None]) -> Path:
        folder, making = shared / name, shared / f"{name}-in-the-making"
        with FileLock(shared / f"{name}.lock"):
            if not folder.exists():
                shutil.rmtree(making, ignore_errors=True)
                make(making)
                making.rename(folder)
        return folder

    return folder_of


@pytest.fixture(scope="session")
def fresh_clone(made_once) -> Path:
    """A git clone of this repository, with the working tree's own state committed in it."""

    def make(folder: Path) -> None:
        run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
        listed = run(ROOT, "git", "ls-files", "-co", "--exclude-standard").stdout.splitlines()
        for name in listed:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        edit_params(folder, **TINY)
        commit(folder, "start")

    return made_once("fresh-clone", make)


@pytest.fixture(scope="session")
def tiny_run(fresh_clone, made_once) -> Path:
    """A clone after one whole `dvc repro` on tiny params, committed."""

    def make(folder: Path) -> None:
        shutil.copytree(fresh_clone, folder)
        assert repro(folder) == STAGES
        commit(folder, "tiny run")

    return made_once("tiny-run", make)


@pytest.fixture(scope="session")
def two_runs(tiny_run, made_once) -> Path:
    """The tiny run on the branch `raw`, and on `scaled`, which is checked out, one of SCALED."""

    def make(folder: Path) -> None:
        shutil.copytree(tiny_run, folder)
        run(folder, "git", "branch", "raw")
        run(folder, "git", "switch", "--quiet", "--create", "scaled")
        edit_params(folder, **SCALED)
        assert repro(folder) == STAGES[1:]
        commit(folder, "scaled")

    return made_once("two-runs", make)


@pytest.fixture
def finished_run(tiny_run, tmp_path) -> Path:
    """A copy of the tiny run, free to change."""
    return Path(shutil.copytree(tiny_run, tmp_path / "repository"))


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    from tests.report.browsing import CHROMIUM

    with sync_playwright() as playwright:
        # A container's root may not use Chromium's sandbox.
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


def pytest_configure(config) -> None:
    # Before a test module computes anything as it is imported. Benchmarks, which import this file
    # too, choose for themselves. With `-n` the tests are run by other processes than this one.
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        from stages.lib.mlp import runtime

        runtime.configure(1)


def pytest_addoption(parser) -> None:
    parser.addoption(
        "--sample",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="run only this share of the chosen tests, another one at each commit",
    )


# Of the tests that are marked `in_turn`, the share that is run by default.
TURN = 1 / 6


def leave_out_most(items: list[pytest.Item], draw: random.Random) -> None:
    """Mark as slow all but TURN of the tests that are marked `in_turn`, and all but `count` cases
    of each test that is marked `sampled`."""
    waiting = [item for item in items if item.get_closest_marker("in_turn")]
    for item in draw.sample(waiting, round(len(waiting) * (1 - TURN))):
        item.add_marker(pytest.mark.slow)
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled") and not item.get_closest_marker("slow"):
            cases.setdefault(item.nodeid.split("[")[0], []).append(item)
    for of_test in cases.values():
        [count] = of_test[0].get_closest_marker("sampled").args
        for item in draw.sample(of_test, max(0, len(of_test) - count)):
            item.add_marker(pytest.mark.slow)


# One that makes the tiny run, and one that needs none and takes as long.
FIRST = ("tests/pipeline/test_rerun.py", "tests/lib/mlp/test_keras_search.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True).stdout
    # Before -m chooses: pytest's own hook comes after this one.
    leave_out_most(items, random.Random(head))  # noqa: S311
    # Files with whole runs take longest. They go first, so that two processes end at about the
    # same time, and neither waits for the other's tiny run.
    whole = {item.path for item in items if "fresh_clone" in item.fixturenames}
    names = {item.path: item.path.relative_to(ROOT).as_posix() for item in items}
    items.sort(
        key=lambda item: (
            FIRST.index(name)
            if (name := names[item.path]) in FIRST
            else len(FIRST) + (item.path not in whole)
        )
    )
    share = config.getoption("--sample")
    if share < 1:
        chosen = set(random.Random(head).sample(range(len(items)), round(len(items) * share)))  # noqa: S311
        config.hook.pytest_deselected(items=[i for n, i in enumerate(items) if n not in chosen])
        items[:] = [item for n, item in enumerate(items) if n in chosen]
