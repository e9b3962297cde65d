"""What outputs say, by hand: probabilities of every kind of output layer, and the proper loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stages.files import UserError
from stages.mlp import link
from stages.mlp.activations import ACTIVATIONS
from stages.mlp.contract import ENCODINGS, Contract, settle
from stages.mlp.losses import LOSSES
from tests.conftest import train_settings


def contract(task: str = "binary", classes: int = 2, **changes) -> Contract:
    return settle(train_settings(**changes), task, classes)


def said(given_contract: Contract, *rows: list[float]) -> list:
    return np.round(link.probabilities(given_contract, np.array(rows)), 6).tolist()


def test_auto_is_matched_to_the_task():
    def three(c):
        return c.loss, c.activation, c.units

    assert three(contract()) == ("binary_crossentropy", "sigmoid", 1)
    assert three(contract("multiclass", 4)) == ("categorical_crossentropy", "softmax", 4)
    assert three(contract("regression", 0)) == ("mean_squared_error", "linear", 1)
    assert contract(from_logits=True).activation == "linear"
    assert contract(loss="categorical_crossentropy").units == 2


def test_sigmoid_is_the_probability_of_class_1():
    assert said(contract(), [0.2]) == [[0.8, 0.2]]


def test_logits():
    assert said(contract(from_logits=True), [np.log(3)]) == [[0.25, 0.75]]
    three = contract("multiclass", 3, from_logits=True)
    assert said(three, [0.0, np.log(2), np.log(5)]) == [[0.125, 0.25, 0.625]]


def test_softmax_over_one_unit_is_certain_of_class_1():
    """Its reported loss looks low; the proper one is that of being certain and often wrong."""
    one = contract(output_activation="softmax", output_units=1)
    shares = link.probabilities(one, np.ones((100, 1)))
    code = np.array([0] * 49 + [1] * 51)[:, None]
    assert link.log_losses(shares, code).mean() == pytest.approx(-0.49 * np.log(1e-7), rel=1e-3)


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
    for name in ENCODINGS:
        one = contract(target_encoding=name, loss="mean_squared_error")
        assert one.encode(code).tolist() == expected[name]


ANY = st.sampled_from(["auto", *LOSSES])


@given(
    task=st.sampled_from([("binary", 2), ("multiclass", 4), ("regression", 0)]),
    loss=ANY,
    activation=st.sampled_from(["auto", *ACTIVATIONS]),
    units=st.sampled_from(["auto", 1, 2, 4, 7]),
    encoding=st.sampled_from(["auto", *ENCODINGS]),
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
    if one.task == "regression":
        assert link.values(outputs).shape == (3,)
        return
    shares = link.probabilities(one, outputs)
    assert shares.shape == (3, one.classes)
    assert ((shares >= 0) & (shares <= 1)).all()
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
        ("binary", 2, {"loss": "crossentropy"}, "did you mean"),
        ("binary", 2, {"output_activation": "sigmoidd"}, "did you mean 'sigmoid'"),
    ],
)
def test_refusals(task, classes, changes, words):
    with pytest.raises(UserError, match=words):
        contract(task, classes, **changes)


def test_nan_outputs_stay_nan():
    assert np.isnan(link.probabilities(contract(), np.array([[np.nan]]))).all()
