"""The engine against `keras.Model.fit`: same initial weights, same order, the same numbers."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from stages.lib.mlp import schedules, streams
from stages.lib.mlp.activations import ACTIVATIONS, activate
from stages.lib.mlp.arms import table_of
from stages.lib.mlp.batches import Part
from stages.lib.mlp.fit import FitConfig, train
from stages.lib.mlp.program import program
from stages.lib.mlp.runtime import tf
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from tests.cards import task_of
from tests.conftest import train_settings
from tests.lib.mlp.in_keras import (
    as_in_a_script,
    evaluated_in_keras,
    keras_loss,
    keras_model,
    keras_optimizer,
    weights,
)

pytestmark = pytest.mark.in_turn

# 70 rows in batches of 16: four full ones and a last one of 6.
ROWS, INPUTS, BATCH, EPOCHS = 70, 5, 16, 3


def data(
    rng: np.random.Generator, task: str, classes: int, targets: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(ROWS, INPUTS)).astype("float32")
    if task == "regression":
        return x, np.abs(x[:, :targets] + rng.normal(size=(ROWS, targets))) + 0.1
    if task == "multilabel":
        return x, (x[:, :targets] + rng.normal(size=(ROWS, targets)) > 0.3).astype("int32")
    return x, rng.integers(0, classes, (ROWS, 1)).astype("int32")


def both(
    rng: np.random.Generator, task: str = "binary", classes: int = 2, targets: int = 1, **changes
):
    """Train in both; returns what to compare: losses by epoch, final weights and outputs."""
    options = {"layers": [8, 6], "batch_size": BATCH, "epochs": EPOCHS, "learning_rate": 0.02}
    given = train_settings(**(options | changes))
    plan = program(given, task_of(task, classes, targets), INPUTS)
    x, target = data(rng, task, classes, targets)
    part = Part(x, plan.contract.encode(target))
    # Keras' loss smooths labels by itself.
    y = replace(plan.contract, label_smoothing=0.0).encode(target)
    engine = plan.engine(part)
    config = FitConfig(given.schedule, EPOCHS, given.early_stopping, given.reduce_on_plateau)
    [fit] = train(
        engine, [plan.initial()], {"train": [part], "validation": [part]}, [config],
        lambda outputs, split, rows: 0.0,
    )  # fmt: skip
    model = keras_model(plan)
    loss = keras_loss(plan)
    model.compile(optimizer=keras_optimizer(plan, engine.steps), loss=loss, jit_compile=False)

    evaluate = partial(evaluated_in_keras, model, plan, loss, x, y)

    running, evaluated = [], [evaluate()]
    for epoch in range(EPOCHS):
        order = streams.orders([given.seed], epoch, ROWS)[0, 0] if given.shuffle else slice(None)
        with as_in_a_script():
            history = model.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
        running.append(history.history["loss"][0])
        evaluated.append(evaluate())
    state = engine.start([fit.arrays])
    ours = {
        "running": [row["running_loss"] for row in fit.history[1:]],
        "evaluated": [row["training_loss"] + row["penalty"] for row in fit.history],
        "outputs": engine.evaluate(state, [part])[0][0],
        "weights": np.concatenate([a.ravel() for a in weights(plan, fit.arrays)]),
    }
    theirs = {
        "running": running,
        "evaluated": evaluated,
        "outputs": model(x, training=False),
        "weights": np.concatenate([a.ravel() for a in model.get_weights()]),
    }
    return fit, ours, theirs


def assert_same(ours: dict, theirs: dict, keys=("running", "evaluated", "outputs", "weights")):
    for key in keys:
        np.testing.assert_allclose(
            np.array(ours[key]), np.array(theirs[key]), rtol=2e-4, atol=2e-5, err_msg=key
        )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizer(rng, optimizer):
    # A usual step of adadelta is of the size of the root of epsilon.
    rate = {"adadelta": 10.0}.get(optimizer, 0.02)
    fit, ours, theirs = both(rng, optimizer=optimizer, learning_rate=rate)
    assert fit.status == "completed"
    assert_same(ours, theirs)
    # and it did train: the comparison is not one of two stuck networks
    assert ours["evaluated"][-1] < ours["evaluated"][0] - 1e-3


@pytest.mark.parametrize("optimizer", ["adam", "adam_amsgrad", "adamw", "adamax", "nadam", "lamb"])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_first_steps_are_as_long_as_those_of_keras(rng, optimizer, steps):
    """To a millionth: in float64 the bias corrections are others by up to seven. Biases begin at 0,
    so that nothing of their steps is lost beside them; of Lamb they are as long as the weights."""
    options = {"layers": [8], "batch_size": ROWS, "epochs": steps, "weight_decay": 0.0}
    given = train_settings(optimizer=optimizer, learning_rate=0.001, **options)
    plan = program(given, task_of("binary", 2, 1), INPUTS)
    x, target = data(rng, "binary", 2)
    part = Part(x, plan.contract.encode(target))
    engine = plan.engine(part)
    start = plan.initial()
    config = FitConfig(given.schedule, steps, given.early_stopping, given.reduce_on_plateau)
    parts = {"train": [part], "validation": [part]}
    [fit] = train(engine, [start], parts, [config], lambda outputs, split, rows: 0.0)
    model = keras_model(plan)
    model.compile(keras_optimizer(plan, engine.steps), keras_loss(plan), jit_compile=False)
    y = plan.contract.encode(target)
    model.fit(x, y, batch_size=ROWS, epochs=steps, shuffle=False, verbose=0)
    biases = [
        (ours.ravel(), theirs.ravel())
        for ours, theirs in zip(weights(plan, fit.arrays), model.get_weights(), strict=True)
        if ours.ndim == 1
    ]
    ours, theirs = (np.concatenate(side).astype("float64") for side in zip(*biases, strict=True))
    assert np.median(ours / theirs) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "prelu"])
def test_activation_and_its_slope(activation):
    """Compiled as the engine compiles it, at its kinks too: a dead layer's units lie at 0."""
    points = np.concatenate([np.linspace(-8, 8, 401), [-6.0, -3.0, 0.0, 3.0, 6.0]])
    x = tf.constant(points.reshape(1, -1, 1).repeat(2, axis=2), tf.float32)
    x *= tf.constant([1.0, -0.5])

    def value_and_slope(function):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return value, tape.gradient(value, x)

    ours = partial(value_and_slope, partial(activate, activation))
    compiled = tf.function(ours, jit_compile=True, autograph=False)()
    theirs = value_and_slope(keras.activations.get(activation))
    for one, other in zip(compiled, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "selu", "softmax", "prelu"])
def test_hidden_activation(rng, activation):
    _, ours, theirs = both(rng, activation=activation, optimizer="sgd")
    assert_same(ours, theirs)


# Keras runs these; each is trained here whether or not it makes sense for the task. Left out are
# pairs whose loss is NaN, infinite (percentages of 0) or at its clip from the first steps, where
# there is nothing to compare.
NAN = {
    ("poisson", "linear"),
    ("poisson", "tanh"),
    ("mean_absolute_percentage_error", "linear"),
}


def some(cases: list, every: int) -> list:
    """One in so many of the cases by default, the others among the slow tests."""
    chosen = []
    for n, case in enumerate(cases):
        values = case if isinstance(case, tuple) else (case,)
        chosen.append(pytest.param(*values, marks=pytest.mark.slow if n % every else ()))
    return chosen


PAIRINGS = [
    ("binary", 2, "binary_crossentropy", "sigmoid", {}),
    ("binary", 2, "binary_crossentropy", "softmax", {}),
    ("binary", 2, "binary_crossentropy", "linear", {}),
    ("binary", 2, "binary_crossentropy", "relu", {}),
    ("binary", 2, "binary_crossentropy", "linear", {"from_logits": True}),
    ("binary", 2, "binary_crossentropy", "sigmoid", {"from_logits": True}),
    ("binary", 2, "binary_crossentropy", "sigmoid", {"target_encoding": "integer_from_one"}),
    ("binary", 2, "binary_crossentropy", "softmax", {"output_units": 2}),
    ("binary", 2, "mean_squared_error", "sigmoid", {}),
    ("binary", 2, "mean_squared_error", "tanh", {"target_encoding": "plus_minus_one"}),
    ("binary", 2, "mean_squared_error", "sigmoid", {"output_units": 3}),
    ("binary", 2, "sparse_categorical_crossentropy", "softmax", {}),
    ("binary", 2, "hinge", "tanh", {}),
    ("binary", 2, "squared_hinge", "linear", {}),
    ("multiclass", 3, "categorical_crossentropy", "softmax", {}),
    ("multiclass", 3, "categorical_crossentropy", "sigmoid", {}),
    ("multiclass", 3, "categorical_crossentropy", "softplus", {}),
    ("multiclass", 3, "categorical_crossentropy", "linear", {"from_logits": True}),
    ("multiclass", 3, "sparse_categorical_crossentropy", "softmax", {}),
    ("multiclass", 3, "sparse_categorical_crossentropy", "softplus", {}),
    ("multiclass", 3, "sparse_categorical_crossentropy", "linear", {"from_logits": True}),
    ("multiclass", 3, "sparse_categorical_crossentropy", "softmax", {"output_units": 5}),
    ("multiclass", 3, "binary_crossentropy", "softmax", {}),
    ("multiclass", 3, "binary_crossentropy", "sigmoid", {"output_units": 1}),
    ("multiclass", 3, "kl_divergence", "softmax", {}),
    ("multiclass", 3, "mean_squared_error", "softmax", {}),
    ("multiclass", 3, "mean_squared_error", "linear", {"output_units": 1}),
    (
        "multiclass",
        3,
        "mean_squared_error",
        "linear",
        {"target_encoding": "integer", "output_units": 3},
    ),
    ("regression", 0, "mean_squared_error", "linear", {}),
    ("regression", 0, "mean_squared_error", "sigmoid", {}),
    ("regression", 0, "mean_absolute_error", "linear", {}),
    ("regression", 0, "mean_absolute_percentage_error", "linear", {}),
    ("regression", 0, "huber", "linear", {}),
    ("regression", 0, "log_cosh", "linear", {}),
    ("regression", 0, "poisson", "softplus", {}),
    ("regression", 0, "mean_squared_logarithmic_error", "relu", {}),
    ("regression", 0, "binary_crossentropy", "sigmoid", {}),
    ("regression", 0, "huber", "linear", {"huber_delta": 0.3}),
    ("regression", 0, "root_mean_squared_error", "linear", {}),
    ("binary", 2, "root_mean_squared_error", "sigmoid", {"output_units": 2}),
    ("regression", 0, "mean_squared_error_of_all_pairs", "linear", {}),
    ("regression", 0, "quantile", "linear", {"quantile": 0.9}),
    ("multiclass", 3, "cosine_similarity", "linear", {}),
    ("binary", 2, "binary_focal_crossentropy", "sigmoid", {}),
    ("binary", 2, "binary_focal_crossentropy", "softmax", {"output_units": 1}),
    ("binary", 2, "binary_focal_crossentropy", "softplus", {"focal_gamma": 1.0}),
    ("binary", 2, "binary_focal_crossentropy", "linear",
     {"from_logits": True, "focal_balancing": True, "label_smoothing": 0.1}),
    ("binary", 2, "binary_focal_crossentropy", "sigmoid", {"from_logits": True}),
    ("multiclass", 3, "categorical_focal_crossentropy", "softmax", {"label_smoothing": 0.1}),
    ("multiclass", 3, "categorical_focal_crossentropy", "sigmoid", {"focal_alpha": 0.6}),
    ("multiclass", 3, "categorical_focal_crossentropy", "linear", {"from_logits": True}),
    ("multiclass", 3, "categorical_focal_crossentropy", "softmax",
     {"from_logits": True, "focal_gamma": 3.0}),
]  # fmt: skip
# Labels, of which a row has any number, and two numbers: one output each, or one for all.
SEVERAL = [
    ("multilabel", 3, "categorical_crossentropy", "softmax", {}),
    ("multilabel", 3, "hinge", "tanh", {}),
    ("multilabel", 3, "mean_squared_error", "sigmoid", {"output_units": 1}),
]
SEVERAL_MORE = [
    ("multilabel", 3, "binary_crossentropy", "sigmoid", {}),
    ("multilabel", 3, "binary_crossentropy", "softmax", {}),
    ("multilabel", 3, "binary_crossentropy", "linear", {"from_logits": True}),
    ("multilabel", 3, "binary_crossentropy", "sigmoid", {"target_encoding": "plus_minus_one"}),
    ("multilabel", 3, "categorical_crossentropy", "softplus", {}),
    ("multilabel", 3, "categorical_crossentropy", "linear", {"from_logits": True}),
    ("multilabel", 3, "kl_divergence", "softmax", {}),
    ("multilabel", 3, "mean_squared_error", "sigmoid", {}),
    ("multilabel", 3, "squared_hinge", "tanh", {"target_encoding": "plus_minus_one"}),
    ("regression", 0, "mean_squared_error", "linear", {}),
    ("regression", 0, "mean_squared_error", "linear", {"output_units": 1}),
    ("regression", 0, "mean_absolute_error", "linear", {}),
    ("regression", 0, "huber", "linear", {}),
    ("regression", 0, "cosine_similarity", "linear", {}),
    ("multilabel", 3, "binary_focal_crossentropy", "sigmoid", {"focal_balancing": True}),
    ("multilabel", 3, "categorical_focal_crossentropy", "softmax", {}),
]
ANY_TARGET = sorted(name for name, loss in LOSSES.items() if loss.target == "any")
CROSSED = [
    (task, classes, loss, activation, {})
    for task, classes in (("binary", 2), ("multiclass", 3), ("regression", 0))
    for loss in ANY_TARGET
    for activation in ("sigmoid", "softmax", "softplus", "linear", "tanh", "relu")
    if (loss, activation) not in NAN
]


def test_every_loss_and_encoding_is_compared():
    assert {loss for _, _, loss, _, _ in PAIRINGS} == set(LOSSES)
    # What several classes and several labels are written as by themselves.
    used = {more.get("target_encoding") for *_, more in PAIRINGS} | {"one_hot", "multi_hot"}
    assert set(ENCODINGS) - {"value"} <= used


@pytest.mark.slow
@pytest.mark.parametrize(("task", "classes", "loss", "activation", "more"), CROSSED)
def test_every_loss_with_every_output_layer(rng, task, classes, loss, activation, more):
    test_loss_and_output_layer(rng, task, classes, loss, activation, more)


@pytest.mark.parametrize(("task", "classes", "loss", "activation", "more"), some(PAIRINGS, every=3))
def test_loss_and_output_layer(rng, task, classes, loss, activation, more):
    _, ours, theirs = both(
        rng, task, classes, loss=loss, output_activation=activation, optimizer="sgd",
        learning_rate=0.01, **more,
    )  # fmt: skip
    assert_same(ours, theirs)


@pytest.mark.parametrize("length", [1e-15, 0.0])
def test_cosine_similarity_of_outputs_of_hardly_any_length(rng, length):
    start = {"name": "random_normal", "mean": 0.0, "stddev": length}
    fit, ours, theirs = both(
        rng, "regression", 0, 2, layers=[], loss="cosine_similarity", optimizer="sgd",
        kernel_initializer=start,
    )  # fmt: skip
    assert fit.status == "completed"
    assert_same(ours, theirs)


@pytest.mark.parametrize(
    ("task", "classes", "activation"),
    some([("binary", 2, "relu"), ("multiclass", 3, "tanh"), ("binary", 2, "softplus")], every=2),
)
def test_declared_logits_are_the_outputs_of_any_activation(rng, task, classes, activation):
    """`from_logits` passes by no activation: a relu before it cuts the logits off. Only sigmoid and
    softmax hand their inputs over, declared or not."""
    _, ours, theirs = both(
        rng, task, classes, output_activation=activation, from_logits=True, optimizer="sgd"
    )
    assert_same(ours, theirs)
    _, linear, _ = both(
        np.random.default_rng(20), task, classes, output_activation="linear", from_logits=True,
        optimizer="sgd",
    )  # fmt: skip
    assert np.abs(linear["weights"] - ours["weights"]).max() > 1e-3


@pytest.mark.parametrize(("task", "classes", "loss", "activation", "more"), SEVERAL)
def test_several_targets(rng, task, classes, loss, activation, more):
    targets = classes or 2
    fit, ours, theirs = both(
        rng, task, classes, targets, loss=loss, output_activation=activation, optimizer="sgd",
        learning_rate=0.01, **more,
    )  # fmt: skip
    assert fit.status == "completed"
    assert theirs["outputs"].shape[1] == more.get("output_units", targets)
    assert_same(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "classes", "loss", "activation", "more"), SEVERAL_MORE)
def test_several_targets_with_more_losses(rng, task, classes, loss, activation, more):
    test_several_targets(rng, task, classes, loss, activation, more)


@pytest.mark.parametrize(
    ("activation", "more"),
    some([("softmax", {}), ("linear", {"from_logits": True}), ("relu", {"from_logits": True}),
          ("softplus", {}), ("softmax", {"label_smoothing": 0.2})], every=3),
)  # fmt: skip
def test_several_labels_a_row_under_categorical_crossentropy(rng, activation, more):
    """From logits the gradient is softmax - target, although the targets of a row sum to more than
    one and the loss's own would be their sum times the softmax less the target: the loss may rise.
    From probabilities it is the loss's own."""
    _, ours, theirs = both(
        rng, "multilabel", 5, 5, loss="categorical_crossentropy", output_activation=activation,
        optimizer="sgd", learning_rate=0.3, **more,
    )  # fmt: skip
    assert_same(ours, theirs)
    risen = ours["evaluated"][-1] > ours["evaluated"][0]
    assert risen == (activation != "softplus")


@pytest.mark.parametrize("task", ["multilabel", "regression"])
def test_several_targets_under_adam(rng, task):
    """What `auto` settles on, trained to where it helps."""
    _, ours, theirs = both(rng, task, 3 if task == "multilabel" else 0, 3)
    assert_same(ours, theirs)
    assert ours["evaluated"][-1] < ours["evaluated"][0] - 1e-2


@pytest.mark.parametrize(
    ("task", "classes", "more"),
    some(
        [
            ("binary", 2, {}),
            ("binary", 2, {"target_encoding": "plus_minus_one"}),
            ("multiclass", 3, {}),
            ("multiclass", 3, {"loss": "binary_crossentropy"}),
        ],
        every=2,
    ),
)
def test_label_smoothing(rng, task, classes, more):
    _, ours, theirs = both(rng, task, classes, label_smoothing=0.2, optimizer="sgd", **more)
    assert_same(ours, theirs)
    _, whole, _ = both(rng, task, classes, optimizer="sgd", **more)
    assert abs(whole["running"][0] - ours["running"][0]) > 1e-3


def test_without_shuffling_the_rows_come_as_they_stand(rng):
    _, ours, theirs = both(rng, shuffle=False, optimizer="momentum")
    assert_same(ours, theirs)


@pytest.mark.parametrize("place", ["before_activation", "after_activation"])
def test_batch_normalization(rng, place):
    # Moving averages of float32 moments: the order of a sum shows in the fourth digit.
    _, ours, theirs = both(rng, batch_normalization=place, optimizer="sgd")
    assert_same(ours, theirs)


@pytest.mark.parametrize(
    "clip",
    some(
        [
            {"value": None, "norm": None, "global_norm": 0.05},
            {"value": 0.01, "norm": None, "global_norm": None},
            {"value": None, "norm": 0.05, "global_norm": None},
        ],
        every=3,
    ),
)
def test_clip(rng, clip):
    _, ours, theirs = both(rng, clip=clip, optimizer="momentum")
    assert_same(ours, theirs)
    _, free, _ = both(np.random.default_rng(20), optimizer="momentum")
    assert np.abs(free["weights"] - ours["weights"]).max() > 1e-3


SCHEDULE = {
    "name": "constant", "warmup_epochs": 0, "decay_epochs": 1.5, "decay_rate": 0.5,
    "final_fraction": 0.1, "power": 2.0, "restart_length": 2.0, "restart_height": 0.5,
    "boundaries": [0.6, 2.0], "factors": [3.0, 0.1],
}  # fmt: skip


@pytest.mark.parametrize(
    "schedule",
    some(
        [
            {"name": "cosine", "warmup_epochs": 1},
            {"name": "exponential"},
            {"name": "cosine"},
            {"name": "polynomial"},
            {"name": "inverse_time"},
            {"name": "cosine_restarts"},
            {"name": "cosine_restarts", "restart_length": 1.0},
            {"name": "piecewise_constant"},
        ],
        every=3,
    ),
)
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_schedule(rng, schedule, optimizer):
    _, ours, theirs = both(rng, schedule=SCHEDULE | schedule, optimizer=optimizer)
    assert_same(ours, theirs)


@pytest.mark.parametrize("longer", [1.0, 1.5, 2.0, 3.0, 7.3])
def test_waves_restart_at_the_step_at_which_those_of_keras_do(longer):
    """At the end of a wave the rounding of a logarithm decides."""
    settings = {"name": "cosine_restarts", "restart_length": longer, "decay_epochs": 1}
    given = train_settings(schedule=SCHEDULE | settings, learning_rate=1.0)
    rate = keras_optimizer(program(given, task_of(), INPUTS), 5)._learning_rate
    steps = np.arange(700)
    ours = schedules.factors(given.schedule, steps.astype("float64"), 5, EPOCHS)
    theirs = [float(rate(step)) for step in steps]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_l2_and_weight_decay(rng):
    _, ours, theirs = both(rng, l2=0.01, weight_decay=0.1, optimizer="rmsprop")
    # Keras adds the penalty to its running loss; ours states it apart.
    assert_same(ours, theirs, ("evaluated", "outputs", "weights"))


def test_batch_larger_than_the_data_and_no_hidden_layer(rng):
    given = train_settings(layers=[], batch_size=1000)
    plan = program(given, task_of(), INPUTS)
    x, target = data(rng, "binary", 2)
    engine = plan.engine(Part(x, plan.contract.encode(target)))
    assert engine.steps == 1
    _, ours, theirs = both(rng, layers=[], batch_size=BATCH)
    assert_same(ours, theirs)


@pytest.mark.parametrize(
    ("of_rows", "given"),
    [
        (False, {"b": 3.0}),
        (True, "balanced"),
        pytest.param(False, "balanced", marks=pytest.mark.slow),
        pytest.param(True, None, marks=pytest.mark.slow),
    ],
)
def test_weights(rng, of_rows, given):
    """Of rows, of classes, of both at once (which Keras takes as one): the running loss with its
    last, smaller batch, the weighted validation loss, and the weights after the last step."""
    train_weights, validation_weights = rng.gamma(1.0, size=(2, ROWS))
    train_weights[:5] = 0.0
    plan = program(
        train_settings(
            layers=[8, 6], batch_size=BATCH, epochs=EPOCHS, learning_rate=0.02, class_weight=given,
            batch_normalization="before_activation", optimizer="sgd",
        ),
        task_of(), INPUTS,
    )  # fmt: skip
    x, codes = data(rng, "binary", 2)
    x_validation, codes_validation = data(rng, "binary", 2)
    own = {"train": train_weights, "validation": validation_weights} if of_rows else {}
    inputs = {"train": x, "validation": x_validation}
    targets = {"train": codes, "validation": codes_validation}
    task = replace(task_of(), classes=("a", "b"))
    parts = table_of(plan.params, task, inputs, targets, own).parts(plan)
    engine = plan.engine(parts["train"])
    [fit] = train(
        engine, [plan.initial()], {name: [part] for name, part in parts.items()}, [plan.fit_config],
        lambda outputs, split, rows: 0.0,
    )  # fmt: skip

    of_class = {1: 3.0} if given == {"b": 3.0} else {}
    if given == "balanced":
        found = compute_class_weight(
            "balanced", classes=np.arange(2), y=codes[:, 0], sample_weight=own.get("train")
        )
        of_class = dict(enumerate(found))
    y, y_validation = (one.astype("float32") for one in (codes, codes_validation))
    model = keras_model(plan)
    model.compile(optimizer=keras_optimizer(plan, engine.steps), loss=keras_loss(plan))
    history = {"loss": [], "val_loss": []}
    for epoch in range(EPOCHS):
        order = streams.orders([plan.params.seed], epoch, ROWS)[0, 0]
        weighting = {"class_weight": of_class}
        if of_rows:
            factors = train_weights * [of_class.get(code, 1.0) for code in codes[:, 0]]
            weighting = {"sample_weight": factors[order]}
        held_out = (x_validation, y_validation, *([validation_weights] if of_rows else []))
        found = model.fit(
            x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0,
            validation_data=held_out, validation_batch_size=32, **weighting,
        )  # fmt: skip
        for name in history:
            history[name] += found.history[name]
    ours = {
        "running": [row["running_loss"] for row in fit.history[1:]],
        "validation": [row["validation_loss"] for row in fit.history[1:]],
        "weights": np.concatenate([a.ravel() for a in weights(plan, fit.arrays)]),
    }
    theirs = {
        "running": history["loss"],
        "validation": history["val_loss"],
        "weights": np.concatenate([a.ravel() for a in model.get_weights()]),
    }
    assert_same(ours, theirs, ours)


def test_a_step_on_whole_weights_is_one_on_rows_repeated_so_often(rng):
    """Up to the factor by which the repeated rows are more: in one batch of all rows."""
    x, codes = data(rng, "multiclass", 3)
    times = rng.integers(0, 4, ROWS)
    repeated = np.repeat(np.arange(ROWS), times)
    rate = 0.1
    arrays = []
    for rows, own, factor in (
        (np.arange(ROWS), times.astype("float64"), ROWS / len(repeated)),
        (repeated, None, 1.0),
    ):
        given = train_settings(
            layers=[6], optimizer="sgd", learning_rate=rate * factor, batch_size=10**6, epochs=3
        )
        plan = program(given, task_of("multiclass", 3), INPUTS)
        part = Part(x[rows], codes[rows], plan.contract.encode, own)
        [fit] = train(
            plan.engine(part), [plan.initial()], {"train": [part], "validation": [part]},
            [plan.fit_config], lambda outputs, split, rows: 0.0,
        )  # fmt: skip
        assert fit.history[-1]["running_loss"] < fit.history[1]["running_loss"]
        arrays.append(np.concatenate([a.ravel() for a in weights(plan, fit.arrays)]))
    np.testing.assert_allclose(*arrays, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "more"),
    some([("nadam", {}), ("adafactor", {"clip.norm": 0.1}),
          ("adamw", {"weight_decay": 0.5, "schedule.name": "cosine"}),
          ("sgd", {"batch_normalization": "before_activation"})], every=2),
)  # fmt: skip
def test_steps_along_the_mean_gradient_of_several_batches(rng, optimizer, more):
    """Fifteen batches, five an epoch, make three steps of four, two of which begin in one epoch and
    end in the next; the last three batches make none."""
    changes = {"optimizer": optimizer, "gradient_accumulation_steps": 4, "shuffle": False}
    fit, ours, theirs = both(rng, **changes, **more)
    assert fit.status == "completed"
    assert_same(ours, theirs)


@pytest.mark.parametrize("early", [None, "stops", "restores"])
def test_average_of_the_weights(rng, early):
    """Training ends with it, unless early stopping restores the best epoch's own weights."""
    changes = {"ema_momentum": 0.9, "shuffle": False, "layers": [8], "learning_rate": 0.3}
    if early:
        restores = {"early_stopping.restore_best": early == "restores"}
        changes |= {"early_stopping.patience": 1, "early_stopping.min_delta": 0.05} | restores
    given = train_settings(
        **{**changes, "batch_size": BATCH, "epochs": 12, "optimizer": "momentum"}
    )
    plan = program(given, task_of("binary", 2), INPUTS)
    x, target = data(rng, "binary", 2)
    part = Part(x, target, plan.contract.encode)
    [fit] = train(
        plan.engine(part), [plan.initial()], {"train": [part], "validation": [part]},
        [plan.fit_config], lambda outputs, split, rows: 0.0,
    )  # fmt: skip
    model = keras_model(plan)
    model.compile(optimizer=keras_optimizer(plan, 5), loss=keras_loss(plan))
    stopping = keras.callbacks.EarlyStopping(
        patience=1, min_delta=0.05, restore_best_weights=early == "restores"
    )
    y = plan.contract.encode(target)
    model.fit(
        x, y, batch_size=BATCH, epochs=12, shuffle=False, verbose=0, validation_data=(x, y),
        callbacks=[stopping] if early else [],
    )  # fmt: skip
    for ours, theirs in zip(weights(plan, fit.arrays), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
    assert (fit.epochs_run < 12) == bool(early)
