"""A loss of the script's own: which one of params.yaml it is, or what it is next to."""

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.mlp.runtime import tf
from stages.tools.adopt.capture import capture
from stages.tools.adopt.translate.adopted import translate_script
from stages.tools.adopt.translate.bundle import read_bundle
from tests.conftest import settings
from tests.tools.adopt.adoption import taken_over

keras = pytest.importorskip("keras")
L, ops = keras.layers, keras.ops
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
NUMBERS = 20.0 * X[:, 0] + RNG.normal(size=60)


def network(loss, activation="linear", units=1, optimizer="adam"):
    model = keras.Sequential([keras.Input((3,)), L.Dense(4), L.Dense(units, activation=activation)])
    model.compile(optimizer=optimizer, loss=loss)
    return model


def root_of_tensors(y_true, y_pred):
    return tf.sqrt(tf.reduce_mean(tf.square(y_pred - y_true)))


class OfMyOwn(keras.losses.Loss):
    """Huber's with delta 12.5."""

    def call(self, y_true, y_pred):
        error = ops.abs(y_true - y_pred)
        return ops.mean(ops.where(error < 12.5, error**2 / 2, 12.5 * error - 12.5**2 / 2), axis=-1)


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        (root_of_tensors, {"loss": "root_mean_squared_error"}),
        (lambda y, p: ops.mean((y - p) ** 2), {"loss": "mean_squared_error"}),
        (lambda y, p: ops.mean(ops.abs(y - p), axis=-1), {"loss": "mean_absolute_error"}),
        (lambda y, p: ops.mean((y - p) ** 2) / 2, {"loss": "huber", "huber_delta": 1e12}),
        (OfMyOwn(), {"loss": "huber", "huber_delta": 12.5}),
        (
            lambda y, p: ops.mean(ops.maximum(0.9 * (y - p), -0.1 * (y - p))),
            {"loss": "quantile", "quantile": 0.9},
        ),
        (
            lambda y, p: ops.mean(ops.logaddexp(y - p, p - y) - np.log(2)),
            {"loss": "log_cosh"},
        ),
        (
            lambda y, p: ops.mean(ops.square(ops.transpose(y) - p)),
            {"loss": "mean_squared_error_of_all_pairs"},
        ),
    ],
)  # fmt: skip
@pytest.mark.sampled(1)
def test_a_function_of_numbers(loss, wanted):
    found = taken_over(network(loss), X, NUMBERS)
    assert {key: found.edits[f"train.{key}"] for key in wanted} == wanted
    assert any(f"is {wanted['loss']}, by value and gradient" in note for note in found.notes)


def by_hand(y, p):
    p = ops.clip(p, 1e-7, 1 - 1e-7)
    return -ops.mean(y * ops.log(p) + (1 - y) * ops.log(1 - p))


def focal(y, p):
    truth = y * p + (1 - y) * (1 - p)
    return -ops.mean((1 - truth) ** 3 * ops.log(ops.clip(truth, 1e-7, 1.0)))


def of_logits(y, p):
    return ops.mean(ops.softplus(p) - y * p)


@pytest.mark.in_turn
@pytest.mark.parametrize(
    ("loss", "activation", "wanted"),
    [
        (by_hand, "sigmoid", {"loss": "binary_crossentropy", "from_logits": False}),
        (of_logits, "linear", {"loss": "binary_crossentropy", "from_logits": True}),
        (focal, "sigmoid", {"loss": "binary_focal_crossentropy", "focal_gamma": 3.0}),
        (lambda y, p: ops.mean(ops.maximum(1 - (2 * y - 1) * p, 0)), "tanh", {"loss": "hinge"}),
    ],
)
def test_a_function_of_classes(loss, activation, wanted):
    found = taken_over(network(loss, activation), X, (X[:, 0] > 0).astype("int64"))
    assert {key: found.edits[f"train.{key}"] for key in wanted} == wanted


def test_a_multiple_is_said_to_be_one():
    with pytest.raises(UserError, match=r"Received: 3 times mean_squared_error.*learning rate"):
        taken_over(network(lambda y, p: 3 * ops.mean((y - p) ** 2)), X, NUMBERS)


def test_another_function_is_refused_by_its_name():
    def cubic(y, p):
        return ops.mean(ops.abs(y - p) ** 3)

    with pytest.raises(UserError, match=r"compile\(loss=cubic\): .*another function"):
        taken_over(network(cubic), X, NUMBERS)


SPREAD = float(NUMBERS.std())


@pytest.mark.parametrize(
    "loss",
    [
        # Errors that are cut off far from every target.
        lambda y, p: ops.mean(ops.minimum((y - p) ** 2, (12 * SPREAD) ** 2)),
        lambda y, p: ops.mean(ops.square(ops.clip(y - p, -20 * SPREAD, 20 * SPREAD))),
        # The few largest, or the smallest target weigh otherwise.
        lambda y, p: ops.mean(ops.where(y > np.sort(NUMBERS)[-3], 5.0, 1.0) * (y - p) ** 2),
        lambda y, p: ops.mean(ops.where(y <= NUMBERS.min() + 1e-3, 0.0, 1.0) * (y - p) ** 2),
        # Near the target nothing is asked.
        lambda y, p: ops.mean(ops.square(ops.relu(ops.abs(y - p) - 0.02 * SPREAD))),
        # One side weighs a little more.
        lambda y, p: ops.mean(ops.where(y > p, 1.02, 1.0) * (y - p) ** 2),
        # A part that is no error.
        lambda y, p: ops.mean((y - p) ** 2) + 0.01 * ops.mean(p**2),
        # A function of the batch that is the mean's only where all rows are alike.
        lambda y, p: ops.max(ops.square(y - p)),
    ],
    ids=["cut", "clipped", "largest", "smallest", "insensitive", "one side", "size", "worst"],
)  # fmt: skip
@pytest.mark.sampled(1)
def test_what_is_nearly_a_loss_is_not_taken_for_it(loss):
    with pytest.raises(UserError, match="another function"):
        taken_over(network(loss), X, NUMBERS)


@pytest.mark.parametrize(("shift", "scale"), [(1e5, 1.0), (0.0, 1e-6), (-2000.0, 1e3)])
def test_targets_far_from_zero_or_of_any_size_are_matched(shift, scale):
    y = shift + scale * NUMBERS
    found = taken_over(network(lambda y, p: ops.mean((y - p) ** 2)), X, y)
    assert found.edits["train.loss"] == "mean_squared_error"


@pytest.mark.in_turn
def test_a_guard_of_the_logarithm_is_no_other_loss():
    def added(y, p):
        return -ops.mean(y * ops.log(p + 1e-8) + (1 - y) * ops.log(1 - p + 1e-8))

    y = (X[:, 0] > 0).astype("float32")
    found = taken_over(network(added, "sigmoid"), X, y)
    assert found.edits["train.loss"] == "binary_crossentropy"

    def cut(y, p):
        p = ops.clip(p, 1e-3, 1 - 1e-3)
        return -ops.mean(y * ops.log(p) + (1 - y) * ops.log(1 - p))

    with pytest.raises(UserError, match="another function"):
        taken_over(network(cut, "sigmoid"), X, y)


@pytest.mark.in_turn
def test_targets_without_a_column_are_compared_with_all_outputs(tmp_path):
    """A training loop of one's own: (n,) against (n, 1) broadcasts."""
    model = keras.Sequential([keras.Input((3,)), L.Dense(1)])
    loss = {"loss": lambda y, p: tf.reduce_mean(tf.square(y - p)), "optimizer": "adam"}
    for targets, wanted in (
        (NUMBERS, "mean_squared_error_of_all_pairs"), (NUMBERS[:, None], "mean_squared_error"),
    ):  # fmt: skip
        capture(model, X, targets, batch_size=8, file=str(tmp_path / "loop.ledger"), **loss)
        found = translate_script(read_bundle(tmp_path / "loop.ledger"), settings(), False)
        assert found.edits["train.loss"] == wanted
