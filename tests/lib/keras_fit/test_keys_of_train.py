"""Every key of the section train changes what Keras' fit is given, or is known not to."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.keras_fit import compiled
from stages.lib.keras_fit.edit import edited_model
from stages.lib.keras_fit.quiet import keras
from stages.lib.keras_fit.rows import batches, rows_of
from stages.lib.mlp.arms import table_of
from stages.lib.params.model import CHAIN_KEYS
from stages.lib.params.train import Train
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from tests.cards import task_of
from tests.conftest import train_settings
from tests.lib.keras_fit.models import Example
from tests.lib.params.keys import fields

# What the stage does with them by itself: tests/train and tests/lib/mlp/test_runtime.py.
# Several members are refused beside a Keras model: tests/train/test_members.py.
OF_THE_STAGE = {"initial_weights", "threads", "device", "members"}
FILE = {"model.file": "data/programs/mine.json"}
VALUES: dict[str, Any] = {
    "model.activation": "elu", "model.kernel_initializer": "he_normal", "model.dropout": 0.4,
    "model.l2": 0.1, "model.output_activation": "tanh", "model.width": 2.0,
    "layers": [9], "activation": "elu", "kernel_initializer": "he_normal",
    "bias_initializer": "ones", "batch_normalization": "after_activation",
    "layer_normalization": "after_activation", "gaussian_noise": 0.3, "dropout": 0.3,
    "alpha_dropout": 0.3, "l1": 0.1, "l2": 0.1, "output_activation": "tanh", "output_units": 5,
    "shuffle_buffer": 1, "loss": "mean_absolute_error", "from_logits": True,
    "label_smoothing": 0.2, "class_weight": {"class 0": 3.0},
    "target_encoding": "plus_minus_one", "optimizer": "lion", "weight_decay": 0.2,
    "ema_momentum": 0.9, "gradient_accumulation_steps": 3, "schedule.name": "cosine",
    "schedule.warmup_epochs": 1, "schedule.boundaries": [2], "schedule.factors": [0.3],
    "early_stopping.restore_best": False, "shuffle": True, "focal_balancing": True,
}  # fmt: skip
# Where a key says something: beside these.
BESIDE: dict[str, dict[str, Any]] = {
    **{f"model.{key}": FILE for key in ("activation", "kernel_initializer", "dropout", "l2",
                                        "output_activation", "width")},
    **{f"schedule.{key}": {"schedule.name": "polynomial"} for key in ("final_fraction", "power")},
    **{f"schedule.{key}": {"schedule.name": "exponential"} for key in ("decay_epochs",
                                                                       "decay_rate")},
    **{f"schedule.{key}": {"schedule.name": "cosine_restarts", "schedule.decay_epochs": 1.0}
       for key in ("restart_length", "restart_height")},
    **{f"schedule.{key}": {"schedule.name": "piecewise_constant", "schedule.boundaries": [1],
                           "schedule.factors": [0.5]} for key in ("boundaries", "factors")},
    **{f"early_stopping.{key}": {"early_stopping.patience": 3} for key in ("min_delta",
                                                                           "restore_best")},
    **{f"reduce_on_plateau.{key}": {"reduce_on_plateau.patience": 3}
       for key in ("factor", "min_delta", "cooldown", "min_learning_rate")},
    "early_stopping.restore_best": {"early_stopping.patience": 3,
                                    "early_stopping.restore_best": True},
    "seed": {"shuffle": True},
}  # fmt: skip
BESIDE |= {
    key: {"loss": row.name, "focal_balancing": key == "focal_alpha"}
    for row in reversed(LOSSES.values())
    for key in row.constants
}
BESIDE |= {
    key: {"optimizer": row.name, **row.constants}
    for row in OPTIMIZERS.values()
    for key in row.constants
}


def leaves() -> Iterator[str]:
    """Keys of train that have a value."""
    every = fields(Train)
    for key in every:
        if not any(other.startswith(f"{key}.") for other in every) and key != "model.file":
            yield key


def example() -> Example:
    """Two classes by the sum of four numbers, and a skip."""
    x = np.random.default_rng(7).normal(size=(24, 4))
    start = keras.Input((4,), name="x")
    h = keras.layers.Dropout(0.1)(keras.layers.Dense(6, activation="relu")(start))
    h = keras.layers.Concatenate()([start, h])
    model = keras.Model(start, keras.layers.Dense(1, activation="sigmoid")(h))
    return Example(model, [x], (x.sum(axis=1, keepdims=True) > 0).astype("int32"), task_of())


@pytest.fixture(scope="module")
def given() -> Example:
    return example()


def other(key: str, present: Any) -> Any:
    """Another value of a key."""
    if key in VALUES:
        return VALUES[key]
    return 2 if present is None else type(present)(present * 0.5 if present else 1)


def in_keras(example: Example, changes: dict[str, Any]) -> str:
    """All that Keras is given of these settings, as text."""
    program = example.program(**changes)
    params, table = program.params, example.table(held_out=4)
    table = table_of(params, example.task, table.x, table.y, {})
    rows = rows_of(program, table.parts(program)["train"])
    order = iter(batches(rows, params.batch_size, params.seed, params.shuffle))
    optimizer = compiled.optimizer(params, 4).get_config()
    optimizer |= {"name": "", "learning_rate": "below"}
    probes = np.linspace(0.1, 0.8, len(rows.y[0]), dtype="float32")[:, None]
    value = compiled.loss(program)(rows.y[0], probes)
    callbacks = [compiled.stopping(params, True), compiled.plateau(params, True)]
    return repr(
        [
            type(compiled.optimizer(params, 4)).__name__,
            json.dumps(optimizer, sort_keys=True, default=str),
            compiled.rates(params, 4).tolist(),
            float(value),
            [sorted(plain(vars(one)).items()) for one in callbacks if one is not None],
            [np.asarray(part).tolist() for part in next(order)],
            edited_model(program.model, params.model, params.model.output_activation),
        ]
    )


def plain(content: dict[str, Any]) -> dict[str, Any]:
    """The numbers and texts of an object."""
    return {key: value for key, value in content.items() if isinstance(value, int | float | str)}


@pytest.mark.parametrize("key", sorted(set(leaves()) - OF_THE_STAGE))
@pytest.mark.sampled(20)
def test_a_key_changes_what_keras_is_given(given, key):
    beside = {"batch_size": 8, "epochs": 4, "shuffle": False, **BESIDE.get(key, {})}
    present = train_settings(**beside)
    for part in key.split("."):
        present = getattr(present, part)
    changes = beside | {key: other(key, present)}
    assert changes != beside
    if key in CHAIN_KEYS:
        assert in_keras(given, changes) == in_keras(given, beside)
    else:
        assert in_keras(given, changes) != in_keras(given, beside)


def test_every_key_is_tried_or_the_stages():
    assert set(leaves()) > OF_THE_STAGE
    assert set(CHAIN_KEYS) < set(leaves())


def test_a_mismatch_names_the_keys_that_a_model_has(given):
    with pytest.raises(UserError) as raised:
        given.program(loss="categorical_crossentropy")
    assert str(raised.value) == (
        "params.yaml: train.model.file: expected a model with output_units 2 for "
        "categorical_crossentropy with target_encoding one_hot. Received: 1"
    )
