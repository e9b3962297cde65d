"""Keras' layers that a chain of dense layers is made of. A new one is one row."""

from dataclasses import dataclass
from typing import Literal

from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Layer:
    """A layer class.

    Attributes:
        name: of the class in keras.layers.
        role: 'shape' (the rows are flat already), 'dense', 'activation', 'normalization' or
            'dropout'.
    """

    name: str
    role: Literal["shape", "dense", "activation", "normalization", "dropout"]


LAYERS = by_name(
    Layer("InputLayer", "shape"),
    Layer("Flatten", "shape"),
    Layer("Dense", "dense"),
    Layer("Activation", "activation"),
    *(Layer(row.layer, "activation") for row in ACTIVATIONS.values() if row.layer),
    Layer("BatchNormalization", "normalization"),
    Layer("Dropout", "dropout"),
)
