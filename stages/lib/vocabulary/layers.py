"""Keras' layers that a chain of dense layers is made of. A new one is one row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.rows import by_name

Role = Literal["shape", "preprocessing", "dense", "activation", "normalization", "noise"]

# Of keras.layers.BatchNormalization: the share of the moving averages that a step keeps, and what
# is added to a variance.
BATCH_MOMENTUM = 0.99
BATCH_EPSILON = 1e-3
# Of keras.layers.LayerNormalization.
LAYER_EPSILON = 1e-3
# Of keras.layers.AlphaDropout: what a dropped unit becomes, selu's lowest output.
ALPHA_DROPPED = -1.6732632423543772 * 1.0507009873554805


@dataclass(frozen=True)
class Layer:
    """A layer class.

    The classes that are one activation each stand with the activations.

    Attributes:
        name: of the class in keras.layers.
        role: 'shape' (it only reshapes the rows), 'preprocessing' (it changes the rows and learns
            nothing in training), 'dense', 'activation', 'normalization' or 'noise' (it changes what
            passes in training by random numbers).
        key: of a normalization or a noise, the key of params.yaml that says it.
        amount: of a noise, the argument of the class that is the value of that key.
        fixed: arguments of the class that params.yaml has no key for, and the value of each that
            the network's layer has: Keras' default.
    """

    name: str
    role: Role
    key: str = ""
    amount: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)


LAYERS = by_name(
    Layer("InputLayer", "shape"),
    Layer("Flatten", "shape"),
    Layer("Rescaling", "preprocessing"),
    Layer("Normalization", "preprocessing"),
    Layer(
        "Dense",
        "dense",
        fixed={
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
        key="batch_normalization",
        fixed={
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
    Layer(
        "LayerNormalization",
        "normalization",
        key="layer_normalization",
        fixed={
            "epsilon": LAYER_EPSILON,
            "beta_initializer": "Zeros",
            "gamma_initializer": "Ones",
            "beta_regularizer": None,
            "gamma_regularizer": None,
            "beta_constraint": None,
            "gamma_constraint": None,
        },
    ),
    # The noises of a layer, in the order in which it has them.
    Layer("GaussianNoise", "noise", key="gaussian_noise", amount="stddev"),
    Layer("Dropout", "noise", key="dropout", amount="rate"),
    Layer("AlphaDropout", "noise", key="alpha_dropout", amount="rate"),
)


def noises() -> tuple[Layer, ...]:
    """The layers that are noises, in the order in which a hidden layer has them."""
    return tuple(row for row in LAYERS.values() if row.role == "noise")


def layer_roles() -> dict[str, Role]:
    """The role of each class of keras.layers that a chain may have, by its name."""
    roles = {row.name: row.role for row in LAYERS.values()}
    return roles | {row.layer: "activation" for row in ACTIVATIONS.values() if row.layer}
