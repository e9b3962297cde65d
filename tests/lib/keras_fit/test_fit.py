"""Fits of Keras models, beside what `fit` of a script would print."""

from dataclasses import replace

import numpy as np
import pytest

from stages.lib.keras_fit.fit import Trainer
from stages.lib.keras_fit.quiet import keras
from tests.lib.keras_fit.beside_keras import column, fitted, in_a_script
from tests.lib.keras_fit.models import EXAMPLES, convolution, embedding, recurrent, skip


@pytest.mark.in_turn
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda make: make.__name__)
@pytest.mark.sampled(2)
def test_losses_are_those_of_plain_keras(example):
    given = example()
    fit = fitted(given, epochs=4, shuffle=False)
    theirs = in_a_script(given)
    np.testing.assert_allclose(column(fit, "running_loss"), theirs["loss"], rtol=2e-4)
    assert [row["epoch"] for row in fit.history] == [0, 1, 2, 3, 4]


def test_early_stopping_is_that_of_keras():
    keras.utils.set_random_seed(3)  # of the model's weights, whichever test was run before
    example = embedding()
    changes = {"epochs": 60, "shuffle": False, "learning_rate": 0.05,
               "early_stopping.patience": 2, "early_stopping.restore_best": True}  # fmt: skip
    fit = fitted(example, **changes)
    watched = [row["validation_loss"] for row in fit.history]
    assert fit.status == "stopped_early"
    assert fit.epochs_run == len(watched) - 1 < 60
    best = int(np.argmin(watched[1:])) + 1
    assert fit.kept_epoch == best == fit.epochs_run - 2
    kept = fit.outputs["validation"] - example.y[120:160][:, :1]
    assert np.mean(kept**2) == pytest.approx(min(watched[1:]), rel=1e-4)


def test_a_fit_is_its_seed_whoever_was_fitted_before():
    example = skip()
    program = example.program(epochs=2)
    parts = example.parts(program)
    first, other = Trainer(program, parts), Trainer(program, parts)
    alone = first.fit(3).outputs["test"]
    other.fit(8)
    np.testing.assert_array_equal(other.fit(3).outputs["test"], alone)
    assert np.abs(first.fit(4).outputs["test"] - alone).max() > 1e-3


def test_a_seed_in_the_configuration_does_not_make_all_seeds_alike():
    example = recurrent()
    seeded = keras.Sequential(
        [
            keras.Input((6, 2)),
            keras.layers.LSTM(4, kernel_initializer=keras.initializers.GlorotUniform(seed=1)),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.HeNormal(seed=1)),
        ]
    )
    program = replace(example, model=seeded).program(epochs=1)
    trainer = Trainer(program, example.parts(program))
    one, two = (trainer.fit(seed).arrays for seed in (0, 1))
    assert all(np.abs(one[name] - two[name]).max() > 0.01 for name in one if "kernel" in name)


def test_weights_of_rows_and_classes_weigh_the_trained_loss():
    example = convolution()
    program = example.program(epochs=2, shuffle=False)
    table = example.table()
    weights = np.array([3.0, 1.0, 0.5])
    parts = replace(table, class_weights=weights).parts(program)
    trainer = Trainer(program, parts)
    start = example.model.get_weights()
    arrays = dict(zip([v.path for v in trainer.model.weights], start, strict=True))
    fit = trainer.fit(0, arrays, lambda outputs, split, rows: 0.0)
    theirs = in_a_script(example, epochs=2, class_weight=dict(enumerate(weights)))
    np.testing.assert_allclose(column(fit, "running_loss"), theirs["loss"], rtol=2e-4)


def test_divergence_is_told_and_the_weights_before_it_are_kept():
    example = embedding()
    fit = fitted(example, epochs=5, optimizer="sgd", learning_rate=1e20)
    assert fit.status == "diverged"
    assert fit.divergence["epoch"] == fit.epochs_run <= 2
    assert fit.kept_epoch == fit.epochs_run - 1
    assert all(np.isfinite(array).all() for array in fit.arrays.values())
    assert np.isfinite(fit.outputs["test"]).all()


def test_without_validation_rows_the_running_loss_is_watched():
    example = embedding()
    program = example.program(epochs=30, **{"early_stopping.patience": 1, "learning_rate": 0.3})
    table = example.table(held_out=0)
    fit = Trainer(program, table.parts(program)).fit(0)
    assert fit.outputs["validation"].shape == (0, 1)
    assert fit.status == "stopped_early"
