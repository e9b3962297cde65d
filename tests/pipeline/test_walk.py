"""The walk of stages/README.md prints what stands there."""

import re
import shutil
import sys
import textwrap

import pytest

from tests.conftest import ROOT, run

README = (ROOT / "stages/README.md").read_text(encoding="utf-8")


def shown(mark: str) -> list[str]:
    """The lines of the block below this comment."""
    found = re.search(rf"<!-- {mark} -->\n *```\n(.*?)```", README, re.DOTALL)
    assert found is not None, mark
    return textwrap.dedent(found[1]).splitlines()


@pytest.mark.slow
def test_the_walk_prints_what_the_readme_says(tmp_path):
    folder = tmp_path / "repository"
    run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
    if (ROOT / ".dvc/cache").is_dir():
        shutil.copytree(ROOT / ".dvc/cache", folder / ".dvc/cache")
    run(folder, "dvc", "repro")
    [command] = re.findall(r"3\. `(dvc exp run [^`]*)`", README)
    printed = run(folder, *command.split()).stdout
    assert "\n".join(shown("walk_ledger")) in printed
    said = run(folder, "dvc", "metrics", "diff", "--targets", "reports/metrics.json").stdout
    lines = [line.rstrip() for line in said.splitlines()]
    assert shown("walk_metrics") == [
        line for line in lines if line.startswith("Path") or "  test." in line
    ]
    said = run(folder, sys.executable, "-m", "stages", "compare", "HEAD").stdout
    assert shown("walk_compare") == [line.rstrip() for line in said.splitlines()]
