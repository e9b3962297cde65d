"""What outputs say, by hand: probabilities of every kind of output layer, and the proper loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stages.lib.core.errors import UserError
from stages.lib.mlp import link
from stages.lib.params.contract import Contract, settle
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.tasks import BINARY, MULTILABEL
from tests.cards import task_of
from tests.conftest import train_settings


def contract(task: str = "binary", classes: int = 2, targets: int = 1, **changes) -> Contract:
    return settle(train_settings(**changes), task_of(task, classes, targets))


def labels(count: int = 3, **changes) -> Contract:
    return contract("multilabel", count, count, **changes)


def said(given_contract: Contract, *rows: list[float]) -> list:
    return np.round(link.probabilities(given_contract, np.array(rows)), 6).tolist()


def test_auto_is_matched_to_the_task():
    def three(c):
        return c.loss, c.activation, c.units

    assert three(contract()) == ("binary_crossentropy", "sigmoid", 1)
    assert three(contract("multiclass", 4)) == ("categorical_crossentropy", "softmax", 4)
    assert three(contract("regression", 0)) == ("mean_squared_error", "linear", 1)
    assert three(contract("regression", 0, 2)) == ("mean_squared_error", "linear", 2)
    assert three(labels(4)) == ("binary_crossentropy", "sigmoid", 4)
    assert labels(4, from_logits=True).activation == "linear"
    assert contract(from_logits=True).activation == "linear"
    assert contract(loss="categorical_crossentropy").units == 2


def test_sigmoid_is_the_probability_of_class_1():
    assert said(contract(), [0.2]) == [[0.8, 0.2]]


def test_logits():
    assert said(contract(from_logits=True), [np.log(3)]) == [[0.25, 0.75]]
    three = contract("multiclass", 3, from_logits=True)
    assert said(three, [0.0, np.log(2), np.log(5)]) == [[0.125, 0.25, 0.625]]


def test_a_focal_loss_takes_outputs_for_logits_whatever_made_them():
    focal = "binary_focal_crossentropy"
    sigmoid = {"output_activation": "sigmoid", "from_logits": True}
    assert said(contract(**sigmoid), [0.2]) == [[0.8, 0.2]]
    assert said(contract(loss=focal, **sigmoid), [np.log(3)]) == [[0.25, 0.75]]


def test_softmax_over_one_unit_is_certain_of_class_1():
    """Its reported loss looks low; the proper one is that of being certain and often wrong."""
    one = contract(output_activation="softmax", output_units=1)
    shares = link.probabilities(one, np.ones((100, 1)))
    code = np.array([0] * 49 + [1] * 51)[:, None]
    loss = link.log_losses(BINARY, shares, code).mean()
    assert loss == pytest.approx(-0.49 * np.log(1e-7), rel=1e-3)


def test_unnormalised_outputs_are_shares():
    assert said(contract("multiclass", 3, output_activation="sigmoid"), [0.2, 0.2, 0.4]) == [
        [0.25, 0.25, 0.5]
    ]


def test_numbers_as_classes():
    labels = contract("multiclass", 3, loss="mean_squared_error", output_units=1)
    assert said(labels, [1.25], [-4.0], [9.0]) == [[0, 0.75, 0.25], [1, 0, 0], [0, 0, 1]]
    signs = contract(target_encoding="plus_minus_one", loss="mean_squared_error")
    assert said(signs, [0.0]) == [[0.5, 0.5]]
    # Labels 1 and 2 under a sigmoid: the output never exceeds 1, which means the first class.
    assert said(contract(target_encoding="integer_from_one"), [0.999]) == [[1, 0]]
    assert said(contract(loss="hinge", output_activation="linear"), [0.5]) == [[0.25, 0.75]]


def test_labels_are_probable_each_by_itself():
    assert said(labels(), [0.2, 0.9, 0.9]) == [[0.2, 0.9, 0.9]]
    assert said(labels(from_logits=True), [0.0, np.log(3), -900.0]) == [[0.5, 0.75, 0]]
    # softmax shares are taken for what they are: no row can have two probable labels
    shares = labels(output_activation="softmax", loss="categorical_crossentropy")
    assert said(shares, [0.5, 0.4, 0.1]) == [[0.5, 0.4, 0.1]]
    logits = labels(loss="categorical_crossentropy", from_logits=True)
    assert said(logits, [0.0, np.log(2), np.log(5)]) == [[0.125, 0.25, 0.625]]
    one = labels(loss="mean_squared_error", output_units=1)
    assert said(one, [0.3]) == [[0.3, 0.3, 0.3]]
    signs = labels(loss="mean_squared_error", target_encoding="plus_minus_one")
    assert said(signs, [-1.0, 0.0, 4.0]) == [[0, 0.5, 1]]
    assert said(labels(loss="hinge", output_activation="linear"), [0.5, -2, 0]) == [[0.75, 0, 0.5]]
    from_one = labels(target_encoding="integer_from_one", loss="mean_squared_error")
    assert said(from_one, [1.25, 1.0, 2.0]) == [[0.25, 0, 1]]


def test_the_loss_of_labels_is_that_of_each():
    share, has = np.array([[0.9, 0.2], [0.5, 0.5]]), np.array([[1, 1], [0, 1]])
    losses = link.log_losses(MULTILABEL, share, has)
    np.testing.assert_allclose(losses, -np.log([[0.9, 0.2], [0.5, 0.5]]))


def test_values_of_one_target_and_of_several():
    outputs = np.array([[1.0, 2.0, 6.0]])
    assert link.values(contract("regression", 0, output_units=3), outputs).tolist() == [[3.0]]
    assert link.values(contract("regression", 0, 3), outputs).tolist() == outputs.tolist()
    one = contract("regression", 0, 3, output_units=1)
    assert link.values(one, outputs[:, :1]).tolist() == [[1.0, 1.0, 1.0]]


def test_sparse_codes_counted_from_one_train_the_units_from_one_on():
    one = contract(
        "multiclass", 3, loss="sparse_categorical_crossentropy",
        target_encoding="integer_from_one", output_units=4,
    )  # fmt: skip
    assert said(one, [0.1, 0.2, 0.3, 0.4]) == [[0.2, 0.3, 0.4]]


def test_encodings():
    code = np.array([[0], [1]])
    expected = {
        "integer": [[0], [1]],
        "integer_from_one": [[1], [2]],
        "plus_minus_one": [[-1], [1]],
        "one_hot": [[1, 0], [0, 1]],
    }
    for name, written in expected.items():
        one = contract(target_encoding=name, loss="mean_squared_error")
        assert one.encode(code).tolist() == written
    has = np.array([[0, 1], [1, 1]])
    of_labels = {
        "multi_hot": [[0, 1], [1, 1]],
        "integer_from_one": [[1, 2], [2, 2]],
        "plus_minus_one": [[-1, 1], [1, 1]],
    }
    for name, written in of_labels.items():
        assert labels(2, target_encoding=name).encode(has).tolist() == written
    assert {*expected, *of_labels, "value"} == set(ENCODINGS)


ANY = st.sampled_from(["auto", *LOSSES])


@given(
    task=st.sampled_from(
        [
            ("binary", 2),
            ("multiclass", 4),
            ("regression", 0),
            ("regression", 0, 2),
            ("multilabel", 2, 2),
            ("multilabel", 4, 4),
        ]
    ),
    loss=ANY,
    activation=st.sampled_from(["auto", *ACTIVATIONS]),
    units=st.sampled_from(["auto", 1, 2, 4, 7]),
    encoding=st.sampled_from(["auto", *(name for name in ENCODINGS if name != "value")]),
    logits=st.booleans(),
    values=arrays.arrays(np.float64, (3, 7), elements=st.floats(-1e30, 1e30)),
)
def test_any_mismatch_either_says_something_or_is_refused(
    task, loss, activation, units, encoding, logits, values
):
    try:
        one = contract(
            *task, loss=loss, output_activation=activation, output_units=units,
            target_encoding=encoding, from_logits=logits,
        )  # fmt: skip
    except UserError as error:
        assert "params.yaml: train." in str(error)
        assert "Received: " in str(error)
        return
    outputs = np.resize(values, (3, one.units))
    if one.kind.is_regression:
        assert link.values(one, outputs).shape == (3, one.targets)
        return
    shares = link.probabilities(one, outputs)
    assert shares.shape == (3, one.classes)
    assert ((shares >= 0) & (shares <= 1)).all()
    assert one.encode(np.zeros((3, one.targets), int)).shape == (3, one.width)
    if one.kind.has_labels:
        return
    # Units beyond the classes keep their share for classes that do not exist.
    if one.units <= one.classes:
        np.testing.assert_allclose(shares.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("task", "classes", "changes", "words"),
    [
        ("multiclass", 3, {"loss": "categorical_crossentropy", "output_units": 1}, "output_units"),
        ("multiclass", 3, {"target_encoding": "plus_minus_one"}, "two classes"),
        ("binary", 2, {"loss": "sparse_categorical_crossentropy", "output_units": 1}, "codes"),
        ("regression", 0, {"loss": "sparse_categorical_crossentropy"}, "loss for numbers"),
        ("regression", 0, {"target_encoding": "one_hot"}, "expected auto"),
        ("binary", 2, {"target_encoding": "multi_hot"}, "expected one of auto, integer"),
        ("binary", 2, {"loss": "crossentropy"}, "did you mean"),
        ("binary", 2, {"output_activation": "sigmoidd"}, "did you mean 'sigmoid'"),
    ],
)
def test_refusals(task, classes, changes, words):
    with pytest.raises(UserError, match=words):
        contract(task, classes, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"loss": "sparse_categorical_crossentropy"}, "a loss for several labels a row"),
        ({"target_encoding": "one_hot"}, "expected one of auto, integer_from_one"),
        ({"target_encoding": "integer"}, "expected one of auto, integer_from_one"),
        ({"output_units": 2}, "output_units: expected 3"),
        ({"output_units": 1}, "output_units: expected 3"),
    ],
)
def test_refusals_of_labels(changes, words):
    with pytest.raises(UserError, match=words):
        labels(**changes)


def test_nan_outputs_stay_nan():
    assert np.isnan(link.probabilities(contract(), np.array([[np.nan]]))).all()
    assert np.isnan(link.probabilities(labels(), np.full((2, 3), np.nan))).all()
