"""Models that are no chain: taken whole, faithful to the epoch, or refused in one line."""

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.artifacts.training import read_history
from stages.lib.core.errors import UserError
from stages.lib.keras_fit.model import read_model
from stages.lib.keras_fit.quiet import keras
from stages.tools.adopt.capture import CaptureError
from stages.tools.adopt.translate.graph import Graph
from stages.tools.adopt.translate.write import write
from tests.conftest import run_stages
from tests.lib.keras_fit.models import (
    Example,
    convolution,
    embedding,
    recurrent,
    skip,
    towers,
    two_outputs,
    wrapped,
)
from tests.tools.adopt.adoption import set_params, taken_over, workplace

L = keras.layers
LOSSES = {"regression": "mse", "multiclass": "sparse_categorical_crossentropy"}


def compiled(example: Example, **given) -> keras.Model:
    model = example.model
    loss = LOSSES.get(example.task.kind.name, "binary_crossentropy")
    several = len(model.outputs) > 1
    model.compile(optimizer="adam", loss=[loss, loss] if several else loss, **given)
    return model


def arguments(example: Example) -> tuple:
    """x and y as a script has them."""
    x = [array.astype("float32") for array in example.x]
    y = [example.y[:, :1], example.y[:, 1:]] if len(example.model.outputs) > 1 else example.y
    return x if len(x) > 1 else x[0], y


@pytest.mark.in_turn
@pytest.mark.parametrize(
    "make",
    [embedding, skip, convolution, recurrent, two_outputs, wrapped, towers],
    ids=lambda make: make.__name__,
)
@pytest.mark.sampled(2)
def test_an_adopted_model_trains_as_its_script_does(make, tmp_path):
    example = make()
    model, (x, y) = compiled(example), arguments(example)
    found = taken_over(model, x, y, keep_weights=True, epochs=3, shuffle=False)
    folder = workplace(tmp_path)
    (folder / "data/programs").mkdir()
    with contextlib.chdir(folder):
        write(found, "script", "script.py", {})
        set_params(folder, **{"data.split.validation": 0.0, "data.split.test": 0.0})
        run_stages(folder, "generate", "normalize", "train", "evaluate")
        ours = read_history("data/training/history.csv")["running_loss"][1:]
        inputs = [taken.name for taken in read_model("data/programs/adopted.json").inputs]
    theirs = model.fit(x, y, epochs=3, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(ours, theirs, rtol=2e-4)
    assert inputs == [tensor.name for tensor in model.inputs]


def test_columns_are_named_by_frames_and_inputs():
    example = embedding()
    numbers = pd.DataFrame(example.x[0], columns=["age", "income", "height"])
    found = taken_over(compiled(example), [numbers, example.x[1]], example.y, epochs=2)
    assert list(found.frame) == ["age", "income", "height", "shop", "target"]
    assert found.edits["train.model.file"] == "data/programs/adopted.json"
    assert found.model.codes == ("shop",)
    assert "Keras' own fit" in " ".join(found.notes)


def test_a_chain_after_a_model_is_a_chain():
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, activation="relu"), L.Dense(1)])
    model.compile("adam", "mse")
    example = skip()
    found = taken_over(model, example.x[0], example.y)
    assert found.edits["train.model.file"] is None
    assert found.model is None


def test_what_adapt_taught_a_layer_is_kept():
    x = np.random.default_rng(0).normal(50.0, 9.0, (100, 4))
    scale = L.Normalization()
    scale.adapt(x)
    start = keras.Input((4,), name="x")
    h = L.Dense(6, activation="relu")(scale(start))
    model = keras.Model(start, L.Dense(1)(L.Concatenate()([h, scale(start)])))
    model.compile("adam", "mse")
    found = taken_over(model, x, x[:, :1], keep_weights=True)
    [layer] = [
        layer for layer in found.model.model["config"]["layers"]
        if layer["class_name"] == "Normalization"
    ]  # fmt: skip
    np.testing.assert_allclose(layer["config"]["mean"], x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(layer["config"]["variance"], x.var(axis=0), rtol=1e-4)
    assert not [name for name in found.weights if name.startswith("normalization")]


@pytest.mark.in_turn
def test_weights_that_are_not_the_models_are_refused():
    example = skip()
    found = taken_over(compiled(example), *arguments(example), keep_weights=True)
    graph = Graph(found.model, 1)
    kept = {f"{path}": array for path, array in found.weights.items()}
    assert set(graph.arrays(kept)) == set(kept)
    [first, *_] = kept
    layer = first.split("/")[0]
    for wrong, said in (
        ({**kept, first: kept[first][1:]}, f"layer {layer!r}: expected weights of the shapes"),
        ({path: kept[path] for path in kept if path != first}, f"layer {layer!r}"),
        ({**kept, "other/kernel": kept[first]}, "['other'] too"),
    ):
        with pytest.raises(UserError) as raised:
            graph.arrays(wrong)
        assert str(raised.value).startswith("--keep-weights") and said in str(raised.value)


def line(*given, **arguments) -> str:
    with pytest.raises((UserError, CaptureError)) as caught:
        taken_over(*given, **arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def two_ends(activation: str = "linear") -> keras.Model:
    start = keras.Input((4,), name="x")
    h = L.Dense(8, activation="relu")(start)
    kind = L.Dense(1, activation=activation, name="kind")(h)
    return keras.Model(start, [L.Dense(1, name="price")(h), kind])


def test_outputs_of_different_losses_are_refused_by_name():
    x = np.random.default_rng(0).normal(size=(100, 4))
    y = [x[:, :1], (x[:, 1:2] > 0).astype("float32")]
    model = two_ends("sigmoid")
    model.compile("adam", ["mse", "binary_crossentropy"])
    assert "'price', 'kind'" in line(model, x, y)
    model = two_ends()
    model.compile("adam", ["mse", "mse"], loss_weights=[1.0, 0.2])
    assert "'price', 'kind'" in line(model, x, y)


def test_a_lambda_is_refused_by_name():
    start = keras.Input((4,), name="x")
    h = L.Dense(4, activation="relu")(start)
    ends = L.Concatenate()([h, L.Lambda(lambda t: t**2, name="squares")(start)])
    model = keras.Model(start, L.Dense(1)(ends))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(100, 4))
    text = line(model, x, x[:, :1])
    assert "squares" in text and "Lambda" in text


def test_text_is_refused_by_the_inputs_name():
    start, word = keras.Input((2,), name="x"), keras.Input((1,), dtype="string", name="word")
    codes = L.Hashing(num_bins=8)(word)
    h = L.Concatenate()([start, L.Flatten()(L.Embedding(8, 2)(codes))])
    model = keras.Model([start, word], L.Dense(1)(h))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(100, 2))
    words = np.array(["a", "b"] * 50)[:, None]
    assert "word" in line(model, [x, words], x[:, :1])
    assert not Path("data/inputs/adopted.parquet").exists()
