"""Two commits' ledgers on one page, from tracked files alone."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json
from stages.report.compare import main
from stages.report.last_commits import MOST, last_commits
from tests.conftest import run
from tests.report.browsing import VIEWS, assert_accessible, assert_fits, browser_needed, opened


@pytest.fixture(scope="module")
def two_commits(two_runs, tmp_path_factory) -> Path:
    return Path(shutil.copytree(two_runs, tmp_path_factory.mktemp("two") / "repository"))


@pytest.fixture
def compare(monkeypatch, capsys) -> Callable[..., str]:
    """What the command prints in a folder, in this process."""

    def printed(folder: Path, *revisions: str) -> str:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["compare", *revisions])
        main()
        return capsys.readouterr().out

    return printed


def test_params_and_loss_that_moved(two_commits):
    new = read_json(two_commits / "reports/diagnosis.json")["fit"]["loss"]["run"]
    old = json.loads(run(two_commits, "git", "show", "HEAD~1:reports/diagnosis.json").stdout)
    done = run(two_commits, sys.executable, "-m", "stages", "compare", "HEAD~1", "HEAD")
    first, *lines = done.stdout.splitlines()
    # Of 40 test rows nothing is said of new ones, so the accounts are of the training rows.
    assert first.startswith("The training loss ")
    assert "  normalize.features: none -> standard" in lines
    assert "  train.epochs: 2 -> 3" in lines
    [row] = [line for line in lines if line.startswith("training loss of this run")]
    assert float(row.split()[-1]) == pytest.approx(new - old["fit"]["loss"]["run"], rel=1e-3)


def test_the_working_tree_is_compared_without_a_second_revision(two_commits, compare):
    assert compare(two_commits, "HEAD").startswith("The training loss stays at ")
    # Nothing is trained, and nothing but the page is written.
    assert run(two_commits, "git", "status", "--short").stdout == ""


def test_other_data_are_told(two_commits, compare):
    assert "The data are not the same" not in compare(two_commits, "HEAD~1", "HEAD")
    profile = two_commits / "reports/data.json"
    kept = profile.read_bytes()
    profile.write_text("{}")
    try:
        assert "The data are not the same." in compare(two_commits, "HEAD")
    finally:
        profile.write_bytes(kept)


@pytest.mark.in_turn
@browser_needed
def test_the_page_in_a_browser(browser, two_commits, compare):
    compare(two_commits, "HEAD~1", "HEAD")
    for width, scheme in VIEWS:
        page = opened(browser, two_commits / "reports/compare.html", width, scheme)
        assert_fits(page, width)
        assert_accessible(page)
        rows = page.eval_on_selector_all(
            "#params-table tbody tr", "rows => rows.map(row => row.innerText.split('\\t'))"
        )
        assert ["normalize.features", "none", "standard"] in rows
        page.context.close()


@browser_needed
def test_the_last_commits_beside_each_other(browser, two_runs, tmp_path, compare):
    """Six at most, of one unit; one with another version of the file is passed over."""
    folder = Path(shutil.copytree(two_runs, tmp_path / "repository"))
    file = folder / "reports/diagnosis.json"
    content = read_json(file)
    hashes = run(folder, "git", "log", "-2", "--format=%h").stdout.split()[::-1]
    for changes in ({"schema": 1}, {"symptoms": []}, {"checks": []}):
        file.write_text(json.dumps(content | changes))
        run(folder, "git", "commit", "--quiet", "--all", "--message", "another")
        hashes.append(run(folder, "git", "log", "-1", "--format=%h").stdout.strip())
    compare(folder, "HEAD~1", "HEAD")
    page = opened(browser, folder / "reports/compare.html", 1280, "light")
    assert_fits(page, 1280)
    assert_accessible(page)
    words = page.eval_on_selector("section[aria-labelledby=past] img", "one => one.alt")
    named = [part.split()[0].rstrip(",") for part in words.split("; ")]
    # Those before are the repository's own.
    assert named[-4:] == [hashes[k] for k in (0, 1, 3, 4)]
    assert len(named) <= MOST and hashes[2] not in named
    assert last_commits("HEAD", "no such unit", "fit") == []
    page.context.close()


MISTAKES = [
    (["nosuch"], "expected a commit, branch or tag. Received: 'nosuch'"),
    (["^HEAD"], "expected a commit, branch or tag. Received: '^HEAD'"),
    (["--", "--output=x"], "expected a commit, branch or tag. Received: '--output=x'"),
    (["HEAD", "empty"], "empty: expected reports/diagnosis.json in this commit"),
    (["HEAD", "old"], "old: reports/diagnosis.json: expected schema 4. Received: 1"),
]


def test_mistakes_are_one_line(finished_run, compare):
    content = read_json(finished_run / "reports/diagnosis.json") | {"schema": 1}
    (finished_run / "reports/diagnosis.json").write_text(json.dumps(content))
    run(finished_run, "git", "commit", "--quiet", "--all", "--message", "old")
    run(finished_run, "git", "tag", "old")
    run(finished_run, "git", "rm", "--quiet", "reports/diagnosis.json")
    run(finished_run, "git", "commit", "--quiet", "--message", "empty")
    run(finished_run, "git", "tag", "empty")
    run(finished_run, "git", "reset", "--quiet", "--hard", "HEAD~2")
    for revisions, message in MISTAKES:
        with pytest.raises(UserError) as caught:
            compare(finished_run, *revisions)
        assert str(caught.value).startswith(message) and "\n" not in str(caught.value)
    assert not (finished_run / "reports/compare.html").exists()


def test_a_folder_where_the_page_is_written_is_one_line(finished_run, compare):
    (finished_run / "reports/compare.html").mkdir()
    with pytest.raises(UserError) as caught:
        compare(finished_run, "HEAD")
    assert str(caught.value) == (
        "reports/compare.html: expected a path at which a file can be written. Received: a folder"
    )


def test_a_link_where_the_page_is_written_is_not_followed(finished_run, compare):
    victim = finished_run.parent / "victim"
    victim.write_text("mine")
    (finished_run / "reports/.partial-compare.html").symlink_to(victim)
    compare(finished_run, "HEAD")
    assert victim.read_text() == "mine"
    assert not (finished_run / "reports/compare.html").is_symlink()
