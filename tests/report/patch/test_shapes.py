"""Whatever a script looks like, its patch is the prescribed program and touches nothing else."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stages.report.keras_lines.parts import changes
from tests.report.patch.patching import (
    IMPORTS,
    MODELS,
    ROWS,
    VALIDATION,
    Shape,
    fixed,
    program_that_runs,
    script_of,
)

EDITS = (
    {"normalize.features": "standard"},
    {"train.layers": [9]},
    {"train.layers": [9, 8, 7]},
    {"train.layers": []},
    {"train.dropout": 0.0},
    {"train.dropout": 0.25},
    {"train.learning_rate": 0.02},
    {"train.optimizer": "rmsprop", "train.clip.norm": 1.0},
    {"train.schedule.name": "cosine"},
    {"train.schedule.name": "cosine", "train.schedule.warmup_epochs": 1},
    {"train.weight_decay": 3.3},
    {"train.epochs": 7},
    {"train.batch_size": 8},
    {"train.activation": "elu"},
    {"train.activation": "leaky_relu"},
    {"train.kernel_initializer": "he_normal"},
    {"train.early_stopping.patience": 3, "train.early_stopping.restore_best": True},
    {"train.loss": "mean_squared_error"},
    {"train.shuffle": False},
    {"train.l2": 0.01},
    {"train.batch_normalization": "before_activation"},
    {"train.class_weight": {"0": 1.0, "1": 2.0}},
)
PLAIN = Shape("import keras", "list", "array", "data", "name", False, "    ", "\n", True, False)
SHAPES = st.builds(
    Shape,
    st.sampled_from([*IMPORTS]),
    st.sampled_from(MODELS),
    st.sampled_from(ROWS),
    st.sampled_from(VALIDATION),
    st.sampled_from(["name", "class"]),
    st.booleans(),
    st.sampled_from(["    ", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
# A schedule is over the steps of all epochs: with another edit of these they would be others.
PROGRAM = ("hidden layers", "output layer", "loss", "optimizer", "fit")


def patched(folder: Path, text: str, diff: str, tool: list[str]) -> bytes:
    """What a real tool makes of the file, and, in reverse, of that again."""
    file = folder / "a folder/train.py"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode())
    for reverse in ([], ["-R"]):
        subprocess.run([*tool, *reverse], cwd=folder, input=diff.encode(), check=True,
                       capture_output=True)  # fmt: skip
        if not reverse:
            done = file.read_bytes()
    assert file.read_bytes() == text.encode()
    return done


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shape=SHAPES, edits=st.lists(st.sampled_from(EDITS), min_size=1, max_size=3))
@example(shape=PLAIN, edits=[{"normalize.features": "standard"}])
@pytest.mark.slow
def test_a_patch_is_the_prescribed_program_and_nothing_else(
    shape, edits, tmp_path_factory, monkeypatch
):
    edit = {key: value for one in edits for key, value in one.items()}
    text, noise = script_of(shape)
    fix, wanted = fixed(text, shape, edit)
    assert fix.diff, fix.reason
    folder = tmp_path_factory.mktemp("patched")
    by_git = patched(folder, text, fix.diff, ["git", "apply", "--whitespace=nowarn"])
    assert patched(folder, text, fix.diff, ["patch", "-p1", "--binary", "-s"]) == by_git

    # Lines that nothing is prescribed for are there, in their order, with their ends.
    lines = by_git.decode().split("\n")
    assert [line for line in lines if line.rstrip("\r") in noise] == [
        line for line in text.split("\n") if line.rstrip("\r") in noise
    ]
    assert by_git.decode().startswith("\ufeff") == shape.mark
    assert by_git.endswith(b"\n") == shape.final

    found, x = program_that_runs(by_git, shape, monkeypatch)
    assert not [one for one in changes(found, wanted) if one.title in PROGRAM]
    if "normalize.features" in edit:
        inputs = np.sort(x.std(axis=0))
        np.testing.assert_allclose(inputs[1:], 1.0, atol=1e-6)
        assert 0 < inputs[0] <= 0.75  # the flag, as it was or half as large again


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_patch_takes_it_without_being_told_of_line_ends(newline, tmp_path):
    shape = Shape("import keras", "add", "array", "data", "name", True, "\t", newline, False, False)
    text, _ = script_of(shape)
    fix, _ = fixed(text, shape, {"train.epochs": 7})
    assert b"epochs=7" in patched(tmp_path, text, fix.diff, ["patch", "-p1", "-s"])
