"""Optimizers and gradient clipping. A new optimizer is one row here, and one function of the same
name in lib/mlp/optimizers.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Optimizer:
    """An optimizer in Keras' arithmetic.

    Attributes:
        name: in params.yaml.
        keras_class: of the class in keras.optimizers.
        learning_rate: Keras' default.
        constants: the keys of params.yaml's section train that it reads, and the value of each
            that is usual.
        keras_defaults: what Keras' class assumes for a constant where that is not the usual value.
        arguments: further arguments of Keras' class that make it this optimizer.
        weight_decay: Keras' default, which `weight_decay: auto` means.
        adaptive: it divides each step by the size of past gradients, so a usual learning rate
            suits inputs and losses of many scales.
    """

    name: str
    keras_class: str
    learning_rate: float
    constants: Mapping[str, float] = field(default_factory=dict)
    keras_defaults: Mapping[str, float] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    weight_decay: float = 0.0
    adaptive: bool = False

    def keras_default(self, constant: str) -> float:
        """What Keras' class assumes where this constant is not given."""
        return self.keras_defaults.get(constant, self.constants[constant])


_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}

OPTIMIZERS = by_name(
    Optimizer("sgd", "SGD", 0.01),
    Optimizer("momentum", "SGD", 0.01, {"momentum": 0.9}, {"momentum": 0.0}),
    Optimizer("nesterov", "SGD", 0.01, {"momentum": 0.9}, {"momentum": 0.0}, {"nesterov": True}),
    Optimizer("rmsprop", "RMSprop", 0.001, {"rho": 0.9, "epsilon": 1e-7}, adaptive=True),
    Optimizer("adam", "Adam", 0.001, _ADAM, adaptive=True),
    Optimizer("adamw", "AdamW", 0.001, _ADAM, weight_decay=0.004, adaptive=True),
    Optimizer("adagrad", "Adagrad", 0.001, {"epsilon": 1e-7}, adaptive=True),
)

# How a gradient is clipped: the key of `train.clip`, and Keras' argument of every optimizer.
CLIPS: Mapping[str, str] = {
    "value": "clipvalue",
    "norm": "clipnorm",
    "global_norm": "global_clipnorm",
}

# Arguments of Keras' optimizers that are no constant of a row, with the value that means "off".
# Those that would make it another optimizer, and those that may be left out with a remark.
OTHER_UPDATE: Mapping[str, Any] = {
    "centered": False,
    "gradient_accumulation_steps": None,
    "momentum": 0.0,
}
LEFT_OUT: Mapping[str, Any] = {
    "amsgrad": False,
    "use_ema": False,
    "loss_scale_factor": None,
    "initial_accumulator_value": 0.1,
}
