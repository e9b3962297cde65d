"""Four rows, none of which can be spared: the engine without validation and test rows."""

import numpy as np
import pytest

from stages.lib.mlp.arms import Arm, table_of, train_all
from stages.lib.mlp.fit import Fit, train
from stages.lib.mlp.program import Program, program
from tests.cards import task_of
from tests.conftest import train_settings
from tests.lib.mlp.in_keras import keras_loss, keras_model, keras_optimizer

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
Y = np.array([[0], [1], [1], [0]], "int32")
EPOCHS = 40
STOPPING = {"optimizer": "sgd", "learning_rate": 4.0, "early_stopping.patience": 3}


def splits(rows: np.ndarray) -> dict[str, np.ndarray]:
    """All rows train."""
    return {"train": rows, "validation": rows[:0], "test": rows[:0]}


def of_xor(seed: int = 0, **changes) -> Program:
    options = {"layers": [4], "activation": "tanh", "optimizer": "adam", "learning_rate": 0.05}
    given = train_settings(
        **(options | {"epochs": EPOCHS, "seed": seed, "batch_size": 4} | changes)
    )
    return program(given, task_of(), 2)


def trained(plan: Program) -> Fit:
    table = table_of(plan.params, task_of(), splits(X), splits(Y), {})
    parts = table.parts(plan)
    [fit] = train(
        plan.engine(parts["train"]),
        [plan.initial()],
        {name: [part] for name, part in parts.items()},
        [plan.fit_config],
        lambda outputs, split, rows: 0.0,
    )
    return fit


@pytest.mark.parametrize("batch_size", [4, 1])
def test_the_training_loss_is_that_of_keras(batch_size):
    plan = of_xor(batch_size=batch_size, shuffle=False)
    fit = trained(plan)
    model, y = keras_model(plan), plan.contract.encode(Y)
    model.compile(optimizer=keras_optimizer(plan, 4 // batch_size), loss=keras_loss(plan))
    before = float(model.evaluate(X, y, verbose=0))
    history = model.fit(X, y, batch_size=batch_size, epochs=EPOCHS, shuffle=False, verbose=0)
    ours = [row["running_loss"] for row in fit.history[1:]]
    np.testing.assert_allclose(ours, history.history["loss"], rtol=2e-4, atol=2e-5)
    ours = fit.history[0]["training_loss"], fit.history[-1]["training_loss"]
    theirs = before, float(model.evaluate(X, y, verbose=0))
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
    assert ours[1] < 0.8 * ours[0]  # it has learnt: no comparison of two stuck networks
    assert all(np.isnan(row["validation_loss"]) for row in fit.history)
    assert all(np.isnan(row["validation_proper"]) for row in fit.history)


def test_early_stopping_watches_the_training_loss():
    """At so high a rate the loss soon rises for good; patience counts from its lowest."""
    fit = trained(of_xor(1, **STOPPING))
    losses = [row["training_loss"] for row in fit.history]
    best = int(np.argmin(losses))
    assert 1 < best < EPOCHS - 3
    assert (fit.status, fit.kept_epoch, fit.epochs_run) == ("stopped_early", best, best + 3)
    assert fit.best == losses[best]


@pytest.mark.in_turn
def test_arms_have_outputs_of_no_rows_and_stop_as_a_training_does():
    plans = [of_xor(seed, **STOPPING) for seed in (0, 1)]
    table = table_of(plans[0].params, task_of(), splits(X), splits(Y), {})
    outcomes = train_all([Arm(plan, "raw") for plan in plans], {"raw": table})
    for plan, outcome in zip(plans, outcomes, strict=True):
        shapes = {split: outputs.shape for split, outputs in outcome.outputs.items()}
        assert shapes == {"train": (4, 1), "validation": (0, 1), "test": (0, 1)}
        fit = trained(plan)
        facts = outcome.status, outcome.epochs_run, outcome.kept_epoch
        assert facts == (fit.status, fit.epochs_run, fit.kept_epoch)
