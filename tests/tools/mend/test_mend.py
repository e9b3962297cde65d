"""The command: a copy that changes nothing, and rounds that are kept as commits or experiments."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from stages.lib import params
from stages.lib.core.errors import UserError
from stages.tools.mend.__main__ import main
from stages.tools.mend.chain import Chain, _state
from stages.tools.mend.copy import FOLDER, Copy, check_clean, copied
from stages.tools.mend.judge import SEEDS_AHEAD, judge
from tests.conftest import STAGES, commit, digests, edit_params, run

# Raw incomes, and the one edit that mends them.
RAW = {
    "data.synthetic.rows": 400,
    "train.epochs": 30,
    "train.learning_rate": 0.01,
    "diagnose.families": ["input_normalization"],
    "diagnose.seconds": 4,
}
MEND = (sys.executable, "-m", "stages", "mend", "--rounds", "2", "--seeds", "2")


@pytest.fixture
def here(finished_run, monkeypatch) -> Path:
    monkeypatch.chdir(finished_run)
    return finished_run


@pytest.fixture
def raw(here) -> Path:
    edit_params(here, **RAW)
    text = (here / "params.yaml").read_text()
    (here / "params.yaml").write_text("# why the rows are raw\n" + text)
    commit(here, "raw")
    return here


# -------------------------------------------------------------------------------------- the copy


def test_the_copy_has_what_the_workspace_has(here):
    (here / "data/inputs/own.csv").write_text("a,b\n1,2\n")
    edit_params(here, **{"train.epochs": 7})
    (here / "new.txt").write_text("new")
    (here / "README.md").unlink()
    before = {name: hash_ for name, hash_ in digests(here).items() if name[0] != "."}
    with copied() as copy:
        for name in ("data/inputs/own.csv", "params.yaml", "new.txt"):
            assert (copy.folder / name).read_bytes() == (here / name).read_bytes()
        assert not (copy.folder / "README.md").exists()
        (copy.folder / "data/inputs/own.csv").write_text("other")
    assert not FOLDER.exists()
    assert {name: hash_ for name, hash_ in digests(here).items() if name[0] != "."} == before


def test_what_a_killed_one_left_is_removed(here):
    (here / FOLDER / "data").mkdir(parents=True)
    with copied() as copy:
        assert (copy.folder / "params.yaml").is_file()


def test_one_at_a_time(here):
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{FOLDER}.lock"), pytest.raises(UserError, match="no other mend"), copied():
        pass


def test_outside_a_repository_it_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(UserError, match="run it in a git repository with a commit and DVC"),
        copied(),
    ):
        pass


# --------------------------------------------------------------------------------------- mistakes


@pytest.mark.in_turn
def test_uncommitted_changes_are_refused(here):
    check_clean()
    edit_params(here, **{"train.epochs": 7})
    with pytest.raises(
        UserError, match=r"no uncommitted or staged changes\. Received: params\.yaml"
    ):
        check_clean()
    run(here, "git", "checkout", "params.yaml")
    (here / "README.md").write_text("other")
    run(here, "git", "add", "README.md")
    done = run(here, *MEND, "--apply", "commit", ok=False)
    assert done.returncode == 2 and done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: --apply: expected no uncommitted or staged changes.")
    assert "README.md; commit or stash them" in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rounds", "0"], "--rounds: expected 1 or more. Received: 0"),
        (["--seeds", "1"], "--seeds: expected 2 to 100, for an interval. Received: 1"),
        (["--seconds", "nan"], "--seconds: expected a number above 0. Received: nan"),
        (["--apply", "branch"], "invalid choice: 'branch'"),
    ],
)
def test_a_mistake_in_the_arguments_is_one_line(options, words, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mend", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert words in line


# -------------------------------------------------------------------------------------- the judge


def test_a_program_beside_itself_gains_nothing(here):
    state = _state(Copy(here))
    judged = judge(Copy(here), Chain(state), 3, 3600.0)
    assert judged.gain.mean == 0.0 and judged.gain.interval() == (0.0, 0.0)
    assert judged.before == judged.after
    assert judged.seeds == 3


def test_short_of_time_it_takes_two_seeds_that_no_round_has_used(here):
    state = _state(Copy(here))
    judged = judge(Copy(here), Chain(state), 50, 0.0)
    assert judged.seeds == 2
    settings = params.check(params.read())
    assert 5 * settings.diagnose.seeds + settings.diagnose.screening_seeds < SEEDS_AHEAD


# ------------------------------------------------------------------------- with a real `dvc repro`


@pytest.mark.slow
def test_rounds_become_commits(raw):
    done = run(raw, *MEND, "--apply", "commit")
    subjects = run(raw, "git", "log", "--format=%s", "-3").stdout.splitlines()
    assert subjects[0].startswith('mend 1: normalize.features="standard" (loss ')
    assert subjects[1:] == ["dvc repro of params.yaml as it is", "raw"]
    assert "1 commits, a round each" in done.stdout
    # The workspace is that of the last round, with nothing left to run, and the comment is kept.
    assert run(raw, "git", "status", "--porcelain").stdout == ""
    assert "up to date" in run(raw, "dvc", "status", *STAGES).stdout
    assert (raw / "params.yaml").read_text().startswith("# why the rows are raw\n")
    assert params.read(raw / "params.yaml")["normalize"]["features"] == "standard"
    loss = json.loads((raw / "reports/metrics.json").read_text())["test"]["log_loss"]
    [row] = [line for line in done.stdout.splitlines() if line.startswith("    1 ")]
    assert f" {loss:.3f} " in row
    assert "at 2 seeds that no round used" in done.stdout
    assert not (raw / FOLDER).exists()


@pytest.mark.slow
def test_rounds_become_experiments_or_nothing_at_all(raw):
    before = digests(raw / "reports"), (raw / "params.yaml").read_bytes()
    plain = run(raw, *MEND)
    assert "The workspace is as it was: run the command above" in plain.stdout
    assert run(raw, "git", "status", "--porcelain").stdout == ""
    assert run(raw, "dvc", "exp", "list", "--name-only").stdout == ""
    done = run(raw, *MEND, "--apply", "experiment")
    [name] = run(raw, "dvc", "exp", "list", "--name-only").stdout.split()
    assert name.startswith("mend-1-") and name in done.stdout
    assert (digests(raw / "reports"), (raw / "params.yaml").read_bytes()) == before
    shown = run(raw, "dvc", "exp", "show", "--csv").stdout
    rows = {row["Experiment"]: row for row in csv.DictReader(io.StringIO(shown))}
    assert rows[name]["normalize.features"] == "standard"
    [ref] = [
        ref
        for ref in run(
            raw, "git", "for-each-ref", "--format=%(refname)", "refs/exps"
        ).stdout.split()
        if ref.endswith(name)
    ]
    changed = run(raw, "git", "diff", "--name-only", "HEAD", ref).stdout.split()
    assert {"params.yaml", "dvc.lock"} < set(changed)
    # Another pipeline of the repository is none of it.
    assert not any(file.startswith("stages/") for file in changed)
    # Its outputs are in the cache: it can be made the workspace.
    run(raw, "dvc", "exp", "apply", name)
    assert "up to date" in run(raw, "dvc", "status", *STAGES).stdout
