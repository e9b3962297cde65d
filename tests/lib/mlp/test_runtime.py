"""Where the training runs."""

import sys

import pytest

from stages.lib.core.errors import UserError
from stages.lib.mlp.runtime import GPU_OPERATIONS, on_gpu
from tests.conftest import edit_params, run


@pytest.mark.parametrize(
    ("device", "operations", "gpus", "expected"),
    [
        ("auto", 0, 0, False),
        ("auto", GPU_OPERATIONS, 0, False),
        ("auto", GPU_OPERATIONS / 2, 1, False),
        ("auto", GPU_OPERATIONS, 1, True),
        ("cpu", GPU_OPERATIONS, 1, False),
        ("gpu", 0, 2, True),
    ],
)
def test_the_gpu_is_for_large_steps(device, operations, gpus, expected):
    assert on_gpu(device, operations, gpus) is expected


def test_no_gpu_is_said():
    with pytest.raises(UserError, match=r"train\.device: expected auto or cpu"):
        on_gpu("gpu", 0, 0)


@pytest.mark.slow
def test_no_gpu_is_one_line(finished_run):
    edit_params(finished_run, **{"train.device": "gpu"})
    code = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"
    if run(finished_run, sys.executable, "-c", code).stdout.strip() != "0":
        pytest.skip("TensorFlow sees a GPU here")
    done = run(finished_run, sys.executable, "-m", "stages.train", ok=False)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "train.device: expected auto or cpu, since TensorFlow sees no GPU" in line
