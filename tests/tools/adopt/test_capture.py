"""What capture.py takes of a model, its rows and its loss, in our own Keras."""

import ast
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from stages.lib.mlp.runtime import tf
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.layers import LAYERS
from stages.tools.adopt import capture
from stages.tools.adopt.capture import CaptureError
from tests.tools.adopt.adoption import handed_over
from tests.tools.adopt.environments.models import BUILDERS
from tests.tools.adopt.rebuilding import rebuilt

L = keras.layers
X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 2


def network(loss="binary_crossentropy", activation="sigmoid"):
    model = keras.Sequential([keras.Input((3,)), L.Dense(4), L.Dense(1, activation)])
    model.compile(optimizer="adam", loss=loss)
    return model


# ----------------------------------------------------------------------------- the file


def test_it_needs_python_3_9_numpy_and_nothing_else():
    """Keras, TensorFlow, JAX and torch are looked up only where a model of theirs is there."""
    text = Path(capture.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names - set(sys.stdlib_module_names) == {"numpy"}


def test_it_knows_the_layers_and_activations_of_the_vocabulary():
    roles = {row.name: row.role for row in LAYERS.values()}
    named = {row.layer for row in ACTIVATIONS.values() if row.layer}
    for role, own in (
        ("shape", capture.SHAPE_LAYERS),
        ("preprocessing", capture.PREPROCESSING_LAYERS),
    ):
        assert set(own) == {name for name, other in roles.items() if other == role}
    others = {name for name, role in roles.items() if role not in ("shape", "preprocessing")}
    assert set(capture.CHAIN_LAYERS) == others | named
    rows = {row.operation: row for row in ACTIVATIONS.values() if row.operation}
    assert {
        name: (row.name, row.layer, tuple(row.arguments)) for name, row in rows.items()
    } == capture.ACTIVATION_OPERATIONS


# ----------------------------------------------------------------------------- notebooks


def test_of_a_notebooks_magic_only_its_python_runs():
    namespace = {"n": 0}
    shell = capture.Shell(namespace)
    shell.run_line_magic("matplotlib", "inline")
    shell.run_line_magic("matplotlib", "inline")
    shell.magic("%load_ext tensorboard")
    shell.system("pip install keras")
    assert shell.getoutput("ls") == []
    shell.run_line_magic("time", "n += 1")
    shell.magic("timeit -n 100 -r 5 n += 10")
    shell.run_cell_magic("capture", "out", "n += 100\nn += 1000\n")
    shell.run_cell_magic("bash", "", "n += 10000")
    assert namespace["n"] == 1111
    assert shell.remark == (
        "of a notebook, without effect here: %matplotlib inline, %load_ext tensorboard, "
        "!pip install keras, !ls, %%bash"
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("get_ipython().run_line_magic('matplotlib', 'inline')", True),
        ("if colab:\n    get_ipython().system('pip install keras')", True),
        ("try:\n    get_ipython().magic('x')\nexcept NameError:\n    pass", False),
        ("if 'get_ipython' in globals():\n    get_ipython().magic('x')", False),
        ("x = 1", False),
    ],
)
def test_a_script_that_looks_whether_it_is_in_a_notebook_is_in_none(text, wanted):
    namespace = {}
    shell = capture.add_shell(namespace, capture.Source(Path("train.py"), text.encode()))
    assert (shell is not None) == wanted
    assert ("get_ipython" in namespace) == wanted


# ----------------------------------------------------------------------------- models


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_a_model_is_the_same_from_its_bundle(build):
    model, x, y = build()
    captured = handed_over(model, x, y)
    given = captured.xs[0] if captured.content.model is None else list(captured.xs)
    found, wanted = (
        one if isinstance(one, list) else [one]
        for one in (rebuilt(captured).predict(given, verbose=0), model.predict(x, verbose=0))
    )
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert len(captured.content.outputs) == len(wanted)


def test_several_inputs_and_outputs_come_by_name_with_losses_and_weights():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    h = L.concatenate([a, b])
    model = keras.Model([a, b], {"v": L.Dense(2, name="left")(h), "u": L.Dense(1, name="right")(h)})
    model.compile("sgd", loss={"u": "mse", "v": "mae"}, loss_weights={"u": 1.0, "v": 0.25})
    frame = pd.DataFrame(X[:, :2] > 0, columns=["p", "q"])
    held_out = ({"a": X[:4], "b": frame[:4]}, {"u": Y[:4], "v": X[:4, :2]})
    found = handed_over(
        model, {"b": frame, "a": X}, {"v": X[:, :2], "u": Y}, validation_data=held_out
    )
    inputs, outputs = found.content.inputs, found.content.outputs
    assert [(one.name, one.shape, one.dtype, one.columns) for one in inputs] == [
        ("a", [3], "float64", None), ("b", [2], "bool", ["p", "q"]),
    ]  # fmt: skip
    assert [(one.name, one.shape, one.loss_weight) for one in outputs] == [
        ("right", [1], 1.0), ("left", [2], 0.25),
    ]  # fmt: skip
    assert found.content.loss.name == "mean_squared_error"
    assert outputs[0].loss is None and outputs[1].loss.name == "mean_absolute_error"
    np.testing.assert_array_equal(found.xs[0], X)
    np.testing.assert_array_equal(found.xs[1], frame.to_numpy())
    np.testing.assert_array_equal(found.ys[0], Y)
    np.testing.assert_array_equal(found.ys[1], X[:, :2])
    assert found.xs[1].dtype == bool and found.ys[0].dtype == np.int64
    assert [len(array) for array in (*found.xs_validation, *found.ys_validation)] == [4] * 4


def test_operations_between_layers_are_kept_as_keras_writes_them():
    inputs = keras.Input((3,))
    h = L.Dense(3, "relu")(inputs)
    scaled = h * keras.ops.sum(h, axis=-1, keepdims=True) + 2.0 * inputs
    model = keras.Model(inputs, L.Dense(1)(keras.ops.tanh(scaled) / 3.0))
    model.compile("adam", "mse")
    found = rebuilt(handed_over(model, X, Y))
    np.testing.assert_allclose(found.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)


class Doubled(L.Layer):
    def call(self, x):
        return 2 * x

    def compute_output_shape(self, shape):
        return shape


def test_all_that_holds_code_is_named_at_once():
    inputs = keras.Input((3,))
    h = L.TimeDistributed(Doubled(name="mine"))(L.Reshape((3, 1))(inputs))
    h = L.Dense(3, kernel_initializer=lambda shape, dtype: keras.ops.ones(shape), name="drawn")(h)
    h = L.Lambda(lambda x: x + 1, name="plus")(L.Flatten()(h))
    model = keras.Model(inputs, L.Dense(1, activation=lambda x: -x, name="minus")(h))
    model.compile("adam", "mse")
    with pytest.raises(CaptureError) as caught:
        handed_over(model, X, Y)
    for word in ("'mine' (Doubled)", "'drawn' (Dense): a lambda", "'plus' (Lambda)",
                 "'minus' (Dense): activation", "before fit"):  # fmt: skip
        assert word in str(caught.value), str(caught.value)


def test_text_goes_to_models_that_look_it_up():
    look_up = L.StringLookup(vocabulary=["north", "south"])
    inputs = keras.Input((1,), dtype="string")
    model = keras.Model(inputs, L.Dense(1)(L.Flatten()(L.Embedding(3, 2)(look_up(inputs)))))
    model.compile("adam", "mse")
    places = pd.Series(["north", "south"] * 20, name="place")
    found = handed_over(model, places, Y)
    assert found.xs[0].tolist() == [[place] for place in places]
    assert found.content.inputs[0].columns == ["place"]
    with pytest.raises(CaptureError, match=r"x: expected numbers\. Received: text, as 'north'"):
        handed_over(network(), places, Y)


# ----------------------------------------------------------------------------- rows


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return X[10 * i : 10 * i + 10], Y[10 * i : 10 * i + 10]


def endless():
    while True:
        for at in range(0, 40, 10):
            yield X[at : at + 10], Y[at : at + 10]


DATA = tf.data.Dataset.from_tensor_slices((X, Y))


@pytest.mark.parametrize(
    ("x", "y", "given", "fit"),
    [
        (X.tolist(), Y.tolist(), {}, (32, True)),
        ((X,), [Y], {}, (32, True)),
        (tf.constant(X), tf.constant(Y), {}, (32, True)),
        (scipy.sparse.csr_matrix(X), Y, {}, (32, True)),
        (pd.DataFrame(X), pd.DataFrame(Y), {"batch_size": 7}, (7, True)),
        (X.astype(object), Y.astype(bool), {"shuffle": False}, (32, False)),
        (DATA.batch(16), None, {}, (16, False)),
        (DATA.shuffle(40, seed=1).batch(16), None, {}, (16, True)),
        (Batches(), None, {}, (10, False)),
        (endless(), None, {"steps_per_epoch": 4}, (10, False)),
        (X, Y, {"steps_per_epoch": 5}, (8, True)),
    ],
    ids=["lists", "tuple", "tensors", "sparse", "frames", "objects", "tf.data", "shuffled",
         "PyDataset", "generator", "steps"],
)  # fmt: skip
def test_all_that_fit_takes_are_the_same_rows(x, y, given, fit):
    found = handed_over(network(), x, y, **given)
    order, wanted = np.lexsort(found.x.T), np.lexsort(X.T)
    np.testing.assert_array_equal(found.x[order], X[wanted])
    np.testing.assert_array_equal(found.y.ravel()[order], Y[wanted])
    assert (found.content.fit.batch_size, found.content.fit.shuffle) == fit


@pytest.mark.parametrize(
    ("x", "dtype", "columns", "container"),
    [
        ((100 * X).astype("int32"), "int32", None, "numpy.ndarray"),
        (X > 0, "bool", None, "numpy.ndarray"),
        (pd.DataFrame((9 * X).astype(int), columns=list("abc")), "int64", list("abc"),
         "pandas.DataFrame"),
        (pd.DataFrame({"a": X[:, 0], "b": X[:, 1] > 0, "c": 1}), "mixed", list("abc"),
         "pandas.DataFrame"),
    ],
)  # fmt: skip
def test_the_kind_of_the_numbers_and_their_names_are_kept(x, dtype, columns, container):
    [found] = handed_over(network(), x, pd.Series(Y, name="bought")).content.inputs
    assert (found.dtype, found.columns, found.container) == (dtype, columns, container)


def test_a_generator_ends_where_its_epoch_does():
    found = handed_over(network(), endless(), steps_per_epoch=3)
    np.testing.assert_array_equal(found.x, X[:30])
    assert "steps_per_epoch=3 of a longer stream" in found.content.remarks[0]
    assert found.content.fit.shuffle  # the next epoch begins with other rows


# ----------------------------------------------------------------------------- losses


def rmse(y_true, y_pred):
    return tf.sqrt(tf.reduce_mean(tf.square(y_pred - y_true)))


class Tilted(keras.losses.Loss):
    def call(self, y_true, y_pred):
        error = y_true - y_pred
        return keras.ops.mean(keras.ops.maximum(0.9 * error, -0.1 * error), axis=-1)


def of_batch(probes, function):
    return np.array([function(a, b) for a, b in zip(probes.true, probes.predicted, strict=True)])


def test_a_loss_of_ones_own_is_known_by_values_and_gradients():
    y = 1000 + 50 * X[:, 0]
    found = handed_over(network(rmse, "linear"), X, y)
    assert (found.content.loss.name, found.content.loss.own) == ("rmse", True)
    probes = found.probes[0]
    assert probes.true.shape == probes.predicted.shape == (7, 8, 1)
    # As the loss had them: its own targets, the least and the largest among them.
    ends = y.astype("float32")
    assert np.isin(probes.true, ends).all()
    assert {ends.min(), ends.max()} <= {*probes.true.ravel()}
    error = probes.predicted - probes.true
    value = np.sqrt((error**2).mean(axis=(1, 2)))
    np.testing.assert_allclose(probes.value, value, rtol=1e-4)
    gradient = error / (8 * value[:, None, None])
    np.testing.assert_allclose(probes.gradient, gradient, rtol=1e-3, atol=1e-6)
    assert probes.predicted.min() < 0 < probes.predicted.max()
    assert value.min() < y.std() < value.max()


def test_a_loss_class_of_ones_own_is_too():
    probes = handed_over(network(Tilted(), "linear"), X, X[:, 0]).probes[0]
    wanted = of_batch(probes, lambda a, b: np.maximum(0.9 * (a - b), -0.1 * (a - b)).mean())
    np.testing.assert_allclose(probes.value, wanted, rtol=1e-5)


@pytest.mark.parametrize(("activation", "units"), [("sigmoid", 1), ("softmax", 3), ("tanh", 2)])
def test_predictions_of_probes_are_outputs_that_there_can_be(activation, units):
    model = keras.Sequential([keras.Input((3,)), L.Dense(units), L.Activation(activation)])
    model.compile("adam", rmse)
    predicted = handed_over(model, X, X[:, :units]).probes[0].predicted
    assert predicted.shape == (7, 8, units)
    assert predicted.max() <= 1
    assert predicted.min() >= (-1 if activation == "tanh" else 1e-9)
    if activation == "softmax":
        np.testing.assert_allclose(predicted.sum(axis=2), 1, rtol=1e-6)


@pytest.mark.parametrize("loss", [lambda a, b: 0.0 * a, lambda a, b: 1 / 0], ids=["flat", "raises"])
def test_a_loss_without_a_gradient_gets_one_line(loss):
    with pytest.raises(CaptureError) as caught:
        handed_over(network(loss, "linear"), X, Y)
    assert str(caught.value).startswith(
        "compile(loss=<lambda>): expected a number and its gradient"
    )


def test_targets_of_a_loop_of_ones_own_keep_their_shape():
    """(n,) against (n, 1) is all pairs of a batch; through fit the same loss pairs row by row."""

    def squared(y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred))

    model = network(squared, "linear")
    given = {"x": X, "y": X[:, 0], "optimizer": model.optimizer, "loss": squared}
    values = {}
    for as_fit in (True, False):
        _, arrays = capture.read_fit(model, given, as_fit=as_fit)
        true, predicted = (arrays[f"loss_probe.0.{name}"] for name in ("true", "predicted"))
        values[as_fit] = arrays["loss_probe.0.value"]
    pairs = true[:, None, :, 0] - predicted[:, :, None, 0]
    np.testing.assert_allclose(values[False], (pairs**2).mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(values[True], ((true - predicted) ** 2).mean(axis=(1, 2)), rtol=1e-5)


def test_what_tensorflow_computes_otherwise_is_told():
    model = keras.Sequential([keras.Input((3,)), L.Dense(4, tf.nn.relu), L.Dense(2, tf.nn.softmax)])
    model.compile("adam", "sparse_categorical_crossentropy")
    content = handed_over(model, X, Y).content
    assert [layer.config["activation"] for layer in content.layers] == ["relu", "softmax"]
    [remark] = content.remarks
    assert "tf.nn.softmax is taken as Keras' softmax" in remark


def test_a_dropout_that_is_always_on_is_no_chain_of_layers():
    inputs = keras.Input((3,))
    h = L.Dropout(0.5)(L.Dense(4)(inputs), training=True)
    model = keras.Model(inputs, L.Dense(1)(h))
    model.compile("adam", "mse")
    layers = handed_over(model, X, Y).content.model.config["layers"]
    [dropout] = [layer for layer in layers if layer["class_name"] == "Dropout"]
    assert dropout["inbound_nodes"][0]["kwargs"] == {"training": True}
