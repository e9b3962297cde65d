"""Keras programs in the words of params.yaml: what each becomes, and the line on what cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.lib import params
from stages.lib.core.errors import UserError
from stages.lib.mlp.program import program
from stages.lib.mlp.runtime import tf
from stages.tools.adopt.capture import CaptureError
from stages.tools.adopt.translate.chain import translate_chain
from stages.tools.adopt.translate.edit_params import edit_params
from stages.tools.adopt.translate.places import find_places
from stages.tools.adopt.translate.spellings import SPELLINGS, current_spelling
from stages.tools.adopt.translate.target import recognize_target
from tests.cards import task_of
from tests.conftest import ROOT
from tests.tools.adopt.adoption import handed_over, taken_over

keras = pytest.importorskip("keras")
L = keras.layers
TEXT = (ROOT / "params.yaml").read_text()
X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 2


def network(*layers, optimizer="adam", loss="binary_crossentropy"):
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(optimizer=optimizer, loss=loss)
    return model


def sigmoid(**more):
    return L.Dense(1, activation="sigmoid", **more)


def edits(model, **given) -> dict:
    return taken_over(model, X, Y, **given).edits


def line(model, x=X, y=Y, **given) -> str:
    """The one line on a program that cannot be adopted."""
    with pytest.raises((UserError, CaptureError)) as caught:
        taken_over(model, x, y, **given)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_what_is_taken_makes_a_valid_program_with_the_weights_that_it_had():
    model = network(
        L.Dense(5, kernel_initializer="he_normal", kernel_regularizer="l2"),
        L.BatchNormalization(),
        L.LeakyReLU(negative_slope=0.2),
        L.Dropout(0.25),
        sigmoid(kernel_initializer="he_normal", kernel_regularizer="l2"),
    )
    found = taken_over(model, X, Y, keep_weights=True, validation_split=0.5, batch_size=7)
    content = params.parse(edit_params(TEXT, found.edits).encode(), "params.yaml")
    given_train = params.check(content).train
    plan = program(given_train, task_of(), 3)
    assert {
        name: array.shape for name, array in found.weights.items()
    } == plan.network.arrays | plan.network.moving_arrays
    np.testing.assert_array_equal(found.weights["layer_0.kernel"], model.layers[0].kernel)
    np.testing.assert_array_equal(
        found.weights["layer_0.moving_variance"], model.layers[1].moving_variance
    )
    assert given_train.batch_normalization == "before_activation"
    assert given_train.activation.name == "leaky_relu"
    assert (given_train.dropout, given_train.l2, given_train.batch_size) == (0.25, 0.01, 7)
    assert found.frame["split"].value_counts().to_dict() == {
        "train": 20, "validation": 10, "test": 10,
    }  # fmt: skip
    # Keras' validation_split takes the last rows.
    np.testing.assert_array_equal(found.frame["x0001"], X[:, 0])


def test_layers_that_differ_have_settings_of_their_own():
    """What the output layer has stands in the section, and so does what most hidden layers have."""
    penalty = keras.regularizers.L1L2(0.01, 0.5)
    wide = keras.initializers.RandomNormal(stddev=2.0)
    model = network(
        L.Dense(5, "relu", kernel_initializer=wide), L.Dropout(0.25),
        L.Dense(4, "tanh", kernel_regularizer=penalty), L.BatchNormalization(),
        L.Dense(3, "relu"), sigmoid(bias_initializer="ones"),
    )  # fmt: skip
    found = taken_over(model, X, Y, keep_weights=True)
    zeros, wide = (
        {"bias_initializer": "zeros"},
        {"name": "random_normal", "mean": 0.0, "stddev": 2.0},
    )
    assert found.edits["train.layers"] == [
        {"units": 5, "kernel_initializer": wide, "dropout": 0.25, **zeros},
        {"units": 4, "activation": "tanh", "batch_normalization": "after_activation", "l1": 0.01,
         "l2": 0.5, **zeros},
        {"units": 3, **zeros},
    ]  # fmt: skip
    section = {"activation": "relu", "kernel_initializer": "glorot_uniform", "dropout": 0.0,
               "bias_initializer": "ones", "l2": 0.0, "batch_normalization": "none"}  # fmt: skip
    assert {key: found.edits[f"train.{key}"] for key in section} == section
    text = edit_params(TEXT, found.edits)
    assert "[{units: 5, kernel_initializer: {name: random_normal, mean: 0.0, stddev: 2.0}," in text
    train = params.check(params.parse(text.encode(), "params.yaml")).train
    plan = program(train, task_of(), 3)
    arrays = plan.network.arrays | plan.network.moving_arrays
    assert {name: array.shape for name, array in found.weights.items()} == arrays
    assert plan.replica.dropout == (0.25, 0.0, 0.0, 0.0)
    assert (plan.replica.l1[1], plan.replica.l2) == (0.01, (0.0, 0.5, 0.0, 0.0))


def test_activations_with_arguments_and_trained_ones():
    model = network(
        L.Dense(5), L.LeakyReLU(), L.Dense(4), L.BatchNormalization(), L.PReLU(name="own"),
        L.Dense(3, "elu"), L.Dense(2), L.ELU(alpha=0.5), L.Dense(2, "leaky_relu"), sigmoid(),
    )  # fmt: skip
    model.get_layer("own").alpha.assign([0.1, 0.2, 0.3, 0.4])
    found = taken_over(model, X, Y, keep_weights=True)
    leaky, elu = {"name": "leaky_relu", "negative_slope": 0.3}, {"name": "elu", "alpha": 0.5}
    assert found.edits["train.activation"] == leaky
    named = [layer["activation"] for layer in found.edits["train.layers"][1:]]
    assert named == ["prelu", "elu", elu, "leaky_relu"]
    train = params.check(params.parse(edit_params(TEXT, found.edits).encode(), "")).train
    plan = program(train, task_of(), 3)
    arrays = plan.network.arrays | plan.network.moving_arrays
    assert {name: array.shape for name, array in found.weights.items()} == arrays
    np.testing.assert_allclose(found.weights["layer_1.alpha"], [0.1, 0.2, 0.3, 0.4])
    assert [layer.activation_arguments for layer in plan.network.layers] == [
        (("negative_slope", 0.3),), (), (("alpha", 1.0),), (("alpha", 0.5),),
        (("negative_slope", 0.2),), (),
    ]  # fmt: skip


def test_normalizations_and_noises():
    model = network(
        L.Dense(5), L.LayerNormalization(), L.ReLU(), L.BatchNormalization(), L.GaussianNoise(0.5),
        L.Dropout(0.25), L.Dense(4, "selu"), L.AlphaDropout(0.1, seed=3), L.Dense(3, "relu"),
        L.LayerNormalization(epsilon=1e-5), sigmoid(),
    )  # fmt: skip
    model.layers[1].gamma.assign([1, 2, 3, 4, 5])
    found = taken_over(model, X, Y, keep_weights=True)
    assert found.edits["train.layers"] == [
        {"units": 5, "batch_normalization": "after_activation", "gaussian_noise": 0.5,
         "dropout": 0.25},
        {"units": 4, "activation": "selu", "layer_normalization": "none", "alpha_dropout": 0.1},
        {"units": 3, "layer_normalization": "after_activation"},
    ]  # fmt: skip
    # Of as many, what the first layer has is the section's.
    assert found.edits["train.layer_normalization"] == "before_activation"
    told = "\n".join(found.unsupported)
    assert "epsilon 1e-05: taken as 0.001" in told and "seed" in told
    train = params.check(params.parse(edit_params(TEXT, found.edits).encode(), "")).train
    plan = program(train, task_of(), 3)
    arrays = plan.network.arrays | plan.network.moving_arrays
    assert {name: array.shape for name, array in found.weights.items()} == arrays
    np.testing.assert_array_equal(found.weights["layer_0.layer_gamma"], [1, 2, 3, 4, 5])
    assert plan.network.noises == [
        ("gaussian_noise", 0), ("dropout", 0), ("alpha_dropout", 1),
    ]  # fmt: skip
    assert [layer.layer_normalization for layer in plan.network.layers] == [
        "before_activation", "none", "after_activation", "none",
    ]  # fmt: skip


class WithFunctions(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = L.Dense(4), L.Dense(3), sigmoid()

    def call(self, x):
        x = keras.activations.elu(self.first(x), alpha=0.5)
        return self.last(keras.ops.leaky_relu(self.second(x), negative_slope=0.1))


def test_arguments_of_functions_are_taken():
    model = WithFunctions()
    model.compile(optimizer="adam", loss="binary_crossentropy")
    found = edits(model)
    named = {"name": "elu", "alpha": 0.5}, {"name": "leaky_relu", "negative_slope": 0.1}
    assert found["train.activation"] == named[0]
    assert found["train.layers"] == [4, {"units": 3, "activation": named[1]}]


def test_the_comments_of_params_yaml_stay():
    text = edit_params(TEXT, edits(network(L.Dense(7, activation="tanh"), sigmoid())))
    comments = [part.split("# ", 1)[1] for part in TEXT.splitlines() if "# " in part]
    assert [part.split("# ", 1)[1] for part in text.splitlines() if "# " in part] == comments
    changed = [a for a, b in zip(TEXT.splitlines(), text.splitlines(), strict=True) if a != b]
    assert any(part.strip().startswith("layers:") for part in changed)
    assert not any(part.strip().startswith(("rows:", "seconds:", "seed:")) for part in changed)


def functional():
    inputs = keras.Input((3,))
    hidden = L.Dense(4, activation="relu", name="hidden")(inputs)
    return keras.Model(inputs, sigmoid()(hidden))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = keras.Sequential([L.Dense(4), L.Activation("relu")])
        self.drop = L.Dropout(0.0)
        self.last = L.Dense(1)

    def call(self, x, training=False):
        x = self.body(x)
        if training:
            x = self.drop(x)
        return keras.activations.sigmoid(self.last(x))


@pytest.mark.parametrize("build", [functional, Subclassed])
def test_functional_and_subclassed_models_are_the_same_program(build):
    model = build()
    model.compile(optimizer="adam", loss="binary_crossentropy")
    found = taken_over(model, X, Y, keep_weights=True)
    wanted = edits(network(L.Dense(4, activation="relu"), sigmoid()))
    assert {k: v for k, v in found.edits.items() if k != "train.initial_weights"} == {
        k: v for k, v in wanted.items() if k != "train.initial_weights"
    }
    assert found.weights["layer_0.kernel"].shape == (3, 4)


@pytest.mark.parametrize(
    ("optimizer", "wanted"),
    [
        (keras.optimizers.SGD(0.1), {"optimizer": "sgd", "learning_rate": 0.1}),
        (
            keras.optimizers.SGD(0.01, momentum=0.8, nesterov=True, clipvalue=2.0),
            {"optimizer": "nesterov", "momentum": 0.8, "clip.value": 2.0},
        ),
        (
            keras.optimizers.RMSprop(1e-3, rho=0.8, epsilon=1e-5, global_clipnorm=1.0),
            {"optimizer": "rmsprop", "rho": 0.8, "epsilon": 1e-5, "clip.global_norm": 1.0},
        ),
        (keras.optimizers.AdamW(), {"optimizer": "adamw", "weight_decay": "auto"}),
        (keras.optimizers.Adam(amsgrad=True), {"optimizer": "adam_amsgrad", "beta_1": 0.9}),
        (keras.optimizers.AdamW(amsgrad=True), {"optimizer": "adamw_amsgrad"}),
        (keras.optimizers.RMSprop(centered=True), {"optimizer": "rmsprop_centered", "rho": 0.9}),
        (keras.optimizers.Ftrl(0.1), {"optimizer": "ftrl", "learning_rate": 0.1}),
        (keras.optimizers.Adadelta(1.0), {"optimizer": "adadelta", "rho": 0.95}),
        (
            keras.optimizers.Adafactor(clip_threshold=2.0, gradient_accumulation_steps=3),
            {"optimizer": "adafactor", "beta_2_decay": -0.8, "epsilon_1": 1e-30,
             "clip_threshold": 2.0, "gradient_accumulation_steps": 3},
        ),
        (keras.optimizers.Lamb(), {"optimizer": "lamb", "beta_2": 0.999}),
        (keras.optimizers.Lion(beta_2=0.9), {"optimizer": "lion", "beta_1": 0.9, "beta_2": 0.9}),
        (
            keras.optimizers.Muon(adam_beta_1=0.8, weight_decay=0.0, adam_weight_decay=0.0),
            {"optimizer": "muon", "momentum": 0.95, "beta_1": 0.8, "weight_decay": 0.0},
        ),
        (keras.optimizers.Nadam(use_ema=True), {"optimizer": "nadam", "ema_momentum": 0.99}),
        (keras.optimizers.Nadam(ema_momentum=0.9), {"ema_momentum": None}),
        (keras.optimizers.Adam(weight_decay=0.1), {"optimizer": "adam", "weight_decay": 0.1}),
        (
            keras.optimizers.Adam(
                keras.optimizers.schedules.ExponentialDecay(0.02, decay_steps=4, decay_rate=0.5)
            ),
            # all of 40 rows are trained on, 32 a step
            {"schedule.name": "exponential", "schedule.decay_epochs": 2.0,
             "schedule.decay_rate": 0.5, "learning_rate": 0.02},
        ),
        (
            keras.optimizers.Adam(
                keras.optimizers.schedules.InverseTimeDecay(0.02, decay_steps=4, decay_rate=0.5)
            ),
            {"schedule.name": "inverse_time", "schedule.decay_epochs": 2.0,
             "schedule.decay_rate": 0.5, "learning_rate": 0.02},
        ),
        (
            keras.optimizers.Adam(
                keras.optimizers.schedules.PolynomialDecay(0.02, 4, 0.002, power=2.0)
            ),
            {"schedule.name": "polynomial", "schedule.decay_epochs": 2.0,
             "schedule.final_fraction": 0.1, "schedule.power": 2.0, "learning_rate": 0.02},
        ),
        (
            keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecayRestarts(0.02, 4, m_mul=0.5, alpha=0.1)
            ),
            {"schedule.name": "cosine_restarts", "schedule.decay_epochs": 2.0,
             "schedule.restart_length": 2.0, "schedule.restart_height": 0.5,
             "schedule.final_fraction": 0.1, "learning_rate": 0.02},
        ),
        (
            keras.optimizers.Adam(
                keras.optimizers.schedules.PiecewiseConstantDecay([4, 5], [0.02, 0.01, 0.001])
            ),
            {"schedule.name": "piecewise_constant", "schedule.boundaries": [2.0, 2.5],
             "schedule.factors": [0.5, 0.05], "learning_rate": 0.02},
        ),
        (
            keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(
                    0.0, decay_steps=18, alpha=0.1, warmup_target=0.02, warmup_steps=2
                )
            ),
            {"schedule.name": "cosine", "schedule.warmup_epochs": 1.0,
             "schedule.final_fraction": 0.1, "learning_rate": 0.02},
        ),
    ],
)  # fmt: skip
def test_optimizers(optimizer, wanted):
    found = edits(network(L.Dense(4), sigmoid(), optimizer=optimizer), epochs=10)
    for key, value in wanted.items():
        same = value if isinstance(value, str) or value is None else pytest.approx(value)
        assert found[f"train.{key}"] == same


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        ("huber", {"loss": "huber", "huber_delta": 1.0}),
        (keras.losses.Huber(delta=2.0), {"loss": "huber", "huber_delta": 2.0}),
        (
            keras.losses.BinaryFocalCrossentropy(True, 0.4, gamma=3.0, label_smoothing=0.1),
            {"loss": "binary_focal_crossentropy", "focal_balancing": True, "focal_alpha": 0.4,
             "focal_gamma": 3.0, "label_smoothing": 0.1, "from_logits": False},
        ),
        ("cosine_similarity", {"loss": "cosine_similarity"}),
    ],
)  # fmt: skip
def test_losses_come_with_their_constants(loss, wanted):
    found = edits(network(L.Dense(4), sigmoid(), loss=loss))
    assert {key: found[f"train.{key}"] for key in wanted} == wanted


def test_what_has_no_counterpart_is_told():
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 100, cycle=True)
    model = network(
        L.Dense(4, kernel_initializer=keras.initializers.HeNormal(seed=3)), sigmoid(),
        optimizer=keras.optimizers.Adam(schedule, loss_scale_factor=2.0),
    )  # fmt: skip
    found = taken_over(
        model, X, Y, initial_epoch=2, validation_split=0.5,
        callbacks=[keras.callbacks.TerminateOnNaN(), keras.callbacks.EarlyStopping("loss"),
                   keras.callbacks.ReduceLROnPlateau(mode="max")],
    )  # fmt: skip
    told = "\n".join(found.unsupported)
    for word in ("PolynomialDecay", "loss_scale_factor", "seed", "initial_epoch",
                 "ReduceLROnPlateau", "TerminateOnNaN", "EarlyStopping"):  # fmt: skip
        assert word in told, word
    assert found.edits["train.learning_rate"] == 0.1
    assert found.edits["train.early_stopping.patience"] is None
    assert found.edits["train.reduce_on_plateau.patience"] is None


def test_a_rate_that_falls_on_a_plateau():
    callback = keras.callbacks.ReduceLROnPlateau(
        patience=4, factor=0.3, min_delta=0.01, min_lr=1e-5
    )
    found = edits(network(L.Dense(4), sigmoid()), validation_split=0.5, callbacks=[callback])
    wanted = {"patience": 4, "factor": 0.3, "min_delta": 0.01, "cooldown": 0,
              "min_learning_rate": 1e-5}  # fmt: skip
    assert {key: found[f"train.reduce_on_plateau.{key}"] for key in wanted} == wanted


class Doubled(L.Layer):
    def call(self, x):
        return 2 * x


class OwnStep(keras.Sequential):
    def train_step(self, data):
        return {"loss": 0.0}


def own_step():
    return OwnStep([L.Dense(4), sigmoid()])


def of(*layers):
    return lambda: keras.Sequential([keras.Input((3,)), *layers])


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (own_step, ["train_step", "OwnStep"]),
        (of(Doubled(name="mine"), L.Lambda(lambda x: x, name="f"), sigmoid()),
         ["Keras' own layers only", "'mine' (Doubled", "'f' (Lambda", "before fit"]),
        (of(L.GaussianNoise(0.1, name="first"), L.Dense(4), sigmoid()),
         ["'first'", "Dense layer first"]),
        (of(L.Dense(4), L.GaussianNoise(0.1), L.ReLU(name="late"), sigmoid()),
         ["'late'", "relu after a GaussianNoise"]),
        (of(L.Dense(4), L.Dropout(0.1), L.GaussianNoise(0.1, name="late"), sigmoid()),
         ["'late'", "after a later noise"]),
        (of(L.Dense(4), L.BatchNormalization(), L.LayerNormalization(name="more"), sigmoid()),
         ["'more'", "second normalization at one place"]),
        (of(L.Dense(4), L.LayerNormalization(), L.LayerNormalization(name="more"), sigmoid()),
         ["'more'", "second LayerNormalization"]),
        (of(L.Dense(4), L.AlphaDropout(0.1), L.LayerNormalization(name="late"), sigmoid()),
         ["'late'", "after a AlphaDropout"]),
        (of(L.Dense(4), L.LayerNormalization(center=False), sigmoid()), ["center=True"]),
        (of(L.Dense(4), L.AlphaDropout(0.1, noise_shape=(None, 1)), sigmoid()), ["noise_shape"]),
        (of(L.Dense(4), sigmoid(name="last"), L.AlphaDropout(0.5)),
         ["'last'", "output layer", "AlphaDropout"]),
        (of(L.Dropout(0.1, name="first"), sigmoid()), ["'first'", "Dropout on the inputs"]),
        (of(L.Dense(4, "relu"), L.ReLU(name="more"), sigmoid()), ["'more'", "second activation"]),
        (of(L.Dense(4), L.PReLU(alpha_initializer="ones"), sigmoid()),
         ["alpha_initializer", "Zeros", "Ones"]),
        (of(L.Dense(4), L.PReLU(alpha_regularizer="l2"), sigmoid()), ["alpha_regularizer", "L2"]),
        (of(L.Dense(4), L.ELU(alpha=-0.5), sigmoid()), ["alpha", "> 0", "-0.5"]),
        (of(L.Dense(4), L.ReLU(negative_slope=0.1), sigmoid()), ["negative_slope", "0.1"]),
        (of(L.Dense(1, name="last"), L.PReLU()), ["'last'", "output activation", "prelu"]),
        (of(L.Dense(1, name="last"), L.LeakyReLU(negative_slope=0.5)),
         ["'last'", "output activation", "0.5"]),
        (of(L.Dense(4, kernel_regularizer=keras.regularizers.OrthogonalRegularizer()), sigmoid()),
         ["kernel_regularizer", "L1, L2, L1L2", "Orthogonal"]),
        (of(L.Dense(4, kernel_constraint="max_norm"), sigmoid()), ["kernel_constraint"]),
        (of(L.Dense(4, use_bias=False, name="bare"), sigmoid()), ["'bare'", "use_bias"]),
        (of(L.Dense(4, activation=lambda x: x), sigmoid()), ["activation", "lambda"]),
        (of(L.Dense(4, trainable=False), sigmoid()), ["frozen"]),
        (of(L.Dense(4), sigmoid(), L.Dropout(0.5)), ["output layer", "Dropout"]),
    ],
)  # fmt: skip
def test_another_network_gets_one_line_that_names_the_layer(build, words):
    model = build()
    model.compile(optimizer="adam", loss="binary_crossentropy")
    with pytest.raises((UserError, CaptureError)) as caught:
        translate_chain(handed_over(model, X, Y).content.layers)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"loss": lambda a, b: keras.ops.mean(a - b)}, ["loss", "of your own"]),
        ({"loss": keras.losses.BinaryCrossentropy(reduction="sum")}, ["reduction", "'sum'"]),
        ({"loss": keras.losses.CosineSimilarity(axis=0)}, ["axis", "-1", "0"]),
        ({"loss": "dice"}, ["loss", "dice"]),
        (
            {"loss": keras.losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.9])},
            ["alpha", "number"],
        ),
        ({"loss": None}, ["loss", "None"]),
        (
            {"optimizer": keras.optimizers.ScheduleFreeAdamW()},
            ["optimizer", "ScheduleFreeAdamW"],
        ),
        ({"optimizer": keras.optimizers.RMSprop(momentum=0.5)}, ["momentum", "0.5"]),
        ({"optimizer": keras.optimizers.Ftrl(beta=0.5)}, ["beta", "0.5"]),
        ({"optimizer": keras.optimizers.Muon(ns_steps=3)}, ["ns_steps", "5", "3"]),
        ({"optimizer": keras.optimizers.Muon(weight_decay=0.1)}, ["adam_weight_decay", "0.1"]),
        (
            {"optimizer": keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=5)},
            ["ema_overwrite_frequency"],
        ),
    ],
)
def test_another_loss_or_optimizer_gets_one_line(how, words):
    said = line(network(L.Dense(4), sigmoid(), **how))
    assert all(word in said for word in words), said


def infinite():
    return tf.data.Dataset.from_tensor_slices((X, Y)).repeat().batch(8)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"class_weight": "balanced"}, ["class_weight", "{0: 1.0, 1: 2.0}", "balanced"]),
        ({"class_weight": {0: 1.0, 1: -2.0}}, ["class_weight", "class 1", ">= 0", "-2"]),
        ({"class_weight": {0: 2.0}, "y": X[:, :1]}, ["class_weight", "classes", "regression"]),
        ({"class_weight": {0: 2.0}, "sample_weight": np.ones(40)}, ["class_weight", "beside"]),
        ({"sample_weight": np.ones(7)}, ["sample_weight", "40 rows", "7"]),
        ({"sample_weight": np.ones((40, 3))}, ["sample_weight", "one number per row", "(40, 3)"]),
        ({"sample_weight": -np.ones(40)}, ["sample_weight", ">= 0", "-1 in row 1"]),
        ({"x": infinite(), "y": None}, ["finite tf.data"]),
        ({"x": tf.data.Dataset.from_tensor_slices((X, Y)), "y": None}, [".batch(n)"]),
        ({"x": tf.data.Dataset.from_tensor_slices(X).batch(5), "y": None}, ["without y"]),
        ({"x": lambda: [(X, Y)], "y": None}, ["arrays or a finite tf.data"]),
        ({"y": None}, ["y: expected the targets"]),
        ({"y": Y[:7]}, ["as many rows", "7 and 40"]),
        ({"y": np.where(Y == 1, "yes", "no")}, ["y: expected numbers"]),
        ({"x": X.astype(str)}, ["x: expected numbers"]),
        ({"x": np.zeros((0, 3)), "y": np.zeros(0)}, ["expected rows", "empty"]),
        ({"y": np.full(40, np.nan)}, ["y: expected finite numbers", "row 1"]),
        ({"y": np.zeros(40)}, ["different values", "0 in every row", "from no column"]),
        ({"x": X[:1], "y": Y[:1]}, ["two rows or more", "one row", "collect them"]),
        ({"y": np.stack([Y, np.ones(40)], axis=1)}, ["in each of its 2", "1 in every row", "2"]),
        ({"y": np.tile(X, (1, 40))}, ["y: expected at most 100 columns", "120"]),
        ({"y": np.eye(4)[Y]}, ["one-hot", "class 2"]),
        ({"y": Y * 3 + 7}, ["class codes without gaps", "7 to 10"]),
        ({"validation_split": 0.999}, ["validation_split", "rows on both sides"]),
        ({"validation_data": (X[:20], np.arange(20) // 19)}, ["two of every class", "class 1"]),
        ({"validation_data": (X[:, :2], Y)}, ["validation_data", "x of shape"]),
    ],
)
def test_other_data_gets_one_line(given, words):
    said = line(network(L.Dense(4), sigmoid()), **given)
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("given", "split", "words"),
    [
        # All of a few rows train, in their order.
        (
            {},
            None,
            "rows: 40 train, 0 validation, 0 test; no validation rows, and fewer than "
            "data.split.min_rows (50): all train",
        ),
        (
            {"validation_data": (X[:3], np.array([0, 0, 1]))},
            ["train"] * 40 + ["validation"] * 3,
            "rows: 40 train, 3 validation, 0 test; fewer than 20 validation rows: none of them "
            "test",
        ),
        (
            {"validation_data": (X[:1], Y[:1])},
            ["train"] * 40 + ["validation"],
            "rows: 40 train, 1 validation, 0 test; fewer than 20 validation rows: none of them "
            "test",
        ),
    ],
)
def test_a_few_rows_are_not_divided(given, split, words):
    taken = taken_over(network(L.Dense(4), sigmoid()), X, Y, **given)
    assert taken.notes[-1] == words
    assert len(taken.frame) == 40 + len(given.get("validation_data", [[]])[0])
    column = taken.edits["data.file.split"]
    assert (None if column is None else taken.frame[column].tolist()) == split
    np.testing.assert_array_equal(taken.frame.iloc[:40, :3], X)


def test_twenty_validation_rows_are_halved():
    given = {"validation_data": (X[:20], Y[:20])}
    taken = taken_over(network(L.Dense(4), sigmoid()), X, Y, **given)
    assert taken.notes[-1] == (
        "rows: 40 train, 10 validation, 10 test; the validation rows are halved for the test split"
    )


W = np.random.default_rng(1).gamma(1.0, size=40)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"sample_weight": W, "validation_split": 0.5}, W),
        ({"sample_weight": W[:, None]}, W),
        ({"sample_weight": W, "validation_data": (X[:8], Y[:8])}, [*W, *np.ones(8)]),
        ({"validation_data": (X[:8], Y[:8], W[:8])}, [*np.ones(40), *W[:8]]),
        ({"x": tf.data.Dataset.from_tensor_slices((X, Y, W)).batch(16), "y": None}, W),
    ],
    ids=["split", "column", "train alone", "validation alone", "tf.data"],
)
def test_weights_of_rows_are_a_column(given, wanted):
    """Of rows without any, 1; `validation_split` divides them as it does the rows."""
    found = taken_over(network(sigmoid()), **({"x": X, "y": Y} | given))
    assert found.edits["data.file.weights"] == "weight"
    np.testing.assert_allclose(found.frame["weight"], wanted)
    assert found.edits["train.class_weight"] is None


def test_without_weights_there_is_no_column():
    found = taken_over(network(sigmoid()), X, Y)
    assert found.edits["data.file.weights"] is None
    assert "weight" not in found.frame


@pytest.mark.parametrize(
    ("y", "given", "wanted"),
    [
        (Y, {0: 1, 1: 5.0, 7: 2.0}, {"0": 1.0, "1": 5.0}),
        (2 * Y - 1, {-1: 0.5}, {"-1": 0.5}),
        (Y + 1, {np.int64(2): 3.0}, {"2": 3.0}),
        (np.eye(2)[Y], {1: 3.0}, {"1": 3.0}),
    ],
)
def test_weights_of_classes_go_by_their_names_in_the_table(y, given, wanted):
    """Which are the numbers that Keras looks them up by."""
    units = 1 if y.ndim == 1 else 2
    loss = "binary_crossentropy" if y.min() == 0 else "hinge"
    model = network(L.Dense(units, activation="sigmoid"), loss=loss)
    found = taken_over(model, X, y, class_weight=given)
    assert found.edits["train.class_weight"] == wanted
    assert any("7, which is no class" in one for one in found.unsupported) == (7 in given)
    assert (
        params.parse(edit_params(TEXT, found.edits).encode(), "")["train"]["class_weight"] == wanted
    )


def test_a_loss_over_the_sum_of_the_weights_is_another_program():
    loss = keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight")
    assert taken_over(network(sigmoid(), loss=loss), X, Y).edits
    said = line(network(sigmoid(), loss=loss), sample_weight=W)
    assert "reduction" in said and "sum of a batch's weights" in said


def test_a_dataset_of_batches_is_taken_as_it_comes():
    tf.random.set_seed(0)
    model = network(L.Dense(4), sigmoid())
    still = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    mixed = tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(40).batch(16)
    found = handed_over(model, still, validation_data=(X[:8], Y[:8]))
    assert (found.content.fit.batch_size, found.content.fit.shuffle) == (16, False)
    np.testing.assert_array_equal(found.x, X)
    assert handed_over(model, mixed).content.fit.shuffle is True
    endless = handed_over(model, infinite(), steps_per_epoch=5)
    np.testing.assert_array_equal(endless.x, X)
    assert "steps_per_epoch=5" in endless.content.remarks[0]


def test_images_are_flattened_and_preprocessing_layers_applied():
    images = np.arange(40 * 4, dtype="float64").reshape(40, 2, 2)
    model = keras.Sequential([L.Rescaling(0.5), L.Flatten(), L.Dense(3), sigmoid()])
    model.compile(loss="binary_crossentropy")
    found = handed_over(model, images, Y)
    np.testing.assert_allclose(found.x, images.reshape(40, 4) / 2)
    assert [one.split(" ")[0] for one in found.content.applied] == ["Rescaling", "Flatten"]


@pytest.mark.parametrize(
    ("y", "loss", "units", "wanted"),
    [
        ([0, 1, 1, 0], "binary_crossentropy", 1, ("binary", "integer")),
        ([-1, 1, 1, -1], "hinge", 1, ("binary", "plus_minus_one")),
        ([1, 2, 2, 1], "binary_crossentropy", 1, ("binary", "integer_from_one")),
        ([1, 2, 2, 1], "mean_squared_error", 1, ("regression", "auto")),
        ([0, 1, 1, 0], "mean_squared_error", 1, ("binary", "integer")),
        ([0, 1, 2, 0], "sparse_categorical_crossentropy", 3, ("multiclass", "integer")),
        ([1, 2, 3, 1], "sparse_categorical_crossentropy", 4, ("multiclass", "integer_from_one")),
        ([0, 1, 2, 3], "mean_squared_error", 1, ("regression", "auto")),
        ([0, 1, 2, 0], "mean_squared_error", 3, ("multiclass", "integer")),
        ([0.5, 1, 2, 0], "binary_crossentropy", 1, ("regression", "auto")),
        ([[1, 0], [0, 1], [1, 0]], "categorical_crossentropy", 2, ("binary", "one_hot")),
        ([[1, 0], [1, 1], [0, 0]], "binary_crossentropy", 2, ("multilabel", "multi_hot")),
        ([[1, 0], [1, 1], [0, 0]], "categorical_crossentropy", 2, ("multilabel", "multi_hot")),
        ([[1, -1], [1, 1], [-1, -1]], "hinge", 2, ("multilabel", "plus_minus_one")),
        ([[1, 2], [2, 2], [2, 1]], "mean_squared_error", 2, ("multilabel", "integer_from_one")),
        ([[1, 0], [1, 3], [0, 0.5]], "mean_squared_error", 2, ("regression", "auto")),
    ],
)
def test_targets(y, loss, units, wanted):
    found = recognize_target(np.array(y, dtype="float64"), loss, units)
    assert (found.task.name, found.encoding) == wanted


@pytest.mark.parametrize(
    ("codes", "units", "words"),
    [
        ([1, 2, 3], 3, ["from 0 to 2", "1 to 3", "train on y - 1"]),
        ([0, 1, 2, 3], 3, ["from 0 to 2", "0 to 3", "the output layer needs 4 units"]),
    ],
)
def test_codes_that_no_output_has_are_told_as_such(codes, units, words):
    """What Keras makes of them is no loss: an error on a CPU, NaN on a GPU
    (tf.nn.sparse_softmax_cross_entropy_with_logits)."""
    with pytest.raises(UserError) as caught:
        recognize_target(np.array(codes, "float64"), "sparse_categorical_crossentropy", units)
    assert all(word in str(caught.value) for word in words), caught.value


def test_steps_of_an_epoch_are_told_only_where_they_leave_rows_out():
    model = network(sigmoid())
    assert not handed_over(model, X, Y, steps_per_epoch=5).content.remarks
    [remark] = handed_over(model, X, Y, batch_size=4, steps_per_epoch=5).content.remarks
    assert remark == "fit(steps_per_epoch=5): an epoch is all rows"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_column_names_become_usable_ones(names):
    from stages.tools.adopt.translate.table import folded_name, target_names, unused_name
    from stages.tools.adopt.translate.table import usable_names as usable

    found, replaced = usable(names, len(names))
    assert len({folded_name(name) for name in found}) == len(names) == len(found)
    assert all(name.strip() for name in found)
    assert len(replaced) == sum(a != b for a, b in zip(names, found, strict=True))
    named = target_names(names, found, len(names))
    assert len({folded_name(name) for name in [*found, *named]}) == 2 * len(names)
    assert unused_name("split", [*found, *named]) not in found


@pytest.mark.parametrize(
    ("message", "line", "today"),
    [
        ("TypeError: fit() got an unexpected keyword argument 'nb_epoch'", "", "epochs"),
        ("ValueError: Argument(s) not recognized: {'lr': 0.1}", "", "learning_rate"),
        ("ModuleNotFoundError: No module named 'keras.layers.core'", "", "keras.layers"),
        ("ValueError: Unrecognized keyword arguments passed to Dense: {'init': 'uniform'}", "",
         "kernel_initializer"),
        ("TypeError: Dense.__init__() missing 1 required positional argument: 'units'",
         "model.add(Dense(output_dim=4))", "units"),
        ("TypeError: Dropout.__init__() missing 1 required positional argument: 'rate'",
         "model.add(Dropout(p=0.5))", "rate"),
        ("AttributeError: module 'tensorflow' has no attribute 'contrib'", "", "TensorFlow 2"),
    ],
)  # fmt: skip
def test_old_spellings(message, line, today):
    assert today in current_spelling(message, line)
    assert "is spelled" in current_spelling(message, line)


def test_an_error_that_is_no_spelling_stays_itself():
    assert current_spelling("ValueError: shapes (3,) and (4,) do not match", "y = a + b") == ""
    assert len({old for _, old, _ in SPELLINGS}) == len(SPELLINGS)


def test_calls_are_found_where_they_stand(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(
        "from keras.layers import Dense\n"
        "model.add(\n    Dense(\n        3,\n        activation='relu',\n    )\n)\n"
        "opt = keras.optimizers.Adam(1e-3)\n"
        "model.compile(opt, 'mse'); model.fit(x, y)  # ü\n"
    )
    assert find_places(str(file)) == {
        "layers": [{"line": 3, "code": "Dense( 3, activation='relu', )"}],
        "optimizer": [{"line": 8, "code": "keras.optimizers.Adam(1e-3)"}],
        "compile": [{"line": 9, "code": "model.compile(opt, 'mse')"}],
        "fit": [{"line": 9, "code": "model.fit(x, y)"}],
    }
    file.write_bytes(b"def (\xff")
    assert not any(find_places(str(file)).values())
