"""python -m stages.diagnose.explain CODE."""

import subprocess
import sys

import pytest

from stages.diagnose.explain import ROWS, explanation, find, listing
from stages.lib.core.errors import UserError
from tests.conftest import ROOT


def explain(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-X", "importtime", "-m", "stages.diagnose.explain", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.in_turn
def test_a_code_is_printed_without_tensorflow():
    done = explain("LL101")
    assert done.returncode == 0
    assert done.stdout.startswith("LL101 loss_of_task: The trained loss does not fit the task.\n")
    assert "Severity: error or warning or note." in done.stdout
    assert "Where its threshold comes from: " in done.stdout and "What to do: " in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert not loaded & {"tensorflow", "keras"}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("LL110", "train.model.output_activation for train.output_activation"),
        ("LL111", "train.model.file for train.output_units"),
        # A symptom, by what it says to do.
        ("underfit", "train.model.file for train.layers"),
    ],
)
def test_the_keys_of_a_keras_model_are_named(code, wanted):
    lines = explanation(find(code)).split("\n\n")
    [line] = [line for line in lines if line.startswith("Of a Keras model")]
    assert wanted in " ".join(line.split())


def test_what_is_the_same_of_a_keras_model_or_not_asked_of_it_has_no_such_line():
    for code in ("LL101", "bottleneck"):
        assert "Of a Keras model" not in explanation(find(code))


def test_without_a_code_all_are_listed():
    lines = listing().splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(ROWS)
    assert len([line for line in lines if "xx " in line]) == 5


def test_a_name_or_small_letters_do_as_well():
    assert find("ll406") is find("plateau") is ROWS["LL406"]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("LL1011", "did you mean 'LL1"),
        ("plateu", "did you mean 'plateau'?"),
        ("?", "all are listed"),
    ],
)
def test_an_unknown_code_is_a_line_with_the_nearest(code, hint):
    with pytest.raises(UserError, match="expected a code such as LL101") as error:
        find(code)
    assert hint in str(error.value) and "\n" not in str(error.value)
