"""Activations. A new one is one row here, and one function of the same name in
lib/mlp/activations.py."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Activation:
    """An activation, by the name and with the constants of keras.activations.

    Attributes:
        name: in params.yaml, and of the function in keras.activations.
        low, high: its lowest and highest output at the defaults of its arguments; infinite where
            there is none. Those of gelu, silu and mish are the minima of their formulas, that of
            selu is -1.0507 * 1.6733.
        initializer: the kernel initializer that keeps the variance from layer to layer: he_normal
            for units that are zero or flat on one side (He et al., arXiv:1502.01852),
            glorot_uniform for symmetric ones (Glorot and Bengio, AISTATS 2010), lecun_normal for
            selu (Klambauer et al., arXiv:1706.02515).
        for_hidden_layers: it passes on gradients well enough to stand in hidden layers.
        saturates: bounded on both sides with a slope that dies out. Not so softmax: its slope as
            the probes take it, of the sum over the units, is always zero.
        dies: it has an exactly flat side, so that a unit can stay at its bound for good.
        homogeneous: f(m x) = m f(x) for m of 0 and above, so that a dropout mask before it equals
            one after it.
        takes_logits: Keras hands its inputs, not its outputs, to a loss with a form for logits,
            whichever of these activations it is: Dense(1, "softmax") trains like a sigmoid under
            binary cross-entropy, and still predicts 1.0 for every row.
        sums_to_one: the outputs of a row are shares of one.
        alias_of: the row that it is another name of, or ''.
        layer: the class of keras.layers that it is where it stands as a layer of its own, or ''.
        arguments: its constants and their defaults, under Keras' names.
        above: by argument, the number that it may not be at or below.
        trained: arrays of a number per unit that it is trained with, from zeros on. Keras has such
            a one as a layer only.
        layer_arguments: of that class beside those, with the only value of each that is this
            activation.
        layer_defaults: what the class assumes for an argument where that is another value.
        older_arguments: what Keras called an argument before, and calls it now.
        operation: the class of keras.ops that stands for it in a traced model, or ''.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    initializer: str = "glorot_uniform"
    for_hidden_layers: bool = False
    saturates: bool = False
    dies: bool = False
    homogeneous: bool = False
    takes_logits: bool = False
    sums_to_one: bool = False
    alias_of: str = ""
    arguments: Mapping[str, float] = field(default_factory=dict)
    above: Mapping[str, float] = field(default_factory=dict)
    trained: tuple[str, ...] = ()
    layer: str = ""
    layer_arguments: Mapping[str, Any] = field(default_factory=dict)
    layer_defaults: Mapping[str, Any] = field(default_factory=dict)
    older_arguments: Mapping[str, str] = field(default_factory=dict)
    operation: str = ""

    @property
    def is_unbounded(self) -> bool:
        """It reaches every number."""
        return math.isinf(self.low) and math.isinf(self.high)


def _one_sided(name: str, low: float, **facts: Any) -> Activation:
    """A hidden layer's activation that is flat or nearly so on one side."""
    return Activation(name, low, initializer="he_normal", for_hidden_layers=True, **facts)


ACTIVATIONS = by_name(
    Activation("linear", homogeneous=True),
    _one_sided("relu", 0.0, dies=True, homogeneous=True, layer="ReLU", operation="Relu",
               layer_arguments={"negative_slope": 0.0, "threshold": 0.0, "max_value": None}),
    _one_sided("leaky_relu", -math.inf, homogeneous=True, layer="LeakyReLU",
               operation="LeakyRelu", arguments={"negative_slope": 0.2},
               above={"negative_slope": 0.0}, layer_defaults={"negative_slope": 0.3},
               older_arguments={"alpha": "negative_slope"}),
    _one_sided("prelu", -math.inf, homogeneous=True, layer="PReLU", trained=("alpha",),
               layer_arguments={"alpha_initializer": "Zeros", "alpha_regularizer": None,
                                "alpha_constraint": None, "shared_axes": None}),
    _one_sided("relu6", 0.0, high=6.0, dies=True, layer="ReLU", operation="Relu6",
               layer_arguments={"negative_slope": 0.0, "threshold": 0.0, "max_value": 6.0},
               layer_defaults={"max_value": None}),
    _one_sided("elu", -1.0, layer="ELU", operation="Elu", arguments={"alpha": 1.0},
               above={"alpha": 0.0}),
    Activation("selu", -1.7581, initializer="lecun_normal", for_hidden_layers=True,
               operation="Selu"),
    _one_sided("gelu", -0.1700, operation="Gelu"),
    _one_sided("silu", -0.2785, operation="Silu"),
    _one_sided("swish", -0.2785, alias_of="silu"),
    _one_sided("mish", -0.3089, operation="Mish"),
    _one_sided("softplus", 0.0, operation="Softplus"),
    Activation("softsign", -1.0, 1.0, saturates=True, operation="Softsign"),
    Activation("tanh", -1.0, 1.0, for_hidden_layers=True, saturates=True, operation="Tanh"),
    Activation("sigmoid", 0.0, 1.0, saturates=True, takes_logits=True, operation="Sigmoid"),
    Activation("hard_sigmoid", 0.0, 1.0, saturates=True, operation="HardSigmoid"),
    Activation("exponential", 0.0, operation="Exp"),
    Activation("softmax", 0.0, 1.0, takes_logits=True, sums_to_one=True, layer="Softmax",
               layer_arguments={"axis": -1}, operation="Softmax"),
)  # fmt: skip


def matched_initializer(activation: str) -> str:
    """The kernel initializer that keeps this activation's variance from layer to layer."""
    return ACTIVATIONS[activation].initializer
