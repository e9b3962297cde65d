"""Facts and arithmetic have the same names, and what can be checked against Keras is so."""

import inspect
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from stages.lib.mlp.activations import ACTIVATIONS as ACTIVATION_FUNCTIONS
from stages.lib.mlp.activations import activate
from stages.lib.mlp.backends import BACKENDS as BACKEND_FUNCTIONS
from stages.lib.mlp.initializers import INITIALIZERS as INITIALIZER_FUNCTIONS
from stages.lib.mlp.losses import LOSSES as LOSS_FUNCTIONS
from stages.lib.mlp.losses import Rows
from stages.lib.mlp.optimizers import OPTIMIZERS as OPTIMIZER_UPDATES
from stages.lib.mlp.penalties import PENALTIES as PENALTY_FUNCTIONS
from stages.lib.mlp.runtime import tf
from stages.lib.mlp.schedules import SCHEDULES as SCHEDULE_FUNCTIONS
from stages.lib.params.layer import LAYER_KEYS
from stages.lib.params.train import Schedule as ScheduleSettings
from stages.lib.params.train import Train
from stages.lib.transforms.columns import TRANSFORMS as TRANSFORM_FUNCTIONS
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.backends import BACKENDS
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.lib.vocabulary.initializers import BIAS_DEFAULT, INITIALIZERS, KERNEL_DEFAULT
from stages.lib.vocabulary.layers import (
    ALPHA_DROPPED,
    BATCH_EPSILON,
    BATCH_MOMENTUM,
    LAYER_EPSILON,
    LAYERS,
    layer_roles,
    noises,
)
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import CLIPS, LEFT_OUT, OPTIMIZERS, OTHER_UPDATE
from stages.lib.vocabulary.regularizers import PENALTIES, REGULARIZERS
from stages.lib.vocabulary.rows import by_name
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.lib.vocabulary.tasks import KINDS
from stages.lib.vocabulary.transforms import TRANSFORMS

TABLES = {
    "losses": (LOSSES, LOSS_FUNCTIONS),
    "activations": (ACTIVATIONS, ACTIVATION_FUNCTIONS),
    "optimizers": (OPTIMIZERS, OPTIMIZER_UPDATES),
    "initializers": (INITIALIZERS, INITIALIZER_FUNCTIONS),
    "schedules": (SCHEDULES, SCHEDULE_FUNCTIONS),
    "backends": (BACKENDS, BACKEND_FUNCTIONS),
    "transforms": (TRANSFORMS, TRANSFORM_FUNCTIONS),
}


def signature(thing: Any) -> dict[str, Any]:
    """Arguments and defaults of a function or of a class's constructor."""
    parameters = inspect.signature(thing).parameters.values()
    return {one.name: one.default for one in parameters if one.kind is not one.VAR_KEYWORD}


# ---------------------------------------------------------------------------------- key sets


@pytest.mark.parametrize("name", TABLES)
def test_facts_and_arithmetic_have_the_same_names(name):
    facts, arithmetic = TABLES[name]
    assert list(facts) == list(arithmetic)


@pytest.mark.parametrize(
    "table", [*(facts for facts, _ in TABLES.values()), ENCODINGS, LAYERS, KINDS, REGULARIZERS]
)
def test_rows_are_frozen_and_stand_under_their_names(table):
    assert type(table) is dict  # so that it can be extended
    for name, row in table.items():
        assert row.name == name
        assert is_dataclass(row)
        with pytest.raises(AttributeError):
            row.name = "another"
        assert all(getattr(row, field.name) is not None or field.default is None
                   for field in fields(row))  # fmt: skip


def test_two_rows_of_one_name_are_a_mistake():
    row = BACKENDS["threads"]
    with pytest.raises(ValueError, match="different names"):
        by_name(row, row)


def test_names_that_rows_refer_to_exist():
    for row in ACTIVATIONS.values():
        assert row.initializer in INITIALIZERS
        assert not row.alias_of or row.alias_of in ACTIVATIONS
    assert all(kind.loss in LOSSES for kind in KINDS.values())
    assert {KERNEL_DEFAULT, BIAS_DEFAULT} <= set(INITIALIZERS)
    for row in OPTIMIZERS.values():
        assert set(row.constants) <= set(Train.model_fields)
        assert set(row.keras_defaults) <= set(row.constants)
    for row in SCHEDULES.values():
        assert set(row.keys) <= set(ScheduleSettings.model_fields)
    assert list(CLIPS) == list(Train.model_fields["clip"].annotation.model_fields)


# ------------------------------------------------------------------------------------- losses


IN_KERAS = [row for row in LOSSES.values() if row.keras_class]


@pytest.mark.parametrize("row", [row for row in LOSSES.values() if not row.keras_class], ids=str)
def test_loss_that_keras_has_not_is_defined(row):
    assert not hasattr(keras.losses, row.name)
    names = {"keras": keras}
    exec(row.definition.format(**row.constants), names)  # noqa: S102 (as a script would)
    target, output = np.random.default_rng(0).normal(size=(2, 7, 1)).astype("float32")
    theirs = names[row.name](tf.constant(target), tf.constant(output))
    rows = Rows(tf.constant(target[None]), tf.constant(output[None]), None, row.constants)
    found = LOSS_FUNCTIONS[row.name](rows).numpy()[0]
    np.testing.assert_allclose(found.mean(), np.mean(theirs), rtol=1e-5)
    assert row.of_batch == (np.ndim(theirs) == 0)


@pytest.mark.parametrize("row", IN_KERAS, ids=str)
def test_loss_is_keras(row):
    arguments = signature(getattr(keras.losses, row.keras_class))
    assert callable(getattr(keras.losses, row.name))
    assert ("from_logits" in arguments) == row.has_logits
    assert ("label_smoothing" in arguments) == row.smooths_labels
    own = set(arguments) - {"reduction", "name", "dtype", "from_logits", "label_smoothing"}
    defaults = {row.spelled[key]: default for key, default in row.constants.items()}
    assert {name: arguments[name] for name in own} == defaults | dict(row.fixed)
    assert not (row.handed_logits or row.converts_logits) or row.has_logits
    for alias in set(row.aliases) - {"logcosh"}:  # of Keras 2
        assert keras.losses.get(alias) is keras.losses.get(row.name)


@pytest.mark.parametrize("row", IN_KERAS, ids=str)
def test_loss_takes_the_targets_that_its_row_says(row):
    """Losses of labels compare each unit with its own target; of one class, all units at once."""
    output = tf.constant([[[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]])
    codes = tf.constant([[[0.0], [2.0]]])
    one_hot = tf.one_hot(tf.cast(codes[..., 0], tf.int32), 3)
    target = codes if row.target == "code" else one_hot
    found = LOSS_FUNCTIONS[row.name](Rows(target, output, None, row.constants)).numpy()
    theirs = keras.losses.get(row.name)(
        target[0, :, 0] if row.target == "code" else target[0], output[0]
    )
    np.testing.assert_allclose(found[0], theirs, rtol=1e-5)
    half = Rows(target, 0.5 * output, None, row.constants)
    scaled = LOSS_FUNCTIONS[row.name](half).numpy()
    of_any_size = row.divides_by_sum or row.reads == "direction"
    assert np.allclose(scaled, found) == of_any_size or row.target == "code"


@pytest.mark.parametrize("row", [row for row in LOSSES.values() if row.least_at], ids=str)
@pytest.mark.sampled(2)
def test_constant_that_minimises_a_loss_of_numbers(row):
    values = np.random.default_rng(0).lognormal(size=201)
    grid = np.linspace(0.01, 6.0, 2000)
    target = tf.constant(np.tile(values, (len(grid), 1))[None, ..., None], tf.float32)
    output = tf.constant(np.tile(grid[:, None], len(values))[None, ..., None], tf.float32)
    losses = [
        LOSS_FUNCTIONS[row.name](Rows(target[:, i], output[:, i], None, row.constants))
        for i in range(len(grid))
    ]
    least = grid[np.argmin([float(tf.reduce_mean(one)) for one in losses])]
    mean, median = values.mean(), np.median(values)
    ordered = np.sort(values)
    weighed = np.cumsum(1 / ordered)
    weighted_median = ordered[np.searchsorted(weighed, weighed[-1] / 2)]
    wanted = {
        "mean": (mean, mean),
        "median": (median, median),
        "between": (median, mean),
        "weighted_median": (weighted_median, weighted_median),
        "quantile": (median, median),
        "mean_of_batch": (mean, mean),
        "log_mean": (np.expm1(np.log1p(values).mean()),) * 2,
    }[row.least_at]
    assert wanted[0] - 0.02 <= least <= wanted[1] + 0.02


@pytest.mark.parametrize("row", LOSSES.values(), ids=str)
def test_loss_finds_probabilities_where_its_row_says(row):
    """Of three tenths ones, the constant at which the loss is least, by its constants as usual and
    just where it no longer finds them."""
    shares = np.linspace(0.01, 0.99, 99).astype("float32")
    ones = np.array([1.0] * 3 + [0.0] * 7, "float32")

    def mean_loss(share: float, constants: dict[str, float]) -> float:
        if row.of_one_class:
            output = np.tile([1 - share, share], (10, 1))
            target = ones[:, None] if row.target == "code" else np.stack([1 - ones, ones], 1)
        else:
            output, target = np.full((10, 1), share), ones[:, None]
        tensors = (tf.constant(array[None], tf.float32) for array in (target, output))
        return float(tf.reduce_mean(LOSS_FUNCTIONS[row.name](Rows(*tensors, None, constants))))

    def finds(constants: dict[str, float]) -> bool:
        least = shares[np.argmin([mean_loss(share, constants) for share in shares])]
        return bool(abs(least - 0.3) < 0.04)

    # The mean of a batch is that of three tenths ones too, but says nothing of the inputs.
    has_least = row.finds_probabilities or row.least_at == "mean_of_batch"
    assert finds({**row.constants, **row.finds_from}) == has_least
    for key, least in row.finds_from.items():
        assert not finds({**row.constants, key: 0.5 * least})


# -------------------------------------------------------------------------------- activations

GRID = np.concatenate([np.linspace(-60, 60, 24001), [-1e4, 1e4]]).astype("float64")


def function_of(name: str):
    """An activation at its usual arguments; what is trained with it is a quarter."""
    trained = dict.fromkeys(ACTIVATIONS[name].trained, tf.constant(0.25, tf.float64))
    return lambda x: activate(name, x, trained={k: tf.cast(v, x.dtype) for k, v in trained.items()})


def values_and_slopes(name: str) -> tuple[np.ndarray, np.ndarray]:
    """On the grid, of a unit beside another one at 0; the slope is that of their sum, as the
    probes take it."""
    x = tf.constant(GRID)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function_of(name)(tf.stack([x, tf.zeros_like(x)], axis=1))
    return y[:, 0].numpy(), tape.gradient(y, x).numpy()


@pytest.mark.parametrize("row", [row for row in ACTIVATIONS.values() if row.trained], ids=str)
def test_trained_activation_is_keras(row):
    layer = getattr(keras.layers, row.layer)()
    assert not hasattr(keras.activations, row.name)
    x = tf.constant(np.linspace(-7, 7, 57).reshape(-1, 3), tf.float32)
    layer.build(x.shape)
    arrays = {variable.name: variable for variable in layer.trainable_variables}
    assert tuple(arrays) == row.trained
    # At zero, as they are, and elsewhere.
    for value in (np.zeros(3), np.array([0.25, -1.0, 2.0])):
        for variable in arrays.values():
            assert variable.shape == (3,)
            if value.any():
                variable.assign(value)
        trained = {name: tf.constant(variable) for name, variable in arrays.items()}
        slopes, values = [], []
        for function in (layer, partial(activate, row.name, trained=trained)):
            with tf.GradientTape() as tape:
                tape.watch(x)
                values.append(function(x))
            slopes.append(tape.gradient(values[-1], x))
        np.testing.assert_allclose(*values, rtol=1e-6)
        np.testing.assert_allclose(*slopes, rtol=1e-6)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=str)
def test_arguments_of_an_activation_are_keras(row):
    for key in row.arguments:
        for value in (0.01, 0.7, 3.0):
            x = tf.constant(np.linspace(-7, 7, 57).reshape(-1, 3), tf.float32)
            layer = getattr(keras.layers, row.layer)(**{key: value})
            ours = activate(row.name, x, {key: value})
            np.testing.assert_allclose(ours, layer(x), rtol=1e-6)
    assert set(row.above) <= set(row.arguments)
    own = inspect.signature(ACTIVATION_FUNCTIONS[row.name]).parameters
    if row.arguments or row.trained:
        assert list(own)[1:] == [*row.arguments, *row.trained]


@pytest.mark.parametrize("row", [row for row in ACTIVATIONS.values() if not row.trained], ids=str)
def test_activation_is_keras(row):
    found = keras.activations.get(row.name)
    assert found is keras.activations.get(row.alias_of or row.name)
    x = np.linspace(-7, 7, 57).reshape(-1, 3).astype("float32")
    np.testing.assert_allclose(activate(row.name, x), found(tf.constant(x)), rtol=1e-5, atol=1e-6)
    if row.layer:
        arguments = signature(getattr(keras.layers, row.layer))
        every = {**row.arguments, **row.layer_arguments}
        for name, value in every.items():
            assert arguments[name] == row.layer_defaults.get(name, value)
        layer = getattr(keras.layers, row.layer)(**every)
        np.testing.assert_allclose(layer(x), found(tf.constant(x)), rtol=1e-5, atol=1e-6)
    if row.operation:
        function = {"exponential": "exp"}.get(row.name, row.name)
        if not hasattr(keras.ops, function):
            pytest.skip("this release of Keras has no such operation")
        traced = getattr(keras.ops, function)(keras.KerasTensor((None, 3)))
        assert type(traced._keras_history[0]).__name__ == row.operation


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=str)
def test_range_and_slope_of_an_activation(row):
    values, slopes = values_and_slopes(row.name)
    bounded_below, bounded_above = np.isfinite(row.low), np.isfinite(row.high)
    # A bound is come close to within a thousandth; without one, values leave the grid behind.
    assert values.min() >= row.low - 1e-4
    assert values.max() <= row.high + 1e-4
    assert not bounded_below or values.min() <= row.low + 1e-3
    assert not bounded_above or values.max() >= row.high - 1e-3
    assert bounded_below or values.min() < -100
    assert bounded_above or values.max() > 100
    learns = slopes[np.isfinite(slopes)].max() > 0.01
    flat_left = bool((slopes[GRID < -0.01] == 0).all())
    fades = abs(slopes[[0, -3]]).max() < 0.01
    assert row.dies == (learns and flat_left)
    assert row.saturates == (learns and fades and bounded_below and bounded_above and not row.dies)
    assert row.is_unbounded == (not bounded_below and not bounded_above)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=str)
def test_homogeneous_activations_commute_with_a_mask(row):
    x = tf.constant(np.linspace(-9, 9, 61).reshape(-1, 1), tf.float64)
    function = function_of(row.name)
    same = all(np.allclose(function(m * x), m * function(x)) for m in (0.0, 0.5, 1.25, 4.0))
    assert same == row.homogeneous


def test_keras_hands_logits_of_these_activations_to_the_loss():
    """A large logit saturates in float32: only a loss that is handed it stays finite and exact."""
    for row in (row for row in ACTIVATIONS.values() if not row.trained):
        output = keras.activations.get(row.name)(tf.constant([[-30.0, 30.0]]))
        loss = keras.losses.binary_crossentropy(tf.constant([[1.0, 0.0]]), output)
        assert (abs(float(loss[0]) - 30.0) < 0.1) == row.takes_logits, row.name


# --------------------------------------------------------------------------------- optimizers


@pytest.mark.parametrize("row", OPTIMIZERS.values(), ids=str)
def test_optimizer_is_keras(row):
    arguments = signature(getattr(keras.optimizers, row.keras_class))
    assert arguments["learning_rate"] == row.learning_rate
    assert (arguments["weight_decay"] or 0.0) == row.weight_decay
    assert {name: arguments[row.keras_name(name)] for name in row.constants} == {
        name: row.keras_default(name) for name in row.constants
    }
    assert set(row.arguments) <= set(arguments)
    assert {name: arguments[name] for name in row.fixed} == row.fixed
    assert all((arguments[name] or 0.0) == row.weight_decay for name in row.decays)
    assert set(CLIPS.values()) <= set(arguments)
    # Every further argument is known to mean another update, or to be left out.
    known = {"learning_rate", "name", *row.decays, *map(row.keras_name, row.constants)}
    known |= {*row.arguments, *row.fixed, *CLIPS.values(), *OTHER_UPDATE, *LEFT_OUT}
    known |= {"use_ema", "ema_momentum"}  # train.ema_momentum
    known |= {"gradient_accumulation_steps"}  # a key of train
    same_class = [one for one in OPTIMIZERS.values() if one.keras_class == row.keras_class]
    known |= {name for one in same_class for name in (*one.constants, *one.arguments)}
    assert set(arguments) <= known
    for name, off in (OTHER_UPDATE | LEFT_OUT).items():
        assert arguments.get(name, off) == off


def test_constants_that_keras_refuses():
    for row in OPTIMIZERS.values():
        for name in row.constants:
            build = partial(getattr(keras.optimizers, row.keras_class), **row.arguments)
            if name in row.above:
                with pytest.raises(ValueError, match=name):
                    build(**{row.keras_name(name): row.above[name]})
            else:
                build(**{row.keras_name(name): 0.0})


def test_slots_of_an_update_start_as_in_keras():
    for name, row in OPTIMIZERS.items():
        constants = {key: 0.9 for key in row.constants if key == "momentum"}
        optimizer = getattr(keras.optimizers, row.keras_class)(**constants, **row.arguments)
        optimizer.build([keras.Variable(np.ones(3, "float32"))])
        slots = [one.numpy() for one in optimizer.variables if one.shape == (3,)]
        found = [float(slot[0]) for slot in slots]
        assert found == pytest.approx(list(OPTIMIZER_UPDATES[name].initial)), name


# ------------------------------------------------------------------- initializers and the rest


@pytest.mark.parametrize("row", INITIALIZERS.values(), ids=str)
def test_initializer_is_keras_and_has_its_functions_arguments(row):
    found = getattr(keras.initializers, row.keras_class)
    assert all(getattr(keras.initializers, old) is found for old in row.older_classes)
    theirs = {
        name: default
        for name, default in signature(found).items()
        if name
        not in ("seed", "input_axes", "output_axes")  # the last two are not for dense layers
    }
    assert theirs == dict(row.arguments)
    own = signature(INITIALIZER_FUNCTIONS[row.name])
    assert list(own) == ["rng", "shape", *row.arguments]
    # Defaults stand in the row, and nowhere else.
    assert set(own.values()) == {inspect.Parameter.empty}
    if not row.needs_arguments:
        assert isinstance(keras.initializers.get(row.name), found)
    drawn = INITIALIZER_FUNCTIONS[row.name](np.random.default_rng(0), (4, 3), **row.arguments)
    assert drawn.shape == (4, 3)
    if row.kernels_only:
        with pytest.raises(ValueError, match="kernel"):
            INITIALIZER_FUNCTIONS[row.name](np.random.default_rng(0), (3,), **row.arguments)
    # Each text that it can be is one that its function takes, and so Keras.
    for key, choices in row.choices.items():
        for choice in choices:
            arguments = {**row.arguments, key: choice}
            drawn = INITIALIZER_FUNCTIONS[row.name](np.random.default_rng(0), (4, 3), **arguments)
            assert drawn.shape == (4, 3)
            found(**arguments)


@pytest.mark.parametrize("row", REGULARIZERS.values(), ids=str)
def test_regularizer_is_keras(row):
    found = getattr(keras.regularizers, row.name)
    assert signature(found) == dict(row.arguments)
    assert list(PENALTY_FUNCTIONS) == list(PENALTIES)
    factors = {key: 0.5 + i for i, key in enumerate(row.arguments)}
    kernel = tf.constant([[-3.0, 0.0], [0.5, 2.0]])
    values, slopes = [], []
    for cost in (
        found(**factors),
        lambda w: sum(f * tf.reduce_sum(PENALTY_FUNCTIONS[key](w)) for key, f in factors.items()),
    ):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            values.append(cost(kernel))
        slopes.append(tape.gradient(values[-1], kernel))
    np.testing.assert_allclose(*values, rtol=1e-6)
    np.testing.assert_allclose(*slopes, rtol=1e-6)


def test_every_choice_of_penalties_is_a_regularizer():
    """A line of Keras has one for each."""
    choices = {frozenset(row.arguments) for row in REGULARIZERS.values()}
    assert len(choices) == len(REGULARIZERS) == 2 ** len(PENALTIES) - 1


def test_a_dense_layers_defaults():
    layer = keras.layers.Dense(1)
    for default, found in (
        (KERNEL_DEFAULT, layer.kernel_initializer), (BIAS_DEFAULT, layer.bias_initializer),
    ):  # fmt: skip
        assert type(found).__name__ == INITIALIZERS[default].keras_class


@pytest.mark.parametrize("row", SCHEDULES.values(), ids=str)
def test_schedule_is_keras(row):
    if not row.keras_class:
        return
    arguments = signature(getattr(keras.optimizers.schedules, row.keras_class))
    assert ("warmup_steps" in arguments) == row.has_warmup


@pytest.mark.parametrize("name", layer_roles())
def test_layer_is_keras(name):
    arguments = signature(getattr(keras.layers, name))
    if name not in LAYERS:
        return
    for argument, value in LAYERS[name].fixed.items():
        theirs = arguments.get(argument)
        if isinstance(value, str):
            assert (
                keras.initializers.get(theirs).__class__ is keras.initializers.get(value).__class__
            )
        else:
            assert theirs == value


def test_constants_of_layers():
    layer = keras.layers.BatchNormalization()
    assert (layer.momentum, layer.epsilon) == (BATCH_MOMENTUM, BATCH_EPSILON)
    assert keras.layers.LayerNormalization().epsilon == LAYER_EPSILON
    assert float(keras.activations.selu(tf.constant(-1e3))) == pytest.approx(ALPHA_DROPPED)


def test_what_a_hidden_layer_may_have_has_a_key():
    for row in LAYERS.values():
        assert (row.key in LAYER_KEYS) == (row.role in ("normalization", "noise"))
        arguments = signature(getattr(keras.layers, row.name))
        assert (row.amount in arguments) == (row.role == "noise")
    assert [row.key for row in noises()] == ["gaussian_noise", "dropout", "alpha_dropout"]


def test_invertible_transforms_have_an_inverse():
    for name, row in TRANSFORMS.items():
        assert row.invertible == (TRANSFORM_FUNCTIONS[name].inverse is not None)
        assert bool(row.sklearn_target) == (row.invertible and name != "none")
        assert bool(row.sklearn) == (name != "none")


def test_encodings_are_told_apart_by_their_numbers():
    for of in ("for_classes", "for_labels"):
        numbers = [row.numbers for row in ENCODINGS.values() if getattr(row, of) and row.numbers]
        assert len(set(numbers)) == len(numbers)
    for row in ENCODINGS.values():
        assert row.numbers is None or row.numbers[0] < row.numbers[1]
        assert bool(row.keras_line) == (row.for_classes or row.for_labels)
