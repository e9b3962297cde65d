"""What is said of a params.yaml that is not as the schema has it: one line, which names the key."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.lib import params
from stages.lib.core.errors import UserError
from tests.conftest import ROOT, settings
from tests.lib.params.keys import leaves


def refusal(key: str, value: object) -> str:
    """The one line that refuses the committed settings with this value."""
    with pytest.raises(UserError) as caught:
        settings(**{key: value})
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train.learning_rate", -1, "train.learning_rate: expected a number > 0.0. Received: -1"),
        ("train.learning_rate", "fast", "expected a number. Received: 'fast'"),
        ("train.learning_rate", float("nan"), "expected a finite number"),
        ("train.epochs", 1.5, "train.epochs: expected a whole number. Received: 1.5"),
        ("train.epochs", True, "expected a whole number. Received: True"),
        ("train.epochs", 0, "expected a number >= 1. Received: 0"),
        ("train.dropout", 1.0, "expected a number < 1.0"),
        (
            "train.layers",
            [8, 0],
            "train.layers.1: expected a number >= 1 or a mapping. Received: 0",
        ),
        ("train.layers", ["a"], "train.layers.0: expected a whole number or a mapping. Received"),
        ("train.layers", [{}], "train.layers.0.units: expected this key, which is missing"),
        (
            "train.layers",
            [8, {"units": 4, "activatoin": "relu"}],
            "train.layers.1.activatoin: expected a known key; did you mean 'activation'?",
        ),
        (
            "train.layers",
            [{"units": 4, "activation": "rleu"}],
            "did you mean 'relu'?",
        ),
        (
            "train.layers",
            [{"units": 4, "activation": {"name": "elu", "alpha": 0}}],
            "train.layers.0.activation.alpha: expected a number > 0. Received: 0",
        ),
        ("train.activation", {"name": "elu", "slope": 1}, "arguments of elu (alpha). Received: "),
        (
            "train.layers",
            [
                3,
                {
                    "units": 4,
                    "batch_normalization": "before_activation",
                    "layer_normalization": "before_activation",
                },
            ],
            "train.layers.1: expected batch_normalization or layer_normalization at one place. Rec",
        ),
        ("train.activation", 3, "train.activation: expected an activation's name, or a mapping"),
        ("train.layers", [{"units": 4, "dropout": 1.0}], "train.layers.0.dropout: expected a "),
        ("train.layers", [{"units": 4, "l2": None}], "train.layers.0.l2: expected a number. Rec"),
        (
            "train.layers",
            [{"units": 4, "bias_initializer": "orthogonal"}],
            "train.layers.0.bias_initializer: expected an initializer of bias vectors",
        ),
        (
            "train.layers",
            [{"units": 4, "kernel_initializer": {"name": "random_normal", "stddev": -1}}],
            "train.layers.0.kernel_initializer.stddev: expected a number >= 0. Received: -1",
        ),
        ("train.layers", 8, "train.layers: expected a list. Received: 8"),
        ("train.lerning_rate", 1, "expected a known key; did you mean 'learning_rate'?"),
        ("train.clip.nrm", 1, "train.clip.nrm: expected a known key; did you mean 'norm'?"),
        ("trian", {}, "trian: expected a known key; did you mean 'train'?"),
        ("train.clip", {"value": 1.0, "norm": 1.0, "global_norm": None}, "at most"),
        ("train.output_units", "many", "'auto' or a whole number"),
        ("train.class_weight", 3, "class_weight: expected one of 'balanced' or a mapping"),
        ("train.class_weight", {"no": -1}, "train.class_weight.no: expected a number >= 0.0"),
        ("data.split.test", 0.9, "validation + test < 1"),
        ("data.split.test", -0.1, "expected a number >= 0.0"),
        ("data.split.min_rows", -1, "expected a number >= 0. Received: -1"),
        ("data.synthetic.rows", -5, "expected a number >= 10. Received: -5"),
        ("data.source", "web", "expected one of 'synthetic', 'bundled' or 'file'"),
        ("data.file.keep", ["id", 3], "data.file.keep.1: expected text. Received: 3"),
        ("data.seed", 2**32, "expected a number < 4294967296"),
        ("normalize.missing", "men", "'mean', 'median', 'zero' or 'keep'. Received: 'men'"),
        ("normalize.columns", {"a": 3}, "normalize.columns.a: expected a transform's name, or a "),
        ("normalize.columns", {"a": {"period": 24}}, "normalize.columns.a: expected a transform's"),
        (
            "normalize.columns",
            {"a": {"name": "cyclic", "period": "24"}},
            "normalize.columns.a.period: expected a number from 1e-30 to 1e+30. Received: '24'",
        ),
        (
            "normalize.columns",
            {"a": {"name": "cyclic", "perod": 24}},
            "normalize.columns.a: expected arguments of cyclic (period). Received: 'perod'; did",
        ),
        (
            "normalize.columns",
            {"a": {"name": "one_hot", "period": 24}},
            "normalize.columns.a: expected arguments of one_hot (it has none). Received: 'period'",
        ),
        ("normalize.columns", {"": "none"}, "normalize.columns: expected text that is not empty"),
        ("normalize.min_frequency", 1.0, "min_frequency: expected a whole number or a number < 1"),
        (
            "diagnose.families",
            "some",
            "families: expected one of 'all' or a list. ",
        ),
        ("evaluate", 3, "evaluate: expected a mapping"),
        ("evaluate.decimals", None, "expected a whole number. Received: None"),
    ],
)
def test_one_clear_line(key, value, message):
    line = refusal(key, value)
    assert message in line
    assert key.split(".")[-1] in line
    assert line.isprintable()


def test_a_constant_that_keras_refuses_of_an_optimizer():
    with pytest.raises(UserError) as caught:
        settings(**{"train.optimizer": "lion", "train.beta_1": 0.0})
    expected = "train.beta_1: expected a number > 0 for lion. Received: 0.0"
    assert expected in str(caught.value)
    assert settings(**{"train.optimizer": "adam", "train.beta_1": 0.0}).train.beta_1 == 0.0


def test_a_number_too_long_to_write_is_refused_in_one_line():
    line = refusal("train.epochs", 16**5000)
    assert line.endswith(
        "train.epochs: expected a number <= 1000000. Received: thousands of digits"
    )


@pytest.mark.parametrize("name", ["password", "api_key", "aws_secret_access_key", "token"])
def test_a_key_for_a_secret_is_refused_and_a_column_of_that_name_is_not(name):
    content = params.read(ROOT / "params.yaml")
    content["data"][name] = "hunter2"
    with pytest.raises(UserError, match=rf"data\.{name}: expected no password") as caught:
        params.check(content)
    assert "hunter2" not in str(caught.value)
    assert settings(**{"normalize.columns": {name: "standard"}}).normalize.columns[name]


def test_a_missing_key_is_named():
    content = params.read(ROOT / "params.yaml")
    del content["train"]["seed"]
    with pytest.raises(UserError, match=r"train\.seed: expected this key, which is missing"):
        params.check(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(key=st.sampled_from([*leaves(), "data", "train.schedule"]), value=JSON)
@example(key="data", value={"\n": None})
def test_any_value_is_taken_or_refused_in_one_line(key, value):
    try:
        settings(**{key: value})
    except UserError as error:
        assert str(error).startswith(f"params.yaml: {key}") or key.startswith("data.split")
        assert "\n" not in str(error)


# ------------------------------------------------------------------------- names of the vocabulary


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train.optimizer", "adamm", "train.optimizer: expected one of sgd, momentum"),
        ("train.optimizer", "adamm", "Received: 'adamm'; did you mean 'adam'?"),
        ("train.optimizer", "", "Received: ''"),
        ("train.optimizer", None, "train.optimizer: expected text. Received: None"),
        ("train.loss", "crossentropy", "did you mean 'binary_crossentropy'?"),
        ("train.loss", "autoo", "did you mean 'auto'?"),
        ("train.activation", "auto", "train.activation: expected one of linear, relu"),
        ("train.output_activation", "sigmoidd", "did you mean 'sigmoid'?"),
        ("train.target_encoding", "value", "target_encoding: expected one of auto, integer"),
        ("train.schedule.name", "cosin", "train.schedule.name: expected one of constant"),
        ("normalize.target", "quantile", "normalize.target: expected one of none, standard"),
        ("normalize.columns", {"age": "z"}, "normalize.columns.age: expected one of none"),
        ("diagnose.families", ["epoch"], "diagnose.families.0: expected one of initialization"),
        ("diagnose.families", ["epoch"], "did you mean 'epochs'?"),
        ("compute.backend", "thread", "did you mean 'threads'?"),
        ("train.kernel_initializer", "he_norml", "did you mean 'he_normal'?"),
        ("train.kernel_initializer", 3, "expected an initializer's name, or a mapping such as"),
        ("train.kernel_initializer", {"minval": 0}, "expected an initializer's name, or a"),
        (
            "train.kernel_initializer",
            {"name": "random_uniform", "minvl": 0.1},
            "expected arguments of random_uniform (minval, maxval). Received: 'minvl'; "
            "did you mean 'minval'?",
        ),
        ("train.bias_initializer", {"name": "zeros", "value": 1}, "it has none"),
        (
            "train.kernel_initializer",
            {"name": "random_normal", "stddev": "wide"},
            "train.kernel_initializer.stddev: expected a number. Received: 'wide'",
        ),
        (
            "train.kernel_initializer",
            {"name": "random_normal", "mean": True},
            "train.kernel_initializer.mean: expected a number. Received: True",
        ),
        (
            "train.kernel_initializer",
            {"name": "random_normal", "mean": float("inf")},
            "expected a number from -3e+37 to 3e+37. Received: inf",
        ),
        (
            "train.kernel_initializer",
            {"name": "variance_scaling", "mode": 3},
            "train.kernel_initializer.mode: expected one of fan_in, fan_out, fan_avg. Received: 3",
        ),
        ("train.bias_initializer", "orthogonal", "expected an initializer of bias vectors"),
    ],
)
def test_names_are_those_of_the_vocabulary(key, value, message):
    line = refusal(key, value)
    assert line.startswith(f"params.yaml: {key}")
    assert message in line


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("name", "piecewise_constant", "boundaries: expected a boundary for piecewise_constant"),
        ("boundaries", [2.0, 1.0], "boundaries: expected rising numbers. Received: [2.0, 1.0]"),
        ("boundaries", [1.0], "factors: expected a factor for each of 1 boundaries. Received: []"),
    ],
)
def test_pieces_of_a_schedule(key, value, line):
    assert refusal(f"train.schedule.{key}", value).startswith(f"params.yaml: train.schedule.{line}")
