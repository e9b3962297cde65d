"""The prescription in Keras' words: lines that run, and build what params.yaml says."""

import re
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from stages.lib.params.edits import edited
from stages.lib.params.families import not_tried
from stages.lib.params.model import is_model
from stages.lib.transforms.columns import NUMPY, TRANSFORMS
from stages.lib.transforms.selection import association, weakest
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.initializers import INITIALIZERS
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.lib.vocabulary.tasks import Task
from stages.lib.vocabulary.transforms import TRANSFORMS as ROWS_OF_TRANSFORMS
from stages.report.keras_lines.parts import PARTS, changes
from stages.report.keras_lines.program import Program
from tests.cards import task_of
from tests.conftest import content_of
from tests.lib.params.keys import leaves

ROWS = 200
BINARY, REGRESSION = task_of(), task_of("regression")


def program_of(task: Task = BINARY, kinds: dict[str, str] | None = None, **more) -> Program:
    content = content_of(**more)
    units = 1 if is_model(content) else None
    kinds = kinds or {"a": "numeric"}
    return Program(content["normalize"], content["train"], task, ROWS, kinds, units=units)


def lines(name: str, given: Program) -> list[str]:
    [found] = [part for title, _, part in PARTS if title == name]
    return found(given)


def run(name: str, given: Program, **names):
    """What a part's lines leave in a script's namespace."""
    space = {"keras": keras, "np": np, **names}
    exec("\n".join(lines(name, given)), space)  # noqa: S102 (our own lines)
    return space


def built(line: str):
    return eval(line, {"keras": keras})  # noqa: S307 (our own line)


MODEL = {"train.model.file": "data/programs/mine.json"}
# A value of each key that an edit can have, other than the committed one.
OTHER = {
    "train.model.activation": "elu",
    "train.model.kernel_initializer": "he_normal",
    "train.model.dropout": 0.2,
    "train.model.l2": 0.01,
    "train.model.output_activation": "auto",
    "train.model.width": 4.0,
    "train.kernel_initializer": "he_normal",
    "train.bias_initializer": {"name": "constant", "value": 0.5},
    "normalize.features": "standard",
    "normalize.keep_best": 5,
    "normalize.missing": "mean",
    "normalize.missing_indicator": True,
    "normalize.target": "standard",
    "train.optimizer": "nesterov",
    "train.clip.value": 1.0,
    "train.clip.norm": 1.0,
    "train.clip.global_norm": 1.0,
    "train.learning_rate": 0.01,
    "train.schedule.name": "cosine",
    "train.schedule.warmup_epochs": 2,
    "train.reduce_on_plateau.patience": 3,
    "train.batch_size": 8,
    "train.shuffle": False,
    "train.epochs": 7,
    "train.members": 5,
    "train.early_stopping.patience": 3,
    "train.loss": "mean_squared_error",
    "train.from_logits": True,
    "train.label_smoothing": 0.1,
    "train.class_weight": {"1": 2.0},
    "train.output_activation": "linear",
    "train.output_units": 2,
    "train.target_encoding": "one_hot",
    "train.activation": "tanh",
    "train.batch_normalization": "before_activation",
    "train.dropout": 0.5,
    "train.gaussian_noise": 0.5,
    "train.alpha_dropout": 0.5,
    "train.l1": 0.1,
    "train.l2": 0.1,
    "train.weight_decay": 0.1,
    "train.layers": [8],
    "train.beta_1": 0.5,
    "train.ema_momentum": 0.9,
    "train.gradient_accumulation_steps": 4,
    "train.beta_2": 0.5,
    "train.epsilon": 1e-3,
    "normalize.binary": "standard",
}
# These say something only beside another key.
BESIDE = {
    "train.momentum": ({"train.optimizer": "momentum"}, 0.5),
    "train.rho": ({"train.optimizer": "rmsprop"}, 0.5),
    "train.beta_2_decay": ({"train.optimizer": "adafactor"}, -0.5),
    "train.epsilon_1": ({"train.optimizer": "adafactor"}, 1e-6),
    "train.epsilon_2": ({"train.optimizer": "adafactor"}, 0.01),
    "train.clip_threshold": ({"train.optimizer": "adafactor"}, 2.0),
    "train.huber_delta": ({"train.loss": "huber"}, 0.5),
    "train.quantile": ({"train.loss": "quantile"}, 0.9),
    "train.focal_gamma": ({"train.loss": "binary_focal_crossentropy"}, 1.0),
    "train.focal_alpha": ({"train.loss": "categorical_focal_crossentropy"}, 0.5),
    "train.focal_balancing": ({"train.loss": "binary_focal_crossentropy"}, True),
    "train.early_stopping.min_delta": ({"train.early_stopping.patience": 3}, 0.1),
    "train.early_stopping.restore_best": ({"train.early_stopping.patience": 3}, False),
    "normalize.columns": ({"normalize.features": "standard"}, {"a": "none"}),
}
# Of a table of numbers there are no categories; an adopted script's is one.
NO_LINES = {"normalize.categorical"}


PRESCRIBED = [
    key for key in leaves() if key.startswith(("normalize.", "train.")) and key not in not_tried()
]


@pytest.mark.parametrize("key", PRESCRIBED)
def test_every_key_that_is_prescribed_changes_a_line(key):
    if key in NO_LINES:
        return
    of_model = MODEL if key.startswith("train.model.") else {}
    beside, value = BESIDE.get(key, (of_model, OTHER.get(key)))
    task = REGRESSION if key == "normalize.target" else BINARY
    kinds = {"a": "numeric", "b": "binary" if key == "normalize.binary" else "numeric"}
    before = program_of(task, kinds, **beside)
    sections = {"normalize": before.normalize, "train": before.train}
    after = edited(sections, {key: value})
    after = replace(before, **after)
    found = changes(before, after)
    assert found
    assert all(one.old != one.new for one in found)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize(
    "activation", [row.name for row in ACTIVATIONS.values() if not row.trained]
)
def test_layers(name, activation):
    if activation not in ("relu", "linear", "leaky_relu") and name != "he_normal":
        return
    kernel = (
        {"name": "random_normal", "mean": 0.0, "stddev": 0.5} if name == "random_normal" else name
    )
    given = program_of(
        **{
            "train.kernel_initializer": kernel,
            "train.activation": activation,
            "train.dropout": 0.25,
            "train.batch_normalization": "before_activation",
            "train.l2": 0.5,
            "train.layers": [7],
        }
    )
    found = [built(one) for one in lines("hidden layers", given)]
    kinds = ["Dense", "BatchNormalization", "Activation", "Dropout"]
    assert [type(one).__name__ for one in found] == kinds
    assert found[0].units == 7
    assert found[0].kernel_regularizer.l2 == 0.5
    assert found[2].activation is keras.activations.get(activation)
    assert found[3].rate == 0.25
    wanted = keras.initializers.Constant() if name == "constant" else keras.initializers.get(name)
    assert type(found[0].kernel_initializer) is type(wanted)
    if name == "random_normal":
        assert found[0].kernel_initializer.stddev == 0.5


def test_layers_that_differ():
    own = {"activation": "tanh", "dropout": 0.25, "kernel_initializer": "ones", "l2": 0.5}
    own |= {"l1": 0.25}
    own |= {"bias_initializer": "ones", "batch_normalization": "after_activation"}
    given = program_of(**{"train.layers": [{"units": 7, **own}, 5], "train.l2": 0.1})
    first, normalization, dropout, second = map(built, lines("hidden layers", given))
    assert (first.units, first.activation.__name__) == (7, "tanh")
    assert (first.kernel_regularizer.l2, second.kernel_regularizer.l2) == (0.5, 0.1)
    assert float(first.kernel_regularizer.l1) == 0.25
    ones = first.kernel_initializer, first.bias_initializer
    assert [type(one).__name__ for one in ones] == ["Ones", "Ones"]
    assert (type(normalization).__name__, dropout.rate) == ("BatchNormalization", 0.25)
    assert (second.units, second.activation.__name__) == (5, "relu")
    [output] = map(built, lines("output layer", given))
    assert output.kernel_regularizer.l2 == 0.1


@pytest.mark.parametrize(
    ("activation", "line"),
    [
        ("prelu", "keras.layers.PReLU()"),
        ({"name": "leaky_relu", "negative_slope": 0.1},
         "keras.layers.LeakyReLU(negative_slope=0.1)"),
        ({"name": "elu", "alpha": 0.5}, "keras.layers.ELU(alpha=0.5)"),
        ({"name": "elu", "alpha": 1.0}, ""),
        ({"name": "relu"}, ""),
    ],
)  # fmt: skip
def test_activations_that_are_layers(activation, line):
    for place in ("none", "before_activation", "after_activation"):
        given = program_of(**{"train.activation": activation, "train.layers": [7],
                              "train.batch_normalization": place})  # fmt: skip
        found = lines("hidden layers", given)
        normalization = "keras.layers.BatchNormalization()"
        if not line:
            assert not any("ELU" in one or "ReLU" in one for one in found)
            continue
        assert (
            found
            == {
                "none": ["keras.layers.Dense(7)", line],
                "before_activation": ["keras.layers.Dense(7)", normalization, line],
                "after_activation": ["keras.layers.Dense(7)", line, normalization],
            }[place]
        )
        built(line)


def test_normalizations_and_noises_in_their_order():
    own = {"batch_normalization": "after_activation", "layer_normalization": "before_activation"}
    own |= {"gaussian_noise": 0.5, "dropout": 0.25, "alpha_dropout": 0.1, "activation": "tanh"}
    found = lines("hidden layers", program_of(**{"train.layers": [{"units": 7, **own}, 5]}))
    assert found == [
        "keras.layers.Dense(7)",
        "keras.layers.LayerNormalization()",
        'keras.layers.Activation("tanh")',
        "keras.layers.BatchNormalization()",
        "keras.layers.GaussianNoise(0.5)",
        "keras.layers.Dropout(0.25)",
        "keras.layers.AlphaDropout(0.1)",
        'keras.layers.Dense(5, activation="relu")',
    ]
    assert [built(one).name for one in found]


def test_a_deep_network_is_cut():
    found = lines("hidden layers", program_of(**{"train.layers": [5] * 50}))
    assert len(found) == 9
    assert found[-1] == "# and 42 more alike"
    assert len(lines("hidden layers", program_of(**{"train.layers": [5] * 49 + [4]}))) == 50


class Compiled:
    """Takes what `model.compile` is given."""

    def compile(self, **given):
        vars(self).update(given)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_optimizers(name, schedule):
    model = Compiled()
    given = program_of(
        **{"train.optimizer": name, "train.learning_rate": 0.02, "train.clip.norm": 2.0,
           "train.weight_decay": 0.25, "train.schedule.name": schedule, "train.epochs": 10,
           "train.schedule.decay_epochs": 2, "train.schedule.decay_rate": 0.5,
           "train.schedule.power": 2.0, "train.schedule.final_fraction": 0.1,
           "train.schedule.restart_height": 0.5, "train.schedule.boundaries": [1, 5],
           "train.schedule.factors": [0.25, 0.1],
           "train.momentum": 0.7, "train.gradient_accumulation_steps": 3}
    )  # fmt: skip
    run("optimizer", given, model=model)
    found = model.optimizer
    classes = {"momentum": "SGD", "nesterov": "SGD", "sgd": "SGD", "rmsprop": "RMSprop",
               "rmsprop_centered": "RMSprop", "adam": "Adam", "adam_amsgrad": "Adam",
               "adamw": "AdamW", "adamw_amsgrad": "AdamW", "nadam": "Nadam", "adamax": "Adamax",
               "adagrad": "Adagrad", "ftrl": "Ftrl", "lamb": "Lamb", "lion": "Lion",
               "muon": "Muon", "adadelta": "Adadelta", "adafactor": "Adafactor"}  # fmt: skip
    assert type(found).__name__ == classes[name]
    assert (found.clipnorm, found.weight_decay) == (2.0, 0.25)
    if name in ("momentum", "nesterov"):
        assert (found.momentum, found.nesterov) == (0.7, name == "nesterov")
    assert found.gradient_accumulation_steps == 3
    if name.endswith("_amsgrad"):
        assert found.amsgrad
    if name == "muon":
        assert (found.momentum, found.adam_beta_1, found.adam_weight_decay) == (0.7, 0.9, 0.25)
    # Seven steps of 32 rows an epoch: the rate at the first step, and after two epochs.
    rate = found._learning_rate
    at = [float(rate(step)) if schedule != "constant" else float(rate) for step in (0, 14)]
    wave = 0.5 * (1 + np.cos(np.pi * 14 / 70))
    half = {"constant": 1.0, "exponential": 0.5, "inverse_time": 1 / 1.5, "polynomial": 0.1,
            "cosine": 0.9 * wave + 0.1, "cosine_restarts": 0.9 * 0.5 + 0.1,
            "piecewise_constant": 0.25}  # fmt: skip
    assert at == pytest.approx([0.02, 0.02 * half[schedule]])


@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss):
    model = Compiled()
    given = program_of(task_of("multiclass", 3), **{"train.loss": loss})
    run("loss", given, model=model)
    assert keras.losses.get(model.loss) is not None
    if LOSSES[loss].has_logits:
        logits = {"train.loss": loss, "train.from_logits": True}
        given = program_of(task_of("multiclass", 3), **logits)
        run("loss", given, model=model)
        assert model.loss.get_config()["from_logits"] is True
    constants = {key: True if default is False else 0.5 * default
                 for key, default in LOSSES[loss].constants.items()}  # fmt: skip
    if constants:
        others = {f"train.{key}": value for key, value in constants.items()}
        run("loss", program_of(REGRESSION, **{"train.loss": loss}, **others), model=model)
        if LOSSES[loss].definition:
            assert model.loss.__name__ == loss
            return
        theirs = {LOSSES[loss].spelled[key]: value for key, value in constants.items()}
        assert theirs.items() <= model.loss._fn_kwargs.items()


def test_a_loss_that_keras_has_not_is_printed_as_a_function():
    model = Compiled()
    given = program_of(REGRESSION, **{"train.loss": "quantile", "train.quantile": 0.9})
    run("loss", given, model=model)
    # A target above its prediction weighs 0.9, one below it 0.1.
    true, predicted = np.array([[3.0], [1.0]]), np.array([[1.0], [3.0]])
    assert np.array(model.loss(true, predicted)) == pytest.approx([1.8, 0.2])


SCALINGS = [row.name for row in ROWS_OF_TRANSFORMS.values() if row.one_input and row.sklearn]


@pytest.mark.parametrize("name", SCALINGS)
def test_scaling_is_the_pipelines_own(name, rng):
    train, held_out = rng.lognormal(size=(ROWS, 2)), rng.lognormal(size=(20, 2))
    given = program_of(**{"normalize.features": name, "normalize.binary": name})
    done = run("scale of the inputs", given, x_train=train, x_val=held_out)
    transform = TRANSFORMS[name]
    for column in range(2):
        state = transform.fit([train[:, column]])
        wanted = transform.apply(held_out[:, [column]], state, NUMPY)[:, 0]
        # Beyond the outermost quantiles the two go on a little differently.
        close = {"atol": 0.05} if name == "quantile" else {"rtol": 1e-9}
        np.testing.assert_allclose(done["x_val"][:, column], wanted, **close)


@pytest.mark.parametrize("task", [BINARY, REGRESSION], ids=["classes", "numbers"])
def test_the_columns_that_are_kept_are_the_pipelines_own(task, rng):
    x = rng.normal(size=(ROWS, 6))
    numbers = x[:, 4] + 0.5 * x[:, 1] + rng.normal(size=ROWS)
    answer = {"codes": (numbers > 0) * 1} if task is BINARY else {"y_train": numbers}
    done = run("choice of the inputs", program_of(task, **{"normalize.keep_best": 2}),
               x_train=x, x_val=x[:5], **answer)  # fmt: skip
    targets = next(iter(answer.values()))[:, None]
    scores = {str(j): association(x[:, j], targets, task.kind)[0] for j in range(6)}
    kept = [j for j in range(6) if str(j) not in weakest(scores, 2)]
    assert kept == [1, 4]
    np.testing.assert_array_equal(done["x_val"], x[:5, kept])


@pytest.mark.parametrize("features", ["none", "standard"])
def test_codes_become_columns_and_others_go(features, rng):
    train = pd.DataFrame({"x": rng.normal(5, 3, ROWS), "hour": rng.integers(0, 4, ROWS) * 1.0,
                          "noise": rng.normal(size=ROWS)})  # fmt: skip
    columns = {"hour": "one_hot", "noise": "drop"}
    kinds = dict.fromkeys(train, "numeric")
    given = program_of(
        kinds=kinds, **{"normalize.features": features, "normalize.columns": columns}
    )
    held_out = pd.DataFrame({"x": [5.0, 6.0], "hour": [3.0, 9.0], "noise": [0.0, 1.0]})
    done = run("scale of the inputs", given, x_train=train, x_val=held_out)["x_val"]
    scaled, coded = (done[:, 4:], done[:, :4]) if features == "none" else (done[:, :1], done[:, 1:])
    np.testing.assert_array_equal(coded, [[0, 0, 0, 1], [0, 0, 0, 0]])
    scale = TRANSFORMS[features].fit([train["x"].to_numpy()])
    wanted = TRANSFORMS[features].apply(held_out[["x"]].to_numpy(), scale, NUMPY)
    np.testing.assert_allclose(scaled, wanted)


@pytest.mark.parametrize("given", ["cyclic", {"name": "cyclic", "period": 12.5}])
def test_a_number_that_goes_round_becomes_sine_and_cosine(given, rng):
    train = pd.DataFrame({"x": rng.normal(size=ROWS), "hour": np.arange(ROWS) % 24.0})
    fitted = {"cyclic": {"hour": TRANSFORMS["cyclic"].fit([train["hour"].to_numpy()])}}
    columns = {"normalize.columns": {"hour": given}}
    kinds = dict.fromkeys(train, "numeric")
    program = replace(program_of(kinds=kinds, **columns), fitted=fitted, named=True)
    held_out = pd.DataFrame({"x": [5.0, 6.0], "hour": [3.0, 18.0]})
    done = run("scale of the inputs", program, x_train=train, x_val=held_out)["x_val"]
    assert (
        "make_column_transformer((FunctionTransformer(" in lines("scale of the inputs", program)[2]
    )
    state = {"period": 12.5 if given != "cyclic" else 24.0}
    wanted = TRANSFORMS["cyclic"].apply(held_out[["hour"]].to_numpy(), state, NUMPY)
    np.testing.assert_allclose(done, np.column_stack([wanted, held_out["x"]]), atol=1e-12)


@pytest.mark.parametrize("given", ["piecewise_linear", {"name": "piecewise_linear", "bins": 5}])
def test_numbers_become_bins(given, rng):
    """By name, and all of them at once: bin by bin the pipeline's own, column by column."""
    train = pd.DataFrame(rng.lognormal(size=(ROWS, 2)), columns=["a", "b"])
    held_out = pd.DataFrame(10 * rng.normal(size=(20, 2)), columns=["a", "b"])
    changes = {"normalize.columns": dict.fromkeys(train, given)}
    if given == "piecewise_linear":
        changes = {"normalize.features": given}
    program = program_of(kinds=dict.fromkeys(train, "numeric"), **changes)
    done = run("scale of the inputs", program, x_train=train, x_val=held_out)["x_val"]
    transform, bins = TRANSFORMS["piecewise_linear"], {} if given == "piecewise_linear" else given
    wanted = [
        transform.apply(
            held_out[[name]].to_numpy(),
            transform.fit([train[name].to_numpy()], bins=bins.get("bins", 16)),
            NUMPY,
        )
        for name in train
    ]
    np.testing.assert_allclose(done, np.hstack(wanted), rtol=1e-9, atol=1e-9)


def test_columns_of_two_values_are_left_alone(rng):
    train = np.column_stack([rng.normal(5, 3, ROWS), rng.integers(0, 2, ROWS)])
    kinds = {"flag": "binary", "a": "numeric"}
    given = program_of(kinds=kinds, **{"normalize.features": "standard"})
    # Whole numbers, a frame and its columns by name: what is scaled is never written back.
    whole = train[:, ::-1].astype(int)
    frame = pd.DataFrame(whole, columns=[*kinds])
    for rows, program in ((whole, given), (frame, replace(given, named=True))):
        done = run("scale of the inputs", program, x_train=rows, x_val=rows[:50])
        assert not isinstance(done["x_val"], pd.DataFrame)
        scaled, flag = done["x_train"].T
        np.testing.assert_array_equal(flag, whole[:, 0])
        np.testing.assert_allclose([scaled.mean(), scaled.std()], [0.0, 1.0], atol=1e-9)
        assert len(done["x_val"]) == 50
    assert '["a"]' in lines("scale of the inputs", replace(given, named=True))[2]


def test_without_validation_rows_no_line_speaks_of_them(rng):
    given = replace(
        program_of(
            REGRESSION, **{"normalize.features": "standard", "normalize.target": "standard"}
        ),
        validated=False,
    )
    text = "\n".join(line for _, _, part in PARTS for line in part(given))
    assert "val" not in text.replace("keras", "")
    x, y = pd.DataFrame({"a": rng.normal(5, 3, ROWS)}), pd.Series(rng.normal(5, 3, ROWS))

    class Learns:
        def predict(self, x):
            return x[:, :1]

    names = {"x_train": x, "y_train": y, "model": Learns()}
    done = run("scale of the inputs", given, **names)
    done = run("scale of the target", given, **names | {"x_train": done["x_train"]})
    np.testing.assert_allclose(done["y_train"].mean(), 0.0, atol=1e-9)
    np.testing.assert_allclose(done["predicted"].mean(), y.mean())


def test_early_stopping_holds_out_rows_where_there_are_none(rng):
    stops = {"train.early_stopping.patience": 5}
    given = replace(program_of(**stops), validated=False, held_out=0.25)
    x, y = pd.DataFrame({"a": rng.normal(size=ROWS)}), pd.Series(rng.normal(size=ROWS))
    done = run("rows for early stopping", given, x_train=x, y_train=y)
    assert [len(done[name]) for name in ("x_train", "x_val", "y_train", "y_val")] == [
        150, 50, 150, 50,
    ]  # fmt: skip
    assert (done["x_train"].index == done["y_train"].index).all()
    assert "validation_data=(x_val, y_val)" in lines("fit", given)[0]
    assert not lines("rows for early stopping", replace(given, validated=True))


def test_the_target_comes_back_in_its_own_unit(rng):
    y = rng.lognormal(8, 1, ROWS)
    for name in ("standard", "log1p_standard", "minmax", "robust"):

        class Perfect:
            def predict(self, x):
                return x

        given = program_of(REGRESSION, **{"normalize.target": name})
        scaled = run("scale of the target", given, y_train=y, y_val=y[:9], model=Perfect(),
                     x_val=np.zeros((9, 1)))  # fmt: skip
        back = scaled["target_scaler"].inverse_transform(scaled["y_val"])
        np.testing.assert_allclose(back[:, 0], y[:9])


def test_labels_and_gaps():
    codes = np.array([0, 1, 1])
    for encoding, wanted in (
        ("integer", [0, 1, 1]), ("integer_from_one", [1, 2, 2]), ("plus_minus_one", [-1, 1, 1]),
    ):  # fmt: skip
        given = program_of(**{"train.target_encoding": encoding})
        done = run("encoding of the classes", given, codes=codes)
        np.testing.assert_array_equal(done["y"], wanted)
    given = program_of(**{"train.target_encoding": "one_hot"})
    np.testing.assert_array_equal(
        run("encoding of the classes", given, codes=codes)["y"], np.eye(2)[codes]
    )
    x = np.array([[1.0], [np.nan], [5.0]])
    filled = run("gaps in the inputs", program_of(), x_train=x, x_val=x)["x_val"]
    np.testing.assert_array_equal(filled[:, 0], [1, 3, 5])


def test_names_in_these_lines_are_those_of_todays_keras():
    text = "\n".join(line for _, _, part in PARTS for line in part(program_of()))
    for name in re.findall(r"keras\.[\w.]+", text):
        assert built(name) is not None


def test_edits_of_a_model_are_said_in_comments():
    made = {"activation": "elu", "kernel_initializer": {"name": "random_normal", "stddev": 0.1},
            "dropout": 0.0, "l2": 0.0, "output_activation": "auto", "width": 0.25}  # fmt: skip
    chain = {"train.output_units": 7, "train.output_activation": "relu"}
    made = {f"train.model.{key}": value for key, value in made.items()}
    given = program_of(**chain, **MODEL, **made)
    assert lines("hidden layers", given) == lines("output layer", given) == []
    assert lines("layers of the model", given) == [
        '# each hidden layer: activation="elu"',
        "# each layer with a kernel: "
        "kernel_initializer=keras.initializers.RandomNormal(stddev=0.1)",
        "# each layer with dropout: a rate of 0.0",
        "# each layer with a kernel: kernel_regularizer=None",
        '# the output layer: activation="sigmoid"',
        "# each layer but the last: 0.25 times the units or filters",
    ]
    assert lines("layers of the model", program_of(**MODEL)) == []
    assert lines("layers of the model", program_of()) == []
