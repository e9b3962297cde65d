"""Fits of Keras models, beside what `fit` of a script would print."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from stages.lib.keras_fit import compiled
from stages.lib.keras_fit.fit import KerasFit, Trainer
from stages.lib.keras_fit.quiet import keras
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from tests.conftest import train_settings
from tests.lib.keras_fit.models import EXAMPLES, Example, convolution, embedding, recurrent, skip

LOSSES = {"regression": "mse", "multiclass": "sparse_categorical_crossentropy"}


def fitted(example: Example, score=None, weights: bool = False, **changes) -> KerasFit:
    """The example's fit from the weights that its own model has."""
    program = example.program(**changes)
    start = {variable.path: variable.numpy() for variable in example.model.weights}
    # A deserialized sequential model has another name, and so other paths.
    trainer = Trainer(program, example.parts(program))
    paths = [variable.path for variable in trainer.model.weights]
    start = dict(zip(paths, start.values(), strict=True))
    return trainer.fit(0, start, score or (lambda outputs, split, rows: 0.0))


def in_a_script(example: Example, optimizer="adam", held_out: int = 40, **arguments) -> list[float]:
    """The losses that the script prints, epoch by epoch."""
    loss = LOSSES.get(example.task.kind.name, "binary_crossentropy")
    model = keras.models.clone_model(example.model)
    model.set_weights(example.model.get_weights())
    several = len(model.outputs) > 1
    model.compile(optimizer, [loss, loss] if several else loss, jit_compile=False)
    rows = len(example.y) - 2 * held_out
    y = example.y[:rows].astype("float32")
    x = [array[:rows].astype("float32") for array in example.x]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = model.fit(
            x if len(x) > 1 else x[0],
            [y[:, :1], y[:, 1:]] if several else y,
            shuffle=False, verbose=0, **{"epochs": 4, **arguments},
        )  # fmt: skip
    return history.history["loss"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda make: make.__name__)
def test_losses_are_those_of_plain_keras(example):
    given = example()
    fit = fitted(given, epochs=4, shuffle=False)
    running = [row["running_loss"] for row in fit.history[1:]]
    np.testing.assert_allclose(running, in_a_script(given), rtol=2e-4)
    assert [row["epoch"] for row in fit.history] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("changes", "optimizer"),
    [
        (
            {"optimizer": "sgd", "learning_rate": 0.05, "schedule.name": "exponential",
             "schedule.decay_rate": 0.5, "schedule.decay_epochs": 1},
            lambda steps: keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(0.05, steps, 0.5)
            ),
        ),
        (
            {"optimizer": "nesterov", "learning_rate": 0.02, "clip.norm": 0.1},
            lambda steps: keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True, clipnorm=0.1),
        ),
        (
            {"optimizer": "adamw", "weight_decay": 0.1, "gradient_accumulation_steps": 2},
            lambda steps: keras.optimizers.AdamW(
                0.001, weight_decay=0.1, gradient_accumulation_steps=2
            ),
        ),
    ],
)  # fmt: skip
def test_the_optimizer_is_that_of_the_section(changes, optimizer):
    example = embedding()
    changes = {**changes, "epochs": 3, "batch_size": 16, "shuffle": False}
    theirs = in_a_script(example, optimizer(-(-120 // 16)), epochs=3, batch_size=16)
    running = [row["running_loss"] for row in fitted(example, **changes).history[1:]]
    np.testing.assert_allclose(running, theirs, rtol=2e-4)


def test_every_optimizer_of_the_vocabulary_is_built():
    for row in OPTIMIZERS.values():
        given = train_settings(optimizer=row.name, learning_rate=row.learning_rate, **row.constants)
        built = compiled.optimizer(given, 10)
        assert type(built).__name__ == row.keras_class
        for key in row.constants:
            assert getattr(built, row.keras_name(key)) == pytest.approx(getattr(given, key))


def test_early_stopping_is_that_of_keras():
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
    running = [row["running_loss"] for row in fit.history[1:]]
    np.testing.assert_allclose(running, theirs, rtol=2e-4)


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
