"""The script that a pull request runs, in a clone without data; and the workflow around it."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from stages.lib.core.json_files import read_json, write_json
from tests.conftest import ROOT, STAGES, edit_params, environment, run

FRESH = "Data and pipelines are up to date."


@pytest.fixture
def request_(finished_run, tmp_path) -> Path:
    """A clone, as the workflow checks it out, of one commit with an edit on top of a run. Its
    results are taken for made: nothing runs here."""
    edit_params(finished_run, **{"evaluate.decimals": 3, "gate.excess": 0.1})
    content = read_json(finished_run / "reports/metrics.json")
    for name in ("log_loss", "excess"):
        content["test"][name] += 0.05
    write_json(finished_run / "reports/metrics.json", content)
    run(finished_run, "dvc", "commit", "--force")
    run(finished_run, "git", "commit", "--quiet", "--all", "--message", "fewer decimals")
    run(tmp_path, "git", "clone", "--quiet", str(finished_run), "request")
    return tmp_path / "request"


def script(folder: Path, *base: str) -> tuple[int, str, str]:
    """The exit code, the summary, and what stderr had."""
    summary = folder.parent / "summary.md"
    done = subprocess.run(
        [".github/pull_request.sh", *base], cwd=folder, capture_output=True, text=True,
        env=environment() | {"GITHUB_STEP_SUMMARY": str(summary)},
    )  # fmt: skip
    return done.returncode, summary.read_text() if summary.is_file() else "", done.stderr


@pytest.mark.in_turn
def test_what_is_up_to_date_is_told_and_not_run(request_):
    code, summary, _ = script(request_, "HEAD~1")
    assert code == 0
    assert FRESH in summary.splitlines()
    assert not (request_ / "data/raw").exists()
    gate = next(line for line in summary.splitlines() if line.startswith("**gate"))
    assert "+0.05 nats, within gate.excess 0.1" in gate
    assert re.search(r"^\| params.yaml +\| evaluate.decimals +\| 6 +\| 3 ", summary, re.MULTILINE)
    assert re.search(r"^\| reports/metrics.json +\| test.log_loss ", summary, re.MULTILINE)
    verdict = (request_ / "reports/diagnosis.md").read_text().splitlines()[0]
    assert verdict in summary.splitlines()
    assert script(request_, "nosuch")[::2] == (
        2, "error: expected a commit, branch or tag. Received: 'nosuch'\n"
    )  # fmt: skip


@pytest.mark.slow
def test_what_is_not_is_run_and_a_shut_gate_fails(request_):
    content = read_json(request_ / "reports/metrics.json")
    content["test"] |= {"log_loss": content["test"]["bayes_loss"] + 0.01, "excess": 0.01}
    write_json(request_ / "reports/metrics.json", content)
    run(request_, "git", "commit", "--quiet", "--all", "--message", "a good network")
    edit_params(request_, **{"train.learning_rate": 3.0, "train.epochs": 30})
    run(request_, "git", "commit", "--quiet", "--all", "--message", "not reproduced")
    code, summary, _ = script(request_, "HEAD~1")
    assert code == 1
    assert f"Not up to date in the commit; ran here: {', '.join(STAGES)}." in summary
    assert "**gate shut: test log_loss less the Bayes loss " in summary
    assert re.search(r"\| train.learning_rate +\| 0.001 +\| 3.0 ", summary)


def test_the_workflow_runs_the_script_with_pinned_actions():
    text = (ROOT / ".github/workflows/pipeline.yml").read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    actions = [step["uses"] for step in steps if "uses" in step]
    assert {one.partition("@")[0] for one in actions} == {
        "actions/checkout", "actions/setup-python", "actions/cache",
    }  # fmt: skip
    for one in actions:
        assert re.fullmatch(r"[a-z/-]+@[0-9a-f]{40}", one), one
    commands = [step["run"] for step in steps if "run" in step]
    assert '.github/pull_request.sh "$BASE"' in commands
    assert (ROOT / ".github/pull_request.sh").stat().st_mode & 0o100
