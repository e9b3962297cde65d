"""Initial weights. A new initializer is one row here, and one function of the same name in
lib/mlp/initializers.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stages.lib.vocabulary.rows import by_name

# Keras' own defaults of a dense layer.
KERNEL_DEFAULT = "glorot_uniform"
BIAS_DEFAULT = "zeros"
# Of a number among the arguments: a draw ten deviations from its mean is still finite in float32.
LARGEST = 3e37


@dataclass(frozen=True)
class Initializer:
    """An initializer, by Keras' name and with its arguments and defaults.

    Attributes:
        name: in params.yaml, and in Keras as text.
        keras_class: of the class in keras.initializers.
        arguments: its arguments and their defaults; a text among them takes one of its `choices`, a
            number numbers within float32.
        choices: by argument, the texts that it can be.
        at_least, above: by argument, the number that it may not be below, or not at or below.
        rising: two arguments of which the second may not be below the first.
        kernels_only: it needs two axes, and so no bias can be drawn by it.
        needs_arguments: its name by itself stands for nothing in Keras.
        older_classes: what Keras called the class before.
    """

    name: str
    keras_class: str
    arguments: Mapping[str, float | str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)
    above: Mapping[str, float] = field(default_factory=dict)
    rising: tuple[str, str] | None = None
    kernels_only: bool = False
    needs_arguments: bool = False
    older_classes: tuple[str, ...] = ()


INITIALIZERS = by_name(
    Initializer("zeros", "Zeros"),
    Initializer("ones", "Ones"),
    Initializer("constant", "Constant", {"value": 0.0}, needs_arguments=True),
    Initializer("random_normal", "RandomNormal", {"mean": 0.0, "stddev": 0.05},
                at_least={"stddev": 0.0}),
    Initializer("random_uniform", "RandomUniform", {"minval": -0.05, "maxval": 0.05},
                rising=("minval", "maxval")),
    Initializer("truncated_normal", "TruncatedNormal", {"mean": 0.0, "stddev": 0.05},
                at_least={"stddev": 0.0}),
    Initializer(
        "variance_scaling",
        "VarianceScaling",
        {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"},
        choices={
            "mode": ("fan_in", "fan_out", "fan_avg"),
            "distribution": ("truncated_normal", "untruncated_normal", "uniform"),
        },
        above={"scale": 0.0},
    ),
    Initializer("glorot_normal", "GlorotNormal"),
    Initializer("glorot_uniform", "GlorotUniform"),
    Initializer("he_normal", "HeNormal"),
    Initializer("he_uniform", "HeUniform"),
    Initializer("lecun_normal", "LecunNormal"),
    Initializer("lecun_uniform", "LecunUniform"),
    Initializer("orthogonal", "Orthogonal", {"gain": 1.0}, kernels_only=True,
                older_classes=("OrthogonalInitializer",)),
    Initializer("identity", "Identity", {"gain": 1.0}, kernels_only=True,
                older_classes=("IdentityInitializer",)),
)  # fmt: skip
