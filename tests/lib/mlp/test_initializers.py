"""Initial weights against Keras' own: the same distribution under the same name."""

import keras
import numpy as np
import pytest
from scipy import stats

from stages.lib.mlp import initializers
from stages.lib.params.initializer import Initializer
from stages.lib.vocabulary.initializers import INITIALIZERS as ROWS
from stages.lib.vocabulary.initializers import LARGEST

SHAPE = (300, 200)


def draw(name: str, shape=SHAPE, **arguments) -> np.ndarray:
    given = Initializer.model_validate({"name": name, **arguments})
    return initializers.draw(given, shape, np.random.default_rng(0))


RANDOM = [
    (name, {})
    for name in initializers.INITIALIZERS
    if name not in ("zeros", "ones", "constant", "identity", "orthogonal")
] + [
    ("random_uniform", {"minval": -0.3, "maxval": 0.1}),
    ("random_normal", {"mean": 1.0, "stddev": 0.2}),
    ("truncated_normal", {"mean": -1.0, "stddev": 0.5}),
    ("variance_scaling", {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"}),
    ("variance_scaling", {"mode": "fan_avg", "distribution": "untruncated_normal"}),
]


@pytest.mark.parametrize(("name", "arguments"), RANDOM)
@pytest.mark.parametrize("shape", [SHAPE, (5000,)])
def test_distribution_is_keras(name, arguments, shape):
    ours = draw(name, shape, **arguments)
    theirs = keras.initializers.get({"class_name": name, "config": {**arguments, "seed": 1}})
    found = stats.ks_2samp(ours.ravel(), np.array(theirs(shape)).ravel())
    assert found.pvalue > 1e-3
    assert ours.dtype == np.float32


@pytest.mark.parametrize("name", ["zeros", "ones", "constant", "identity"])
def test_fixed_weights_are_keras(name):
    arguments = {"constant": {"value": 0.7}, "identity": {"gain": 2.0}}.get(name, {})
    theirs = keras.initializers.get({"class_name": name, "config": arguments})((4, 4))
    np.testing.assert_allclose(draw(name, (4, 4), **arguments), np.array(theirs))


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_orthogonal(shape):
    kernel = draw("orthogonal", shape, gain=2.0)
    square = kernel @ kernel.T if shape[0] < shape[1] else kernel.T @ kernel
    np.testing.assert_allclose(square, 4 * np.eye(4), atol=1e-5)


def test_every_keras_name_is_known():
    """All of Keras' initializers that a dense layer can take."""
    theirs = {
        name for name in dir(keras.initializers)
        if isinstance(getattr(keras.initializers, name), type) and name[0].isupper()
    } - {"Initializer"}  # fmt: skip
    spoken = {
        getattr(keras.initializers, "".join(word.capitalize() for word in name.split("_"))).__name__
        for name in initializers.INITIALIZERS
    }
    missing = {keras.initializers.__dict__[name].__name__ for name in theirs} - spoken
    # STFT initialises a Fourier transform of audio.
    assert missing <= {"STFT", "STFTInitializer"}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_the_largest_arguments_draw_finite_weights(row):
    """LARGEST is small enough for any generator and any shape that a network has."""
    numbers = [key for key, value in row.arguments.items() if not isinstance(value, str)]
    highest = dict.fromkeys(numbers, LARGEST)
    lowest = {key: row.at_least.get(key, row.above.get(key, -LARGEST) or 1e-300) for key in numbers}
    for arguments in (highest, lowest, lowest | dict.fromkeys(numbers[-1:], LARGEST)):
        assert np.isfinite(draw(row.name, **arguments)).all()
