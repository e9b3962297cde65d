"""Keras' layers that a chain of dense layers is made of. A new one is one row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.rows import by_name

Role = Literal["shape", "preprocessing", "dense", "activation", "normalization", "dropout"]

# Of keras.layers.BatchNormalization: the share of the moving averages that a step keeps, and what
# is added to a variance.
BATCH_MOMENTUM = 0.99
BATCH_EPSILON = 1e-3


@dataclass(frozen=True)
class Layer:
    """A layer class.

    The classes that are one activation each stand with the activations.

    Attributes:
        name: of the class in keras.layers.
        role: 'shape' (it only reshapes the rows), 'preprocessing' (it changes the rows and learns
            nothing in training), 'dense', 'activation', 'normalization' or 'dropout'.
        fixed: arguments of the class that params.yaml has no key for, and the value of each that
            the network's layer has: Keras' default.
    """

    name: str
    role: Role
    fixed: Mapping[str, Any] = field(default_factory=dict)


LAYERS = by_name(
    Layer("InputLayer", "shape"),
    Layer("Flatten", "shape"),
    Layer("Rescaling", "preprocessing"),
    Layer("Normalization", "preprocessing"),
    Layer(
        "Dense",
        "dense",
        {
            "bias_regularizer": None,
            "activity_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
            "lora_rank": None,
            "quantization_config": None,
        },
    ),
    Layer("Activation", "activation"),
    Layer(
        "BatchNormalization",
        "normalization",
        {
            "momentum": BATCH_MOMENTUM,
            "epsilon": BATCH_EPSILON,
            "beta_initializer": "Zeros",
            "gamma_initializer": "Ones",
            "moving_mean_initializer": "Zeros",
            "moving_variance_initializer": "Ones",
            "beta_regularizer": None,
            "gamma_regularizer": None,
            "renorm": False,
        },
    ),
    Layer("Dropout", "dropout"),
)


def layer_roles() -> dict[str, Role]:
    """The role of each class of keras.layers that a chain may have, by its name."""
    roles = {row.name: row.role for row in LAYERS.values()}
    return roles | {row.layer: "activation" for row in ACTIVATIONS.values() if row.layer}
