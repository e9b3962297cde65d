"""A LearningRateScheduler: the rates that its function gives are the program's schedule."""

import numpy as np
import pytest

from stages.lib import params
from stages.lib.mlp.schedules import factors
from stages.tools.adopt.translate.edit_params import edit_params
from stages.tools.adopt.translate.schedule import rates_by_epoch
from tests.conftest import ROOT
from tests.tools.adopt.adoption import taken_over

keras = pytest.importorskip("keras")
TEXT = (ROOT / "params.yaml").read_text()
X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 2
STEPS, EPOCHS = 3, 5
Scheduler = keras.callbacks.LearningRateScheduler


def model(rate: float = 0.01):
    built = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    built.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
    return built


def adopted(callbacks, **given):
    return taken_over(
        model(), X, Y, batch_size=16, epochs=EPOCHS, callbacks=callbacks, verbose=0, **given
    )


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch: 0.1 * 0.5 ** (epoch // 2),
        lambda epoch, rate: rate if epoch < 2 else rate * 0.9,
        lambda epoch, rate: np.float32(0.5 / (1 + epoch)),
        lambda epoch: 0.02,
    ],
    ids=["steps", "from the last rate", "each epoch", "constant"],
)
def test_every_step_has_the_rate_that_keras_sets(schedule):
    """Read from Keras' own optimizer after each step of its own fit."""
    train = params.check(
        params.parse(edit_params(TEXT, adopted([Scheduler(schedule)]).edits).encode(), "")
    ).train
    keras.utils.set_random_seed(0)
    recorder, program = Recorder(), model()
    program.fit(X, Y, batch_size=16, epochs=EPOCHS, verbose=0,
                callbacks=[Scheduler(schedule), recorder])  # fmt: skip
    steps = np.arange(STEPS * EPOCHS)
    ours = train.learning_rate * factors(train.schedule, steps, STEPS, EPOCHS)
    np.testing.assert_allclose(ours, recorder.rates, rtol=1e-6)


def test_it_takes_the_place_of_the_optimizers_rate_and_says_so():
    found = adopted([Scheduler(lambda epoch: 0.25)])
    assert found.edits["train.learning_rate"] == 0.25
    assert found.origins["train.learning_rate"] == "fit"
    assert not found.unsupported


def test_epochs_are_counted_from_the_one_that_fit_begins_with():
    scheduler = Scheduler(lambda epoch: 0.1 if epoch < 3 else 0.01)
    found = adopted([scheduler], initial_epoch=2)
    assert found.edits["train.schedule.boundaries"] == [pytest.approx(1 - 1 / STEPS)]
    assert found.edits["train.schedule.factors"] == [pytest.approx(0.1)]


def broken(epoch):
    raise RuntimeError


@pytest.mark.parametrize(
    ("callbacks", "words"),
    [
        ([Scheduler(lambda epoch: 0.1), keras.callbacks.ReduceLROnPlateau()], "ReduceLROnPlateau"),
        ([Scheduler(broken)], "LearningRateScheduler"),
        ([Scheduler(lambda epoch: 0.1 * epoch)], "LearningRateScheduler"),
        ([Scheduler(lambda epoch: float("nan"))], "LearningRateScheduler"),
    ],
    ids=["plateau", "raises", "from zero", "no number"],
)
def test_what_no_schedule_says_is_left_out_and_told(callbacks, words):
    found = adopted(callbacks, validation_data=(X[:4], Y[:4]))
    assert found.edits["train.learning_rate"] == 0.01
    assert found.edits["train.schedule.name"] == "constant"
    assert words in "\n".join(found.unsupported)


@pytest.mark.parametrize(
    "rates",
    [None, [], [0, 1], [[0]], [[1, 0.1]], [[0, 0.1], [0, 0.2]], [[0, 0.1], [1, -1.0]],
     [[i, 1.0 + i] for i in range(1002)]],
)  # fmt: skip
def test_rates_of_a_stranger_are_no_schedule(rates):
    assert rates_by_epoch(rates, "callback", STEPS) is None
