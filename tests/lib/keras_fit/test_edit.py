"""Edits of a model's configuration, and what they find in one."""

from dataclasses import replace

import pytest

from stages.lib.core.errors import UserError
from stages.lib.keras_fit.build import keras_model, outline
from stages.lib.keras_fit.edit import edited_model
from stages.lib.keras_fit.facts import model_facts
from stages.lib.keras_fit.graph import layers_of
from stages.lib.keras_fit.quiet import keras
from tests.conftest import train_settings
from tests.lib.keras_fit.models import convolution, embedding, recurrent, skip, two_outputs


def edited(example, **changes) -> keras.Model:
    changes = {f"model.{key}": value for key, value in {"file": "any.json", **changes}.items()}
    edits = train_settings(**changes).model
    return keras_model(edited_model(example.file.model, edits, edits.output_activation))


def test_without_an_edit_nothing_changes():
    file = skip().file
    assert edited_model(file.model, train_settings().model, None) == file.model


def test_activations_of_hidden_layers_only():
    model = edited(skip(), activation="elu")
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    # Linear layers stay linear: an activation of their own follows, or a sum.
    assert [layer.activation.__name__ for layer in dense] == ["elu", "linear", "elu", "linear"]
    assert [type(layer).__name__ for layer in model.layers if "leaky" in layer.name] == [
        "Activation"
    ]


def test_the_output_has_an_edit_of_its_own():
    model = edited(convolution(), output_activation="sigmoid")
    assert model.layers[-1].activation.__name__ == "sigmoid"
    assert model.layers[0].activation.__name__ == "relu"


def test_kernels_dropout_and_penalty():
    model = edited(skip(), kernel_initializer="orthogonal", dropout=0.4, l2=0.01)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert {type(layer.kernel_initializer).__name__ for layer in dense} == {"Orthogonal"}
    assert [float(layer.kernel_regularizer.l2) for layer in dense] == pytest.approx([0.01] * 4)
    assert [layer.rate for layer in model.layers if "dropout" in layer.name] == [0.4]
    free = edited(skip(), l2=0.0)
    assert all(
        layer.kernel_regularizer is None
        for layer in free.layers
        if isinstance(layer, keras.layers.Dense)
    )


def test_arguments_of_an_initializer_are_kept():
    model = edited(skip(), kernel_initializer={"name": "random_normal", "stddev": 0.3})
    assert model.layers[1].kernel_initializer.stddev == pytest.approx(0.3)


@pytest.mark.parametrize("example", [embedding, skip, convolution, recurrent, two_outputs])
def test_wider_leaves_the_outputs(example):
    given = example()
    model = edited(given, width=2.0)
    assert [tuple(output.shape) for output in model.outputs] == [
        tuple(output.shape) for output in given.model.outputs
    ]
    assert model.count_params() > 1.3 * given.model.count_params()


def test_an_edit_that_fits_no_layer_names_its_key():
    for example, key, value in (
        (recurrent(), "activation", "relu"),
        (embedding(), "dropout", 0.5),
    ):
        with pytest.raises(UserError, match=f"train.model.{key}"):
            edited(example, **{key: value})


def test_facts():
    facts = model_facts(skip().file, 1)
    assert facts.activations == ("tanh", "relu", "leaky_relu")
    assert facts.kernels == ("glorot_uniform", "he_normal", "glorot_uniform", "glorot_uniform")
    assert facts.rates == (0.0,)
    assert facts.penalized
    assert facts.widths == (8, 8, 8)
    assert facts.output_activation == "linear"
    assert facts.codes == ()
    assert model_facts(convolution().file, 3).output_activation == "softmax"


def test_numbers_that_are_looked_up_are_codes():
    assert embedding().file.codes == ("x3",)
    assert [layer["class_name"] for layer in layers_of(embedding().file.model)].count("Embedding")


def test_a_layer_in_a_model_in_a_model_is_edited_too():
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation="tanh")])
    start = keras.Input((4,), name="x")
    whole = keras.Model(start, keras.layers.Dense(1)(inner(start)))
    example = replace(skip(), model=whole)
    model = edited(example, activation="relu", width=2.0)
    [nested] = [layer for layer in model.layers if isinstance(layer, keras.Sequential)]
    assert nested.layers[0].activation.__name__ == "relu"
    assert nested.layers[0].units == 12
    assert outline(example.file.model).weights == whole.count_params()
