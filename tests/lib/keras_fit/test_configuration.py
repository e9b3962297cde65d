"""Configurations of strangers: what is taken is written anew, and the rest is one line."""

import copy
import json
from importlib import import_module

import pytest

from stages.lib.core.errors import UserError
from stages.lib.keras_fit import build
from stages.lib.keras_fit.build import outline
from stages.lib.keras_fit.configuration import checked_configuration
from stages.lib.keras_fit.edit import edited_model, output_function
from stages.lib.keras_fit.facts import model_facts
from stages.lib.keras_fit.layers import LAYERS, MODULES, NAMED, OPERATIONS
from stages.lib.keras_fit.model import parse_model
from stages.lib.keras_fit.quiet import keras
from tests.conftest import train_settings
from tests.junk import places
from tests.lib.keras_fit.models import EXAMPLES, skip

DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 1, "activation": "linear"}}
START = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 3]}}


def sequential(*layers: dict) -> dict:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [START, *layers]}}


def refusal(content, check=lambda content: checked_configuration(content, "the model")) -> str:
    with pytest.raises(UserError) as raised:
        check(content)
    line = str(raised.value)
    assert "\n" not in line
    assert len(line) < 1500
    return line


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda make: make.__name__)
def test_what_keras_writes_is_taken_and_builds_the_same_model(example):
    model = example().model
    checked = checked_configuration(json.loads(model.to_json()), "the model")
    assert outline(checked).weights == model.count_params()
    again = build.keras_model(checked)
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    # Keras takes keys out of what it is given: ours stays whole.
    assert build.keras_model(checked).count_params() == model.count_params()


def test_every_class_of_the_table_is_where_it_says():
    for name in LAYERS:
        assert issubclass(getattr(keras.layers, name), keras.layers.Layer)
    for name, module in MODULES.items():
        assert module == "keras" or hasattr(getattr(keras, module.split(".")[1]), name)
    for name, module in OPERATIONS.items():
        assert issubclass(getattr(import_module(module), name), keras.Operation)


def test_a_lambda_and_an_own_class_are_refused_together_by_name():
    own = {"class_name": "Mine", "module": "__main__", "config": {"name": "first"},
           "registered_name": "Custom>Mine"}  # fmt: skip
    code = {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "second"}}
    line = refusal(sequential(own, code, DENSE))
    assert "'first': Mine, a class of your own" in line
    assert "'second': Lambda" in line
    assert "built-in" in line


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Dense", "module": "os", "config": {"name": "d", "units": 1}},
        {"class_name": "Dense", "module": "keras_hub.layers", "config": {"name": "d"}},
        {"class_name": "system", "module": "keras.src.ops.numpy", "config": {"name": "d"}},
        {"class_name": "Dense", "registered_name": "Evil>Dense", "config": {"name": "d"}},
        {"class_name": "TFSMLayer", "config": {"name": "d", "filepath": "/etc"}},
        {"class_name": "StringLookup", "config": {"name": "d", "vocabulary": "/etc/passwd"}},
        {"class_name": "Hashing", "config": {"name": "d", "vocabulary": "/etc/passwd"}},
        {"class_name": "Dense", "config": {"name": "d", "activation": {
            "class_name": "function", "config": "system", "module": "builtins"}}},
        {"class_name": "Dense", "config": {"name": "d", "kernel_initializer": {
            "class_name": "__lambda__", "config": {"value": "4wEAAAA="}}}},
        {"class_name": ["Dense"], "config": {"name": "d"}},
        {"class_name": "Dense", "config": None},
        {"class_name": "Dense", "config": {"name": "d", "units": 10**12}},
        {"class_name": "Dense", "config": {"name": "d" * 2000, "units": 1}},
    ],
)  # fmt: skip
def test_hostile_layers_are_one_line(layer):
    refusal(sequential(layer))


def test_what_is_no_model_is_one_line():
    deep: dict = {"class_name": "Dense", "config": {}}
    for _ in range(200):
        deep = {"class_name": "TimeDistributed", "config": {"name": "t", "layer": deep}}
    for content in (None, [], "Sequential", {}, {"class_name": "Dense"}, sequential(deep)):
        refusal(content)


def test_nothing_of_a_strangers_module_is_kept():
    content = sequential(DENSE | {"module": "tensorflow.keras.layers", "build_config": {"x": 1}})
    checked = checked_configuration(content, "the model")
    [_, dense] = checked["config"]["layers"]
    assert dense["module"] == "keras.layers"
    assert set(dense) == {"class_name", "config", "module", "registered_name"}


def test_seeds_are_dropped_wherever_they_are():
    layer = copy.deepcopy(DENSE)
    layer["config"]["kernel_initializer"] = {"class_name": "HeNormal", "config": {"seed": 2**40}}
    dropout = {"class_name": "Dropout", "config": {"name": "n", "rate": 0.5, "seed": 7}}
    text = json.dumps(checked_configuration(sequential(layer, dropout), "the model"))
    assert text.count('"seed": null') == 2
    assert str(2**40) not in text


def test_sizes_are_known_before_anything_is_allocated():
    wide = [{"class_name": "Dense", "config": {"name": f"d{i}", "units": 2**20}} for i in range(3)]
    line = refusal(sequential(*wide), lambda content: outline(checked_configuration(content, "m")))
    assert "weights in all" in line
    long = {"class_name": "RepeatVector", "config": {"name": "r", "n": 2**24}}
    line = refusal(sequential(long, DENSE), lambda c: outline(checked_configuration(c, "m")))
    assert "numbers a row" in line


def test_layers_that_do_not_fit_are_one_line():
    recurrent = {"class_name": "LSTM", "config": {"name": "r", "units": 4}}
    for layers in ([recurrent], [DENSE, recurrent], [{"class_name": "Dense", "config": {}}]):
        line = refusal(sequential(*layers), lambda c: outline(checked_configuration(c, "m")))
        assert "fit each other" in line


def test_outputs_are_vectors():
    sequence = keras.Sequential([keras.Input((5, 2)), keras.layers.LSTM(3, return_sequences=True)])
    content = json.loads(sequence.to_json())
    line = refusal(content, lambda content: outline(checked_configuration(content, "the model")))
    assert "[rows, units]" in line


def test_the_outline_is_that_of_the_model():
    example = skip()
    found = outline(example.file.model)
    assert found.units == (1,)
    assert found.activation == "linear"
    kernels = 4 * 8 + 8 * 8 + 8 * 8 + 8 * 1
    biases = 8 + 8 + 8 + 1
    assert found.weights == found.products == kernels + biases


JUNK = (None, True, -1, 0, 10**9, 0.5, "", "relu", "x", [], [[]], [1], {}, {"class_name": "Dense"},
        ["x", 0, 0], {"class_name": "Dense", "config": {}})  # fmt: skip


def test_layers_that_are_called_twice_and_masks_are_no_trouble():
    words, other = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    shared = keras.layers.Embedding(9, 2, mask_zero=True)
    recurrent = keras.layers.Bidirectional(keras.layers.GRU(3))
    ends = [recurrent(shared(words)), recurrent(shared(other))]
    model = keras.Model([words, other], keras.layers.Dense(1)(keras.layers.Subtract()(ends)))
    found = outline(checked_configuration(json.loads(model.to_json()), "the model"))
    assert found.weights == model.count_params()
    # Two directions of five steps, twice.
    assert found.turns == 20


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda make: make.__name__)
def test_whatever_is_changed_in_a_file_is_taken_or_one_line(example, rng):
    content = example().file.plain()
    every = places(content)
    taken = 0
    for _ in range(40):
        changed = copy.deepcopy(content)
        *parents, last = every[rng.integers(len(every))]
        node = changed
        for key in parents:
            node = node[key]
        if rng.random() < 0.2 and isinstance(node, dict):
            del node[last]
        else:
            node[last] = copy.deepcopy(JUNK[rng.integers(len(JUNK))])
        try:
            file = parse_model(changed, "data/programs/mine.json")
            assert isinstance(file.codes, tuple)
            found = outline(file.model)
            model_facts(file, sum(found.units))
            edited_model(file.model, edits(width=2.0, l2=0.1), "linear")
            taken += 1
        except UserError as error:
            assert "\n" not in str(error)
    assert taken > 3


def edits(**changes):
    changes = {f"model.{key}": value for key, value in {"file": "any.json", **changes}.items()}
    return train_settings(**changes).model


def test_what_is_named_is_keras_own():
    for kind, names in NAMED.items():
        get = getattr(keras, f"{kind}s").get
        for name in names:
            found = keras.initializers.Constant if name.lower() == "constant" else get(name)
            assert found is not None
    known = set(import_module("keras.src.activations").ALL_OBJECTS_DICT)
    assert known == NAMED["activation"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("activation", "mine"), ("activation", "__main__.mine"), ("activation", "../../etc"),
        ("activation", "<b>bold</b>"), ("kernel_initializer", "mine"),
        ("recurrent_activation", "mine"), ("kernel_regularizer", "l3"),
        ("bias_constraint", "mine"),
    ],
)  # fmt: skip
def test_a_name_that_keras_has_not_is_refused_by_it(key, value):
    layer = {"class_name": "Dense", "config": {**DENSE["config"], key: value}}
    line = refusal(sequential(layer))
    assert f"layer 'd': the {key} {value!r}, which Keras has not" in line


def test_layers_with_a_vocabulary_are_refused_with_what_to_do():
    layer = {"class_name": "IntegerLookup", "config": {"name": "codes", "vocabulary": [1, 2]}}
    line = refusal(sequential(layer, DENSE))
    assert "'codes': IntegerLookup" in line
    assert "to x before fit" in line


def test_places_in_brackets_are_taken_and_nothing_else():
    start = keras.Input((4, 3), name="x")
    model = keras.Model(start, keras.layers.Dense(1)(start[:, 0, ...]))
    content = json.loads(model.to_json())
    checked = checked_configuration(content, "the model")
    assert outline(checked).weights == model.count_params() == 4
    text = json.dumps(content)
    assert '"start": null' in text
    for wrong in ('"start": "os"', '"start": true', '"start": 1e3', '"begin": null'):
        other = json.loads(text.replace('"start": null', wrong))
        assert "a slice of no places" in refusal(other)


def test_messages_of_keras_have_no_colours():
    assert "\x1b" not in refusal(sequential(DENSE, {"class_name": "LSTM", "config": {
        "name": "l", "units": 2}}), outline)  # fmt: skip


def network(end) -> dict:
    """A model of two branches that this function joins."""
    start = keras.Input((3,), name="x")
    return checked_configuration(json.loads(keras.Model(start, end(start)).to_json()), "the model")


L = keras.layers


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        (lambda x: L.Dense(1, activation="sigmoid")(x), "sigmoid"),
        (lambda x: L.Reshape((1,))(L.Dense(1, activation="sigmoid")(x)), "sigmoid"),
        (lambda x: L.Activation("linear")(L.Dropout(0.1)(L.Dense(2, "softmax")(x))), "softmax"),
        (lambda x: keras.ops.sigmoid(L.Dense(1)(x)), "sigmoid"),
        (lambda x: L.Dense(2, activation=L.LeakyReLU(0.1))(x), "leaky_relu"),
        (lambda x: L.ReLU()(L.Dense(1)(x)), "relu"),
        (lambda x: L.Flatten()(L.TimeDistributed(L.Dense(1, "tanh"))(L.Reshape((3, 1))(x))),
         "tanh"),
        # A sum with a linear part goes beyond every bound; a mean of shares is none of its parts.
        (lambda x: L.Add()([x, L.Dense(3, "sigmoid")(x), L.Dense(3)(x)]), "linear"),
        (lambda x: L.Average()([L.Dense(2, "softmax")(x), L.Dense(2, "softmax")(x)]), ""),
        (lambda x: [L.Dense(1)(x), L.Dense(1, "sigmoid")(x)], ""),
        (lambda x: L.Dense(2, activation="sparsemax")(x), ""),
        (lambda x: L.BatchNormalization()(L.Dense(1, "sigmoid")(x)), "linear"),
    ],
)  # fmt: skip
def test_what_makes_the_numbers_of_the_outputs(end, wanted):
    assert output_function(network(end)) == wanted


def test_an_output_behind_a_reshape_is_edited():
    model = network(lambda x: L.Reshape((1,))(L.Dense(1, activation="sigmoid")(x)))
    edits = train_settings(**{"model.file": "m.json", "model.output_activation": "linear"}).model
    assert output_function(edited_model(model, edits, "linear")) == "linear"
