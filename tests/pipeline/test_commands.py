"""`python -m stages` lists every command, runs it, and explains it."""

import subprocess
import sys

import pytest

from stages.__main__ import COMMANDS, listing, main, summary
from tests.conftest import ROOT, run


def test_every_command_has_its_line():
    done = run(ROOT, sys.executable, "-m", "stages")
    assert done.stdout == listing() + "\n"
    lines = {summary(name) for name in COMMANDS}
    assert len(lines) == len(COMMANDS)
    assert all(line.endswith(".") and len(line) < 70 for line in lines), lines


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command(name, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["stages", name, "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: python -m stages {name}")
    assert " ".join(summary(name).split()) in " ".join(shown.split())


def test_a_stage_takes_help_by_its_module_too():
    done = run(ROOT, sys.executable, "-m", "stages.evaluate", "--help")
    assert summary("evaluate") in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generat"], "expected a command. Received: 'generat'; did you mean 'generate'?"),
        (["zzz"], "expected a command. Received: 'zzz'; `python -m stages` lists the commands"),
    ],
)
def test_an_unknown_command_is_one_line(arguments, words):
    done = run(ROOT, sys.executable, "-m", "stages", *arguments, ok=False)
    assert done.returncode == 2
    assert done.stderr == f"error: python -m stages: {words}\n"


def test_a_stage_refuses_arguments():
    done = run(ROOT, sys.executable, "-m", "stages", "evaluate", "--fast", ok=False)
    assert done.returncode == 2
    assert "unrecognized arguments: --fast" in done.stderr


@pytest.mark.in_turn
@pytest.mark.parametrize(
    "arguments", [["show", "x"], ["gate"], ["sweep", "--see", "3"], ["sweep", "--\x1b[31mx"]]
)
def test_a_mistake_in_the_arguments_is_one_printable_line(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "stages", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ") and line.endswith("--help`") and line.isprintable()
