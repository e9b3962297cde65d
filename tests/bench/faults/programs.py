"""Healthy programs, their variations, and sound programs for pure noise.

All are changes of `content_of` (tests/conftest.py) by dotted key. A new one is one entry of its
table.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Healthy:
    """task as in the card; changes of `content_of` that give a sound program."""

    task: str
    changes: dict


def _synthetic(scenario: str, rows: int = 1500, **more) -> dict:
    data = {f"data.synthetic.{key}": value for key, value in more.items()}
    return {
        "data.source": "synthetic",
        "data.synthetic.scenario": scenario,
        "data.synthetic.rows": rows,
        **data,
    }


def _bundled(dataset: str) -> dict:
    return {"data.source": "bundled", "data.bundled.dataset": dataset}


_STANDARD = {
    "normalize.features": "standard",
    "normalize.binary": "standard",
    "train.layers": [32, 16],
    "train.kernel_initializer": "he_normal",
}
_TARGET = {"normalize.target": "standard"}


def _stop(patience: int) -> dict:
    return {"train.early_stopping.patience": patience}


# Each is trained for a thousand steps at least, or until its validation loss has stopped falling.
HEALTHY = {
    "breast_cancer": Healthy(
        "binary",
        {**_bundled("breast_cancer"), **_STANDARD, "train.epochs": 120, "train.l2": 0.001}
        | _stop(8),
    ),
    "digits": Healthy(
        "multiclass",
        {**_bundled("digits"), **_STANDARD, "train.layers": [64, 32], "train.epochs": 40}
        | {"train.dropout": 0.2},
    ),
    "wine": Healthy(
        "multiclass", {**_bundled("wine"), **_STANDARD, "train.epochs": 300, "train.l2": 0.001}
    ),
    "diabetes": Healthy(
        "regression",
        {**_bundled("diabetes"), **_STANDARD, **_TARGET, "train.epochs": 150, **_stop(10)}
        | {"train.dropout": 0.1, "train.l2": 0.01},
    ),
    "income": Healthy(
        "binary",
        {**_synthetic("income"), **_STANDARD, "train.epochs": 40, "train.l2": 0.001, **_stop(6)},
    ),
    "moons": Healthy(
        "binary", {**_synthetic("moons", features=2), **_STANDARD, "train.epochs": 60, **_stop(10)}
    ),
    "gaussian_classes": Healthy(
        "multiclass",
        {**_synthetic("gaussian_classes"), **_STANDARD, "train.epochs": 40, **_stop(6)}
        | {"train.l2": 0.001},
    ),
    "friedman": Healthy(
        "regression",
        {**_synthetic("friedman"), **_STANDARD, **_TARGET, "train.layers": [64, 32]}
        | {"train.activation": "tanh", "train.kernel_initializer": "glorot_uniform"}
        | {"train.epochs": 80, **_stop(15)},
    ),
    "heavy_tail": Healthy(
        "regression",
        {**_synthetic("heavy_tail", noise_sd=0.3), **_STANDARD, "train.epochs": 200}
        | {"normalize.target": "log1p_standard", **_stop(10)},
    ),
}

# Changes of a healthy program that are a matter of taste.
VARIATIONS = {
    "as_is": {},
    "again": {},
    "tanh": {"train.activation": "tanh", "train.kernel_initializer": "glorot_uniform"},
    "elu": {"train.activation": "elu"},
    "keras_start": {"train.kernel_initializer": "glorot_uniform"},
    "robust": {"normalize.features": "robust"},
    "batch_16": {"train.batch_size": 16},
    "rmsprop": {"train.optimizer": "rmsprop"},
    "dropout_0.1": {"train.dropout": 0.1},
}

COIN = {**_synthetic("coin_flips"), **_STANDARD, "train.epochs": 20, **_stop(3)}
_REDRAWN = _synthetic("gaussian_classes", label_noise=1.0)
# Sound programs for data with nothing to learn: each ends before it memorises.
NOISE = {
    "as_is": {},
    "again": {},
    "third": {},
    "ten_columns": {"data.synthetic.features": 10},
    "unequal": {"data.synthetic.class_shares": [0.8, 0.2]},
    "small": {"train.layers": [8]},
    "linear": {"train.layers": []},
    "dropout": {"train.dropout": 0.5},
    "penalty": {"train.l2": 0.01},
    "tanh": {"train.activation": "tanh", "train.kernel_initializer": "glorot_uniform"},
    "nesterov": {"train.optimizer": "nesterov", "train.learning_rate": 0.003},
    "batch_128": {"train.batch_size": 128},
    "fewer_rows": {"data.synthetic.rows": 600},
    "two_columns": {"data.synthetic.features": 2},
    "elu": {"train.activation": "elu"},
    "patient": {"train.epochs": 40, **_stop(8)},
    # All labels drawn again: three classes that nothing tells apart.
    "three_classes": _REDRAWN,
    "three_classes_small": _REDRAWN | {"train.layers": [8]},
    "three_classes_penalty": _REDRAWN | {"train.l2": 0.01},
    "three_classes_few_rows": _REDRAWN | {"data.synthetic.rows": 600},
}
# The same for numbers: targets in another order (`spoils.unrelated`).
_UNRELATED = HEALTHY["friedman"].changes | {"train.epochs": 20, **_stop(3), "train.l2": 0.001}
NOISE_NUMBERS = {
    "numbers": _UNRELATED,
    "numbers_linear": _UNRELATED | {"train.layers": []},
    "numbers_small": _UNRELATED | {"train.layers": [8]},
    "numbers_few_rows": _UNRELATED | {"data.synthetic.rows": 600},
}
