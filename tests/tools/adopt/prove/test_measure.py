"""What one run of a script is measured to put out."""

import contextlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.params.contract import settle
from stages.tools.adopt.prove.case import read_case
from stages.tools.adopt.prove.losses import codes, plain_target, proper_loss
from stages.tools.adopt.prove.runs import Rows, Run, Subject, run_once
from tests.cards import task_of
from tests.conftest import ROOT, train_settings
from tests.tools.adopt.adoption import refused, workplace

# Seeds of its own everywhere, rows by numpy's global generator, and two fits of one model.
SEEDED = """
import random, sys
import keras, numpy as np, tensorflow as tf
from tensorflow.keras.utils import set_random_seed
set_random_seed(7)
random.seed(7)
tf.random.set_seed(7)
x = np.random.normal(size=(40, 2)) + 5.0
y = 3.0 * x[:, 0] + 100.0
class target_scaler:
    inverse_transform = staticmethod(lambda y: 10.0 * y + 100.0)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
for epoch in range(2):
    model.fit(x, (y - 100.0) / 10.0, epochs=1, validation_split=0.25, verbose=0)
other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
other.compile("sgd", "mse")
other.fit(x, 0 * y, epochs=1, verbose=0)
if len(sys.argv) > 1:
    raise ValueError(sys.argv[1])
"""


def once(tmp_path: Path, seed: int, *arguments: str, scaler: str = "", **more) -> Run:
    script = tmp_path / "train.py"
    script.write_text(SEEDED)
    with contextlib.chdir(ROOT):
        subject = Subject(str(script), [*arguments], 300.0, **more)
        return run_once(subject, SEEDED.encode(), seed, scaler)


@pytest.mark.in_turn
def test_seeds_of_a_scripts_own_are_shifted_and_its_rows_stay(tmp_path):
    first, second = once(tmp_path, 1), once(tmp_path, 2)
    assert first.failed == second.failed == ""
    np.testing.assert_array_equal(first.training.y, second.training.y)
    assert abs(first.training.outputs - second.training.outputs).max() > 1e-3
    # The first model, after its last fit, on the rows on either side of validation_split.
    assert [len(first.training.y), len(first.held_out.y)] == [30, 10]
    assert first.training.y.any()


@pytest.mark.in_turn
def test_measured_in_the_unit_before_a_scaling_on_rows_held_out_for_it(tmp_path):
    kept, held_out = np.arange(0, 40, 2), np.arange(1, 40, 2)
    run = once(tmp_path, 1, scaler="target_scaler", kept=kept, held_out=held_out)
    rng = np.random.RandomState(7)
    y = 3.0 * (rng.normal(size=(40, 2)) + 5.0)[:, :1] + 100.0
    np.testing.assert_allclose(run.held_out.y, y[held_out], rtol=1e-5)
    np.testing.assert_allclose(run.training.y, y[kept], rtol=1e-5)


@pytest.mark.in_turn
def test_a_script_that_stops_is_told_with_its_line(tmp_path):
    assert once(tmp_path, 1, "no file").failed == "line 20: ValueError: no file"


def test_proper_losses_do_not_depend_on_the_trained_one():
    """Of one and the same prediction, as labels and outputs of different programs say it."""
    binary = task_of()
    sigmoid = settle(train_settings(loss="binary_crossentropy", target_encoding="integer"), binary)
    softmax = settle(
        train_settings(loss="mean_squared_error", target_encoding="one_hot", output_units=2,
                       output_activation="softmax"), binary)  # fmt: skip
    signs = settle(
        train_settings(loss="hinge", target_encoding="plus_minus_one", output_units=1,
                       output_activation="tanh"), binary)  # fmt: skip
    truth, p = np.array([1, 0, 1]), np.array([0.9, 0.2, 0.5])
    wanted = -np.log([0.9, 0.8, 0.5])
    rows = {
        sigmoid: Rows(truth[:, None] * 1.0, p[:, None], None),
        softmax: Rows(np.eye(2)[truth], np.column_stack([1 - p, p]), None),
        signs: Rows(2.0 * truth[:, None] - 1, 2 * p[:, None] - 1, None),
    }
    for contract, measured in rows.items():
        np.testing.assert_array_equal(codes(contract, measured.y)[:, 0], truth)
        np.testing.assert_array_equal(plain_target(contract, measured.y)[:, 0], truth)
        assert proper_loss(contract, measured) == pytest.approx(wanted.mean(), abs=1e-6)
        only = np.array([True, False, True])
        assert proper_loss(contract, measured, only) == pytest.approx(wanted[only].mean(), abs=1e-6)
        weighted = replace(measured, weights=np.array([1.0, 0.0, 3.0]))
        of_weights = (wanted[0] + 3 * wanted[2]) / 4
        assert proper_loss(contract, weighted) == pytest.approx(of_weights, abs=1e-6)
        broken = replace(measured, outputs=measured.outputs * np.nan)
        assert proper_loss(contract, broken) == float("inf")


def test_nothing_is_proven_of_another_script(tmp_path):
    folder = workplace(tmp_path / "work")
    script = tmp_path / "train.py"
    script.write_text(SEEDED)
    with contextlib.chdir(folder):
        with pytest.raises(UserError, match=r"train\.py: expected the script of data/inputs"):
            read_case(str(script), "train.py")
        with pytest.raises(UserError, match="which is no file"):
            read_case("missing.py", "missing.py")
    assert "--prove: expected SCRIPT.py and no other option" in refused(
        folder, "--prove", "--keep-weights", script
    )
