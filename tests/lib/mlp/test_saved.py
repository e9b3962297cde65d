"""A trained network as network.json has it, and read back."""

import json

import pytest

from stages.lib.artifacts.network import Training
from stages.lib.core.errors import UserError
from stages.lib.mlp.program import program
from stages.lib.mlp.saved import TrainedNetwork, parse_network
from tests.cards import task_of
from tests.conftest import train_settings

LAYERS = [
    {"units": 5, "activation": "prelu", "batch_normalization": "before_activation"},
    {"units": 4, "activation": {"name": "elu", "alpha": 0.25}, "dropout": 0.5},
    {"units": 3, "activation": "leaky_relu", "layer_normalization": "after_activation",
     "gaussian_noise": 0.1, "alpha_dropout": 0.1},
    2,
]  # fmt: skip


def plain() -> dict:
    plan = program(train_settings(layers=LAYERS), task_of(), 6)
    training = Training(
        version=1, parameters=1, status="completed", epochs_run=0, kept_epoch=0, divergence=None
    )
    content = TrainedNetwork(plan.network, plan.contract, training).plain()
    found: dict = json.loads(json.dumps(content))
    assert parse_network(found, "network.json").network == plan.network
    return found


def test_a_network_is_read_back_as_it_was():
    layers = plain()["layers"]
    arguments = [layer["activation_arguments"] for layer in layers]
    assert arguments == [{}, {"alpha": 0.25}, {"negative_slope": 0.2}, {}, {}]


@pytest.mark.parametrize(
    ("layer", "key", "value", "words"),
    [
        (1, "activation_arguments", {}, "activation_arguments: expected those of elu: alpha"),
        (0, "activation_arguments", {"alpha": 1.0}, "expected those of prelu: none"),
        (1, "activation_arguments", {"alpha": 0.0}, "alpha: expected a number > 0. Received: 0"),
        (1, "activation_arguments", {"alpha": "1"}, "alpha: expected a number. Received: '1'"),
        (1, "activation_arguments", [["alpha", 1.0]], "activation_arguments: expected a mapping"),
        (2, "layer_normalization", "after", "layer_normalization: expected one of none, before_ac"),
        (1, "activation", "eluu", "activation: expected one of linear, relu, "),
    ],
)
def test_another_content_gets_one_line(layer, key, value, words):
    content = plain()
    content["layers"][layer][key] = value
    with pytest.raises(UserError) as caught:
        parse_network(content, "network.json")
    assert str(caught.value).startswith("network.json: layers") and words in str(caught.value)
