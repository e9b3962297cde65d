"""Optimizer, loss and callbacks of a fit, beside those that a script gives Keras."""

from typing import Any

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.keras_fit import compiled
from stages.lib.keras_fit.fit import Trainer
from stages.lib.keras_fit.quiet import keras
from stages.lib.vocabulary.losses import LOSSES, Loss
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from tests.cards import task_of
from tests.conftest import train_settings
from tests.lib.keras_fit.beside_keras import column, fitted, in_a_script
from tests.lib.keras_fit.models import Example, embedding


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
        (
            {"optimizer": "adamw", "weight_decay": 0.0},
            lambda steps: keras.optimizers.AdamW(0.001, weight_decay=0.0),
        ),
    ],
)  # fmt: skip
def test_the_optimizer_is_that_of_the_section(changes, optimizer):
    example = embedding()
    changes = {**changes, "epochs": 3, "batch_size": 16, "shuffle": False}
    theirs = in_a_script(example, optimizer(-(-120 // 16)), epochs=3, batch_size=16)
    ours = column(fitted(example, **changes), "running_loss")
    np.testing.assert_allclose(ours, theirs["loss"], rtol=2e-4)


def test_every_optimizer_of_the_vocabulary_is_built():
    for row in OPTIMIZERS.values():
        given = train_settings(optimizer=row.name, learning_rate=row.learning_rate, **row.constants)
        built = compiled.optimizer(given, 10)
        assert type(built).__name__ == row.keras_class
        for key in row.constants:
            assert getattr(built, row.keras_name(key)) == pytest.approx(getattr(given, key))


# Constants at other values than Keras' own.
CONSTANTS = {
    "quantile": 0.8,
    "huber_delta": 0.3,
    "focal_gamma": 1.5,
    "focal_alpha": 0.4,
    "focal_balancing": True,
}


def root_of_mean(y_true, y_pred):
    return keras.ops.mean((y_pred - y_true) ** 2) ** 0.5


def all_pairs(y_true, y_pred):
    # The slip of a script whose targets have no second axis.
    return keras.ops.mean(keras.ops.square(y_pred - keras.ops.reshape(y_true, (-1,))))


def upper_fifth(y_true, y_pred):
    below = y_true - y_pred
    return keras.ops.mean(keras.ops.where(below > 0, 0.8 * below, -0.2 * below), axis=-1)


# What a script compiles with, where that is not the loss by its name.
IN_A_SCRIPT: dict[str, Any] = {
    "root_mean_squared_error": root_of_mean,
    "mean_squared_error_of_all_pairs": all_pairs,
    "quantile": upper_fifth,
    "huber": keras.losses.Huber(delta=0.3),
    "binary_focal_crossentropy": keras.losses.BinaryFocalCrossentropy(True, alpha=0.4, gamma=1.5),
    "categorical_focal_crossentropy": keras.losses.CategoricalFocalCrossentropy(0.4, gamma=1.5),
}


def example_of(row: Loss) -> tuple[Example, np.ndarray]:
    """A model with a skip for a task that has this loss, and its targets as a script has them."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(200, 4))
    units, activation, task = 1, "softplus", task_of("regression")
    # Not below 0, as some of the losses need it.
    y = np.abs(x[:, :1] + rng.normal(size=(200, 1)))
    if row.reads == "direction":
        units, activation, task = 2, "linear", task_of("regression", targets=2)
        y = x[:, :2] ** 2
    elif row.of_one_class:
        units, activation, task = 3, "softmax", task_of("multiclass", 3)
        y = np.digitize(x[:, :1], (-0.5, 0.5)).astype("int32")
    elif row.reads in ("probabilities", "margin"):
        activation, task = "sigmoid" if row.target == "same" else "linear", task_of()
        y = (y > 1).astype("int32")
    start = keras.Input((4,), name="x")
    h = keras.layers.Dense(6, activation="tanh")(start)
    h = keras.layers.Concatenate()([start, h])
    model = keras.Model(start, keras.layers.Dense(units, activation)(h))
    encoded = keras.utils.to_categorical(y, 3) if row.target == "one_hot" else y
    return Example(model, [x], y, task), encoded


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.sampled(3)
def test_every_loss_of_the_vocabulary_is_that_of_a_script(name):
    row = LOSSES[name]
    example, y = example_of(row)
    changes = {key: CONSTANTS[key] for key in row.constants}
    fit = fitted(example, loss=name, epochs=3, shuffle=False, learning_rate=0.01, **changes)
    theirs = in_a_script(
        example, keras.optimizers.Adam(0.01), IN_A_SCRIPT.get(name, name), y, epochs=3
    )
    for ours, key in (("running_loss", "loss"), ("validation_loss", "val_loss")):
        np.testing.assert_allclose(column(fit, ours), theirs[key], rtol=2e-4)
    # They fall: a loss that no gradient passes would agree too.
    assert theirs["loss"][-1] < theirs["loss"][0]


PLATEAU = {
    "epochs": 14, "shuffle": False, "optimizer": "sgd", "learning_rate": 0.3,
    "reduce_on_plateau.patience": 1, "reduce_on_plateau.factor": 0.4,
    "reduce_on_plateau.min_delta": 0.02, "reduce_on_plateau.cooldown": 1,
    "reduce_on_plateau.min_learning_rate": 0.01,
}  # fmt: skip


def plateau_of_a_script() -> keras.callbacks.Callback:
    return keras.callbacks.ReduceLROnPlateau(
        factor=0.4, patience=1, min_delta=0.02, cooldown=1, min_lr=0.01
    )


def test_the_rate_falls_on_a_plateau_as_in_a_script():
    example = embedding()
    fit = fitted(example, **PLATEAU)
    theirs = in_a_script(
        example, keras.optimizers.SGD(0.3), epochs=14, callbacks=[plateau_of_a_script()]
    )
    rates = column(fit, "learning_rate")
    assert rates == pytest.approx(theirs["learning_rate"], rel=1e-6)
    assert rates[0] == pytest.approx(0.3) and rates[-1] == pytest.approx(0.01)
    assert len({round(rate, 6) for rate in rates}) > 3
    for ours, key in (("running_loss", "loss"), ("validation_loss", "val_loss")):
        np.testing.assert_allclose(column(fit, ours), theirs[key], rtol=2e-4)


def test_without_validation_rows_the_running_loss_is_on_the_plateau():
    example = embedding()
    program = example.program(**PLATEAU)
    parts = example.table(held_out=0).parts(program)
    fit = Trainer(program, parts).fit(0, score=lambda outputs, split, rows: 0.0)
    falls = np.flatnonzero(np.diff(column(fit, "learning_rate")))
    running = column(fit, "running_loss")
    # The epoch before a fall had not improved on the best by min_delta.
    assert len(falls)
    assert all(running[i] > min(running[:i]) - 0.02 for i in falls)


def test_a_rate_that_fell_is_whole_again_for_the_next_seed():
    example = embedding()
    program = example.program(**PLATEAU)
    parts = example.parts(program)
    trainer = Trainer(program, parts)
    first = trainer.fit(3).outputs["test"]
    trainer.fit(4)
    np.testing.assert_array_equal(trainer.fit(3).outputs["test"], first)


@pytest.mark.parametrize(
    "beside",
    [{"schedule.name": "cosine"}, {"schedule.warmup_epochs": 1}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_plateau_beside_what_else_sets_the_rate_is_refused(beside):
    [(key, value)] = beside.items()
    with pytest.raises(UserError) as raised:
        embedding().program(**PLATEAU, **beside)
    assert "train.reduce_on_plateau.patience: expected null beside " in str(raised.value)
    assert f"{key}: {value}" in str(raised.value)
