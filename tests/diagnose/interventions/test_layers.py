"""Edits of programs whose layers have settings of their own."""

import numpy as np
import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from stages.diagnose.interventions.candidates import candidates
from stages.diagnose.interventions.entry import Facts
from stages.diagnose.interventions.layers import (
    edited,
    effective,
    settings_of,
    units_of,
    usual_activation,
)
from stages.diagnose.prescription import Promise, prescription
from stages.lib import params
from stages.lib.params.edits import Sections
from tests.cards import card_of
from tests.conftest import ROOT, changed, content_of, run

FACTS = Facts(rows=900, task=card_of().task, categorical=False, skewness=0.0, dying=True)
OWN = [{"units": 64, "activation": "sigmoid", "dropout": 0.5}, {"units": 9, "l2": 0.1}, 8]


def program(layers: list = OWN, **more) -> Sections:
    return changed(content_of(), {"train.layers": layers, **more})


def proposed(sections: Sections, intervention: str) -> list[dict]:
    every = candidates(sections, FACTS)
    return [one.edit for one in every if one.intervention == intervention]


def test_an_edit_is_of_all_hidden_layers():
    after = edited(program(), {"train.activation": "tanh", "train.l2": 0.0})["train"]
    assert after["layers"] == [{"units": 64, "dropout": 0.5}, 9, 8]
    assert (after["activation"], after["l2"]) == ("tanh", 0.0)


def test_edits_of_units_and_of_settings_are_joined_in_any_order():
    units = {"train.layers": [{"units": 4, "activation": "sigmoid", "dropout": 0.5}, 3]}
    dropout = {"train.dropout": 0.2}
    both = [edited(program(), one) for one in (units | dropout, dropout | units)]
    assert both[0] == both[1]
    assert both[0]["train"]["layers"] == [{"units": 4, "activation": "sigmoid"}, 3]


def test_what_only_a_layer_has_is_changed_too():
    """relu is the section's activation already; of one layer it is not."""
    assert effective(program(), {"train.activation": "relu"}) == {"train.activation": "relu"}
    assert effective(program(OWN[1:]), {"train.activation": "relu"}) == {}
    assert effective(program(), {"train.epochs": 50, "train.dropout": 0.0}) == {
        "train.dropout": 0.0
    }


@pytest.mark.parametrize(
    ("layers", "intervention", "edits"),
    [
        (OWN, "live_activation", [{"train.activation": "relu"}]),
        ([{"units": 4, "activation": "tanh"}, 3], "live_activation", []),
        ([{"units": 4, "kernel_initializer": "ones"}, 3], "matched_initializer",
         [{"train.kernel_initializer": "he_normal"}]),
        ([{"units": 4, "activation": "selu", "kernel_initializer": "lecun_normal"}, 3, 3],
         "matched_initializer", []),
        ([{"units": 4, "bias_initializer": "ones"}], "matched_initializer",
         [{"train.bias_initializer": "zeros"}]),
        ([{"units": 4, "activation": "tanh"}, {"units": 3, "activation": "tanh"}, 3],
         "other_initializer",
         [{"train.kernel_initializer": "orthogonal"}]),  # tanh's own is the one it has
        ([{"units": 4, "activation": "elu"}], "other_activation", [{"train.activation": "relu"}]),
        ([{"units": 4, "activation": "elu"}], "units_that_live", []),
        ([4, {"units": 4, "activation": "elu"}], "units_that_live",
         [{"train.activation": "leaky_relu"},
          {"train.activation": "leaky_relu", "train.kernel_initializer": "he_uniform"}]),
        ([4, {"units": 4, "batch_normalization": "before_activation"}],
         "other_batch_normalization", [{"train.batch_normalization": "none"}]),
        (OWN, "less_regularization",
         [{"train.dropout": 0.0}, {"train.l2": 0.0}, {"train.dropout": 0.0, "train.l2": 0.0}]),
        (OWN, "more_regularization", []),
        ([{"units": 4, "alpha_dropout": 0.1}, 3], "more_regularization",
         [{"train.l2": 0.001}, {"train.l2": 0.01}]),
        ([4, {"units": 4, "layer_normalization": "before_activation"}],
         "other_batch_normalization", []),
        ([{"units": 64, "dropout": 0.5}, 1, {"units": 8, "l2": 0.1}], "wider_bottleneck",
         [{"train.layers": [{"units": 64, "dropout": 0.5}, 8, {"units": 8, "l2": 0.1}]}]),
        ([{"units": 16, "dropout": 0.5}], "other_size",
         [{"train.layers": [{"units": 64, "dropout": 0.5}]},
          {"train.layers": [{"units": 4, "dropout": 0.5}]},
          {"train.layers": [{"units": 64, "dropout": 0.5}, 32]}]),
        ([{"units": 2, "l1": 0.5}, {"units": 2, "l2": 0.5}, {"units": 2, "dropout": 0.5}],
         "usual_size",
         [{"train.layers": [{"units": 64, "l1": 0.5}, {"units": 32, "l2": 0.5}]}]),
    ],
)  # fmt: skip
def test_proposals_look_at_each_layer(layers, intervention, edits):
    assert proposed(program(layers), intervention) == edits


def test_units_and_the_usual_activation():
    assert units_of(program()["train"]) == [64, 9, 8]
    assert usual_activation(program()["train"]) == "relu"
    assert usual_activation(program(OWN[:1])["train"]) == "sigmoid"
    assert usual_activation(program([])["train"]) == "relu"


def test_a_prescription_says_which_layers_lose_a_setting(tmp_path):
    """As keys of params.yaml, and as a command that DVC understands."""
    sections, edit = program(), {"train.activation": "relu", "train.dropout": 0.1}
    left = [64, {"units": 9, "l2": 0.1}, 8]
    settings = {"train.dropout": 0.1, "train.layers": left}
    assert settings_of(sections, edit) == settings
    found = prescription(sections, edit, Promise(np.array([0.5, 0.6]), np.array([0.55])))
    assert found["edits"] == [
        {"key": "train.dropout", "old": 0.0, "new": 0.1},
        {"key": "train.layers", "old": OWN, "new": left},
    ]
    [command] = found["commands"]
    content = changed(params.read(ROOT / "params.yaml"), {"train.layers": OWN})
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    done = run(tmp_path, "bash", "-c", command.replace("dvc exp run", "printf '%s\\n'"))
    given = [one for one in done.stdout.splitlines() if one != "-S"]
    apply_overrides(file, given)
    assert params.read(file) == changed(content, settings)
