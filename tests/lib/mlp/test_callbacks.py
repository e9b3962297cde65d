"""What depends on the loss after each epoch, beside Keras' callbacks."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.mlp.batches import Part
from stages.lib.mlp.fit import Fit, train, train_arms
from stages.lib.mlp.plateau import Plateau
from stages.lib.mlp.program import Program, program
from stages.lib.mlp.step import GraphCache
from stages.lib.params.train import ReduceOnPlateau
from tests.cards import task_of
from tests.conftest import train_settings
from tests.lib.mlp.in_keras import keras_loss, keras_model, keras_optimizer, weights

EPOCHS = 25
COMMON = {"layers": [6], "batch_size": 8, "epochs": EPOCHS, "shuffle": False, "optimizer": "sgd"}
OFF = {"patience": None, "factor": 0.1, "min_delta": 1e-4, "cooldown": 0, "min_learning_rate": 0.0}


def part_of(plan: Program, rng: np.random.Generator, rows: int) -> Part:
    x = rng.normal(size=(rows, 3)).astype("float32")
    return Part(
        x, (x[:, :1] + rng.normal(size=(rows, 1)) > 0).astype("int32"), plan.contract.encode
    )


def in_keras(
    plan: Program, parts: list[Part], callbacks: list[keras.callbacks.Callback]
) -> tuple[keras.Model, dict[str, list[float]]]:
    model = keras_model(plan)
    model.set_weights(weights(plan, plan.initial()))
    model.compile(optimizer=keras_optimizer(plan, 5), loss=keras_loss(plan))
    (x, y), held_out = ((part.x, plan.contract.encode(part.y)) for part in parts)
    rates: dict[str, list[float]] = {"rate": []}
    seen = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: rates["rate"].append(float(model.optimizer.learning_rate))
    )
    history = model.fit(
        x, y, batch_size=8, epochs=EPOCHS, shuffle=False, verbose=0, validation_data=held_out,
        callbacks=[seen, *callbacks],
    )  # fmt: skip
    return model, rates | history.history


def in_engine(plan: Program, parts: list[Part]) -> Fit:
    splits = {"train": [parts[0]], "validation": [parts[1]]}
    [fit] = train(
        plan.engine(parts[0]), [plan.initial()], splits, [plan.fit_config], lambda *_: 0.0
    )
    [alone] = train_arms(
        plan.engine(parts[0]), [plan.initial()], splits["validation"], [plan.fit_config]
    )
    assert alone.epochs_run == fit.epochs_run
    assert alone.kept_epoch == fit.kept_epoch
    for name, array in fit.arrays.items():
        np.testing.assert_array_equal(alone.arrays[name], array)
    return fit


def both(
    callback: Callable[[], keras.callbacks.Callback], **changes: Any
) -> tuple[Fit, dict[str, list[float]]]:
    """A training that is the same here and in Keras."""
    plan = program(train_settings(**COMMON, **changes), task_of("binary", 2), 3)
    rng = np.random.default_rng(3)
    parts = [part_of(plan, rng, 40), part_of(plan, rng, 20)]
    model, history = in_keras(plan, parts, [callback()])
    fit = in_engine(plan, parts)
    assert fit.epochs_run == len(history["loss"])
    rates = [row["learning_rate"] for row in fit.history[1:]]
    np.testing.assert_allclose(rates, history["rate"], rtol=1e-6)
    for ours, theirs in zip(weights(plan, fit.arrays), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=5e-4, atol=5e-5)
    return fit, history


@pytest.mark.in_turn
@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"patience": 2}, marks=pytest.mark.slow),
        pytest.param({"patience": 0, "factor": 0.7, "cooldown": 2}, marks=pytest.mark.slow),
        {"patience": 1, "factor": 0.5, "min_delta": 0.02, "min_learning_rate": 0.05},
    ],
)
def test_a_rate_that_falls_on_a_plateau(more):
    given = OFF | {"factor": 0.3} | more
    named = {"min_lr" if key == "min_learning_rate" else key: v for key, v in given.items()}
    fit, history = both(
        lambda: keras.callbacks.ReduceLROnPlateau(**named), reduce_on_plateau=given,
        learning_rate=0.4,
    )  # fmt: skip
    assert len(set(history["rate"])) > 2
    assert fit.epochs_run == EPOCHS


@pytest.mark.in_turn
@pytest.mark.parametrize("penalty", [{"l2": 0.0}, {"l2": 0.05}, {"l1": 0.02}])
def test_early_stopping_watches_the_loss_with_its_penalty(penalty):
    stopping = {"patience": 2, "min_delta": 0.005, "restore_best": True}
    fit, history = both(
        lambda: keras.callbacks.EarlyStopping(
            patience=2, min_delta=0.005, restore_best_weights=True
        ),
        early_stopping=stopping, learning_rate=0.5, **penalty,
    )  # fmt: skip
    watched = [row["validation_loss"] + row["penalty"] for row in fit.history[1:]]
    np.testing.assert_allclose(watched, history["val_loss"], rtol=1e-4)
    assert 2 < fit.epochs_run < EPOCHS


@pytest.mark.slow
def test_programs_beside_each_other_have_rates_of_their_own():
    falling = OFF | {"patience": 1, "factor": 0.2}
    plans = [
        program(train_settings(**COMMON, learning_rate=0.4, reduce_on_plateau=of), task, 3)
        for task in [task_of("binary", 2)]
        for of in (OFF, falling)
    ]
    rng = np.random.default_rng(3)
    parts = [part_of(plans[0], rng, 40), part_of(plans[0], rng, 20)]
    beside = plans[0].engine_of([plan.replica for plan in plans], parts[:1], GraphCache())
    fits = train_arms(
        beside, [plan.initial() for plan in plans], parts[1:], [plan.fit_config for plan in plans]
    )
    for plan, fit in zip(plans, fits, strict=True):
        for name, array in in_engine(plan, parts).arrays.items():
            np.testing.assert_allclose(fit.arrays[name], array, rtol=1e-5, atol=1e-6)


def test_a_rate_that_stays_is_the_rate():
    plateau = Plateau(ReduceOnPlateau(**OFF), 0.1)
    for loss in (1.0, 1.0, np.nan, 1.0):
        plateau.end_epoch(loss)
    assert plateau.factor == 1.0


def test_a_schedule_beside_a_plateau_is_refused():
    with pytest.raises(UserError, match=r"reduce_on_plateau.patience.*null beside.*cosine"):
        train_settings(
            **COMMON, reduce_on_plateau=OFF | {"patience": 3}, **{"schedule.name": "cosine"}
        )
