"""Chains that params.yaml has no words for: Keras' own fit trains them."""

import keras
import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.tools.adopt.translate.chain import translate_chain
from stages.tools.adopt.translate.chain_model import as_model
from stages.tools.adopt.translate.keras_object import KerasObject
from tests.tools.adopt.adoption import handed_over, taken_over
from tests.tools.adopt.rebuilding import rebuilt

L = keras.layers
X = np.random.default_rng(0).normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)

CHAINS = {
    "normalization first": [L.BatchNormalization(), L.Dense(3, "relu"), L.Dense(1, "sigmoid")],
    "noise first": [L.GaussianNoise(0.1), L.Dense(3, "relu"), L.Dense(1, "sigmoid")],
    "two activations": [L.Dense(3, "tanh"), L.ReLU(), L.Dense(1, "sigmoid")],
    "without a bias": [L.Dense(3, "tanh", use_bias=False), L.Dense(1, "sigmoid")],
    "a constraint": [L.Dense(3, "tanh", kernel_constraint="max_norm"), L.Dense(1, "sigmoid")],
    "a trained output": [L.Dense(3), L.Dense(1, "sigmoid"), L.PReLU()],
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.sampled(2)
def test_it_is_the_same_model(name):
    model = keras.Sequential([keras.Input((4,)), *CHAINS[name]])
    model.compile("adam", "binary_crossentropy")
    captured = handed_over(model, X, Y)
    with pytest.raises(UserError) as refused:
        translate_chain(captured.content.layers)
    found = rebuilt(as_model(captured))
    np.testing.assert_allclose(found.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)
    adopted = taken_over(model, X, Y, keep_weights=True)
    assert adopted.model is not None
    assert f"a chain of another kind ({refused.value}): Keras' own fit" in "\n".join(adopted.notes)
    assert set(adopted.weights) == {variable.path for variable in found.weights}


def test_names_that_layers_share_become_names_of_their_own():
    """As two models in one have them."""
    parts = [
        keras.Sequential([keras.Input((4,)), L.BatchNormalization(), L.Dense(4, name="same")])
        for _ in range(2)
    ]
    model = keras.Sequential([keras.Input((4,)), *parts, L.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    found = rebuilt(as_model(handed_over(model, X, Y)))
    np.testing.assert_allclose(found.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)
    assert [layer.name for layer in found.layers if layer.name.startswith("same")] == [
        "same", "same_1",
    ]  # fmt: skip


def test_what_holds_code_is_refused_in_the_words_of_the_chain():
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, lambda x: x), L.Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(UserError, match=r"activation: expected one of linear"):
        taken_over(model, X, Y)


def test_a_layer_without_an_initializer_has_keras_own():
    """As an older bundle, or a stranger's, may leave it out."""
    layers = [
        KerasObject.model_validate(
            {"class": "Dense", "module": "keras.layers", "config": {"units": units}}
        )
        for units in (2, 1)
    ]
    edits = translate_chain(layers).edits
    assert (edits["train.layers"], edits["train.kernel_initializer"]) == ([2], "glorot_uniform")
