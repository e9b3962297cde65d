"""What a Keras model has of the section train."""

import pytest

from stages.lib.core.errors import UserError
from stages.lib.params.layer import LayerSettings
from stages.lib.params.model import CHAIN_KEYS, ModelEdits, key_of_model
from stages.lib.params.train import Train
from tests.conftest import train_settings

DESCRIPTION = ModelEdits.model_fields["file"].description


def test_the_keys_that_are_not_looked_at_are_those_that_the_description_names():
    keys = list(Train.model_fields)
    first, last = keys.index("layers"), keys.index("l2")
    assert "from layers to l2 (but initial_weights), " in DESCRIPTION
    named = [key for key in keys[first : last + 1] if key != "initial_weights"]
    named += [key for key in keys[last + 1 :] if f" {key} " in DESCRIPTION.replace(",", " ")]
    assert list(CHAIN_KEYS) == named
    # A setting that a layer gets for itself is one of a chain without a line about it.
    assert {*LayerSettings.model_fields} - {"units"} < {*CHAIN_KEYS}


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("train.output_activation", "train.model.output_activation"),
        ("train.l2", "train.model.l2"),
        ("train.layers", "train.model.file"),
        ("train.output_units", "train.model.file"),
        ("train.loss", "train.loss"),
        ("normalize.target", "normalize.target"),
        ("train.schedule.name", "train.schedule.name"),
        ("train.model.width", "train.model.width"),
    ],
)
def test_the_key_of_a_model_in_the_place_of_a_chains(key, wanted):
    assert key_of_model(key) == wanted


@pytest.mark.parametrize(
    ("key", "value", "other"),
    [("activation", "tanh", "train.activation"), ("width", 2.0, "train.layers"),
     ("l2", 0.0, "train.l2")],
)  # fmt: skip
def test_an_edit_of_no_model_is_refused(key, value, other):
    with pytest.raises(UserError) as raised:
        train_settings(**{f"model.{key}": value})
    assert str(raised.value).startswith(f"params.yaml: train.model.{key}: expected null without")
    assert other in str(raised.value)
    train_settings(**{f"model.{key}": value, "model.file": "data/programs/mine.json"})
