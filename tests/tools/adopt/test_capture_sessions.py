"""Scripts that run under capture.py: what is counted, what ends them, and what is said of it."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.tools.adopt import capture
from stages.tools.adopt.translate.bundle import read_bundle
from stages.tools.adopt.translate.captured import Captured
from stages.tools.adopt.translate.run_script import run_script
from tests.conftest import environment

pytestmark = pytest.mark.slow

PROGRAM = """
import keras
import numpy as np
x = np.random.default_rng(0).normal(size=(120, 3))
y = (x[:, 0] > 0).astype(int)

def build():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    return model

model = build()
"""
LINES = PROGRAM.count("\n")


def run(tmp_path: Path, text: str) -> Captured:
    """The program and what follows it, run to its end."""
    script = tmp_path / "train.py"
    script.write_text(PROGRAM + textwrap.dedent(text))
    return run_script(str(script), [], 120.0)


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        run(tmp_path, text)
    return str(caught.value)


def remarks(captured: Captured) -> str:
    return "\n".join(captured.content.remarks)


def test_a_loop_of_fits_on_the_same_rows_is_one_fit_of_all_its_epochs(tmp_path):
    """Rows in another order are the same rows; EarlyStopping begins anew each time."""
    found = run(
        tmp_path,
        """
        stop = keras.callbacks.EarlyStopping("loss", patience=3)
        for i in range(7):
            order = np.random.default_rng(i).permutation(120)
            model.fit(x[order], y[order], epochs=2, callbacks=[stop], verbose=0)
        """,
    )
    assert found.content.fit.epochs == 14
    assert found.content.fit.callbacks == []
    assert f"line {LINES + 3} (for i in range(7)): 7 calls of fit" in remarks(found)
    assert "EarlyStopping" in remarks(found)


def test_a_script_exported_from_a_notebook_is_taken(tmp_path):
    """Its magic has no effect, but for the cell that is timed, which holds fit."""
    found = run(
        tmp_path,
        """
        get_ipython().run_line_magic('matplotlib', 'inline')
        get_ipython().run_cell_magic('time', '', 'model.fit(x, y, epochs=5, verbose=0)\\n')
        """,
    )
    assert found.content.fit.epochs == 5
    assert found.content.script.line == LINES + 3
    assert "of a notebook, without effect here: %matplotlib inline" in remarks(found)


def test_epochs_that_are_numbered_through_are_counted_once(tmp_path):
    found = run(
        tmp_path,
        """
        for i in range(5):
            model.fit(x, y, initial_epoch=i, epochs=i + 1, verbose=0)
        """,
    )
    assert found.content.fit.epochs == 5


@pytest.mark.parametrize(
    ("text", "words", "epochs"),
    [
        ("for part in (x[:60], x[60:]):\n    model.fit(part, y[:60], epochs=3)", "other rows", 3),
        ("for seed in range(3):\n    build().fit(x, y, epochs=4)", "another model", 4),
        ("for size in (8, 16):\n    model.fit(x, y, batch_size=size)", "another batch_size", 1),
        (
            "for rate in (0.1, 0.01):\n    model.compile(keras.optimizers.SGD(rate), 'mse')\n"
            "    model.fit(x, y)",
            "another compile", 1,
        ),
    ],
)  # fmt: skip
def test_the_first_of_several_trainings_is_taken_and_that_is_said(tmp_path, text, words, epochs):
    found = run(tmp_path, f"{text}\nopen(__file__ + '.end', 'w').close()\n")
    assert not (tmp_path / "train.py.end").exists()
    assert f"fit is called again with {words}" in remarks(found)
    assert "first call is taken" in remarks(found)
    assert found.content.fit.epochs == epochs


def test_what_a_script_asks_of_a_training_in_a_loop_is_real(tmp_path):
    """It stops when its loss has halved, which only a training that took place can show."""
    found = run(
        tmp_path,
        """
        model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
        first = model.evaluate(x, y, verbose=0)
        epochs = 0
        while epochs < 500:
            history = model.fit(x, y, epochs=3, verbose=0)
            epochs += 3
            if model.evaluate(x, y, verbose=0) < first / 2:
                break
        assert history.history["loss"][-1] < first
        open(__file__ + ".epochs", "w").write(str(epochs))
        model = build()
        """,
    )
    epochs = int((tmp_path / "train.py.epochs").read_text())
    assert 3 < epochs < 500
    assert found.content.fit.epochs == epochs


def test_other_calls_of_fit_and_the_end_in_an_error_are_told(tmp_path):
    found = run(tmp_path, "model.fit(x, y, epochs=2)\nmodel.fit(x, y, epochs=9)\n")
    assert found.content.fit.epochs == 2
    assert f"fit stands at line {LINES + 2} too" in remarks(found)
    text = "for i in range(3):\n    model.fit(x, y)\n    if i == 1:\n        model = None\n"
    found = run(tmp_path, text)
    assert found.content.fit.epochs == 2
    assert (
        f"ended with AttributeError: 'NoneType' object has no attribute 'fit' at line {LINES + 2}"
        in remarks(found)
    )


def test_a_script_that_goes_on_for_long_is_ended(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        PROGRAM + "import time\nwhile True:\n    model.fit(x, y, verbose=0)\n    time.sleep(0.5)\n"
    )
    done = subprocess.run(
        [sys.executable, capture.__file__, "--wait", "3", script.name],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "train.ledger: a chain of layers at line" in done.stdout
    found = read_bundle(tmp_path / "train.ledger")
    assert 4 <= found.content.fit.epochs <= 16
    assert "after 3 seconds the calls of fit were not counted further" in remarks(found)


def test_batches_of_train_on_batch_are_put_together_as_rows(tmp_path):
    found = run(
        tmp_path,
        """
        start = [w.copy() for w in model.get_weights()]
        np.savez(__file__ + ".npz", *start)
        for epoch in range(4):
            order = np.random.default_rng(epoch).permutation(120)
            for at in range(0, 120, 50):
                loss = model.train_on_batch(x[order[at:at + 50]], y[order[at:at + 50]])
                assert float(loss) > 0
        """,
    )
    start = np.load(tmp_path / "train.py.npz")
    assert (found.content.fit.batch_size, found.content.fit.epochs) == (50, 4)
    assert found.content.fit.shuffle
    x = np.random.default_rng(0).normal(size=(120, 3))
    order = np.random.default_rng(0).permutation(120)
    np.testing.assert_array_equal(found.x, x[order])
    np.testing.assert_array_equal(found.y, (x[order, 0] > 0))
    np.testing.assert_array_equal(found.weights["0.kernel"], start["arr_0"])
    assert "train_on_batch: 12 batches are 4 passes over 120 rows" in remarks(found)


TAPE = """
import tensorflow as tf
optimizer = keras.optimizers.SGD(0.1)
t = y.astype("float32")
batches = tf.data.Dataset.from_tensor_slices((x, t)).shuffle(120).batch(24)

@tf.function
def step(inputs, wanted):
    with tf.GradientTape() as tape:
        shown = model(inputs, training=True)
        loss = tf.reduce_mean(tf.square(wanted - shown))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))

HERE
for epoch in range(6):
    for i, (a, b) in enumerate(batches):
        step(a, b)
"""


def test_a_loop_of_ones_own_is_answered_with_the_line_that_it_needs(tmp_path):
    """The line, put where it is said, captures the loop; targets keep their shape."""
    said = refused(tmp_path, TAPE.replace("HERE\n", "\n"))
    place, line = said.split("; add ")[1].split(": ", 1)
    assert place == f"before line {LINES + TAPE.splitlines().index('for epoch in range(6):') + 1}"
    assert line == (
        "from capture import capture; capture(model, x, t, batch_size=24, epochs=6, "
        "optimizer=optimizer, "
        "loss=lambda wanted, y_pred: tf.reduce_mean(tf.square(wanted - y_pred)))"
    )
    found = run(tmp_path, TAPE.replace("HERE", line))
    assert (found.content.fit.epochs, found.content.fit.batch_size) == (6, 24)
    assert found.content.loss.own
    assert found.content.optimizer.name == "SGD"
    probes = found.probes[0]
    pairs = probes.true[:, None, :, 0] - probes.predicted[:, :, None, 0]
    np.testing.assert_allclose(probes.value, (pairs**2).mean(axis=(1, 2)), rtol=1e-5)
    gradient = -2 * pairs.mean(axis=2) / pairs.shape[1]
    np.testing.assert_allclose(probes.gradient[:, :, 0], gradient, rtol=1e-4, atol=1e-7)


def test_the_line_writes_a_bundle_beside_a_script_that_runs_by_itself(tmp_path):
    """As in a notebook: nothing ends."""
    shutil.copy(capture.__file__, tmp_path)
    script = tmp_path / "mine.py"
    line = "print(capture(model, x, y, epochs=3, validation_split=0.25))\nprint('went on')\n"
    script.write_text(PROGRAM + "from capture import capture\n" + line)
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.splitlines()[-2:] == ["mine.ledger", "went on"], done.stderr
    found = read_bundle(tmp_path / "mine.ledger")
    assert (len(found.x), len(found.x_validation), found.content.fit.epochs) == (90, 30, 3)
    assert (found.content.script.name, found.content.script.line) == ("mine.py", LINES + 2)


def test_a_call_through_scikit_learn_is_taken_and_said(tmp_path):
    found = run(
        tmp_path,
        """
        from sklearn.base import BaseEstimator
        from sklearn.model_selection import cross_val_score

        class Wrapped(BaseEstimator):
            def fit(self, x, y):
                self.model_ = build()
                self.model_.fit(x, y, epochs=5, verbose=0)
                return self

        cross_val_score(Wrapped(), x, y, cv=4, scoring=lambda *_: 0.0)
        """,
    )
    assert len(found.x) == 90
    assert "fit was called by sklearn: its first call is taken" in remarks(found)
