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
        fixed: arguments of Keras' class that the arithmetic has at these values only, which are
            Keras' defaults.
        spelled: Keras' argument for a constant whose key of params.yaml has another name.
        weight_decay: Keras' default, which `weight_decay: auto` means.
        decays: Keras' arguments of the weight decay, which all have the same value.
        above: by constant, the number at and below which Keras refuses it.
        adaptive: it divides each step by the size of past gradients, so a usual learning rate
            suits inputs and losses of many scales.
    """

    name: str
    keras_class: str
    learning_rate: float
    constants: Mapping[str, float] = field(default_factory=dict)
    keras_defaults: Mapping[str, float] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    spelled: Mapping[str, str] = field(default_factory=dict)
    weight_decay: float = 0.0
    decays: tuple[str, ...] = ("weight_decay",)
    above: Mapping[str, float] = field(default_factory=dict)
    adaptive: bool = False

    def keras_default(self, constant: str) -> float:
        """What Keras' class assumes where this constant is not given."""
        return self.keras_defaults.get(constant, self.constants[constant])

    def keras_name(self, constant: str) -> str:
        """Keras' argument for this constant."""
        return self.spelled.get(constant, constant)

    def keras_arguments(self, train: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of Keras' class beside the learning rate, in a script's order; what Keras
        assumes by itself is left out.

        Args:
            train: the section's keys and values, plain.
        """
        found = {
            self.keras_name(key): train[key]
            for key in self.constants
            if train[key] != self.keras_default(key)
        }
        found |= self.arguments
        if train["weight_decay"] not in ("auto", self.weight_decay):
            found |= dict.fromkeys(self.decays, train["weight_decay"])
        if train["ema_momentum"] is not None:
            found |= {"use_ema": True, "ema_momentum": train["ema_momentum"]}
        accumulated = train["gradient_accumulation_steps"]
        if accumulated is not None:
            found["gradient_accumulation_steps"] = accumulated
        clips = {CLIPS[kind]: limit for kind, limit in train["clip"].items()}
        return found | {key: limit for key, limit in clips.items() if limit is not None}


_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
# Those of Newton-Schulz' iteration and of the step's length, as Keras has them.
_MUON = {
    "nesterov": True,
    "ns_steps": 5,
    "muon_a": 3.4445,
    "muon_b": -4.7750,
    "muon_c": 2.0315,
    "adam_lr_ratio": 1,
    "rms_rate": 0.2,
    "exclude_layers": None,
    "exclude_embeddings": True,
}
_FTRL = {
    "learning_rate_power": -0.5,
    "initial_accumulator_value": 0.1,
    "l1_regularization_strength": 0.0,
    "l2_regularization_strength": 0.0,
    "l2_shrinkage_regularization_strength": 0.0,
    "beta": 0.0,
}

OPTIMIZERS = by_name(
    Optimizer("sgd", "SGD", 0.01),
    Optimizer("momentum", "SGD", 0.01, {"momentum": 0.9}, {"momentum": 0.0}),
    Optimizer("nesterov", "SGD", 0.01, {"momentum": 0.9}, {"momentum": 0.0}, {"nesterov": True}),
    Optimizer(
        "rmsprop",
        "RMSprop",
        0.001,
        {"rho": 0.9, "epsilon": 1e-7},
        fixed={"centered": False, "momentum": 0.0},
        adaptive=True,
    ),
    Optimizer(
        "rmsprop_centered",
        "RMSprop",
        0.001,
        {"rho": 0.9, "epsilon": 1e-7},
        arguments={"centered": True},
        fixed={"momentum": 0.0},
        adaptive=True,
    ),
    Optimizer("adam", "Adam", 0.001, _ADAM, adaptive=True),
    Optimizer("adam_amsgrad", "Adam", 0.001, _ADAM, arguments={"amsgrad": True}, adaptive=True),
    Optimizer("adamw", "AdamW", 0.001, _ADAM, weight_decay=0.004, adaptive=True),
    Optimizer("adamw_amsgrad", "AdamW", 0.001, _ADAM, arguments={"amsgrad": True},
              weight_decay=0.004, adaptive=True),
    Optimizer("nadam", "Nadam", 0.001, _ADAM, adaptive=True),
    Optimizer("adamax", "Adamax", 0.001, _ADAM, adaptive=True),
    Optimizer("adagrad", "Adagrad", 0.001, {"epsilon": 1e-7}, adaptive=True),
    Optimizer("adadelta", "Adadelta", 0.001, {"rho": 0.95, "epsilon": 1e-7}, adaptive=True),
    Optimizer(
        "adafactor",
        "Adafactor",
        0.001,
        {"beta_2_decay": -0.8, "epsilon_1": 1e-30, "epsilon_2": 1e-3, "clip_threshold": 1.0},
        adaptive=True,
    ),
    Optimizer("ftrl", "Ftrl", 0.001, fixed=_FTRL, adaptive=True),
    Optimizer("lamb", "Lamb", 0.001, _ADAM, adaptive=True),
    Optimizer("lion", "Lion", 0.001, {"beta_1": 0.9, "beta_2": 0.99}, above={"beta_1": 0.0},
              adaptive=True),
    Optimizer(
        "muon",
        "Muon",
        0.001,
        {"momentum": 0.95, **_ADAM},
        fixed=_MUON,
        spelled={"beta_1": "adam_beta_1", "beta_2": "adam_beta_2"},
        weight_decay=0.004,
        decays=("weight_decay", "adam_weight_decay"),
        adaptive=True,
    ),
)  # fmt: skip

# How a gradient is clipped: the key of `train.clip`, and Keras' argument of every optimizer.
CLIPS: Mapping[str, str] = {
    "value": "clipvalue",
    "norm": "clipnorm",
    "global_norm": "global_clipnorm",
}

# Arguments of any of Keras' optimizers that are no constant of a row, with the value that means
# "off". Those that would make it another optimizer, and those that are left out with a remark.
OTHER_UPDATE: Mapping[str, Any] = {
    "ema_overwrite_frequency": None,
}
LEFT_OUT: Mapping[str, Any] = {
    "loss_scale_factor": None,
    "initial_accumulator_value": 0.1,
    # Of Adafactor, whose rate is 1 / sqrt(step) at most with it or without.
    "relative_step": True,
}
