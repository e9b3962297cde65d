"""Initial weights. A new initializer is one row here, and one function of the same name in
lib/mlp/initializers.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stages.lib.vocabulary.rows import by_name

# Keras' own defaults of a dense layer.
KERNEL_DEFAULT = "glorot_uniform"
BIAS_DEFAULT = "zeros"


@dataclass(frozen=True)
class Initializer:
    """An initializer, by Keras' name and with its arguments and defaults.

    Attributes:
        name: in params.yaml, and in Keras as text.
        keras_class: of the class in keras.initializers.
        arguments: its arguments and their defaults; a text among them takes text, a number numbers.
        kernels_only: it needs two axes, and so no bias can be drawn by it.
        needs_arguments: its name by itself stands for nothing in Keras.
        older_classes: what Keras called the class before.
    """

    name: str
    keras_class: str
    arguments: Mapping[str, float | str] = field(default_factory=dict)
    kernels_only: bool = False
    needs_arguments: bool = False
    older_classes: tuple[str, ...] = ()


INITIALIZERS = by_name(
    Initializer("zeros", "Zeros"),
    Initializer("ones", "Ones"),
    Initializer("constant", "Constant", {"value": 0.0}, needs_arguments=True),
    Initializer("random_normal", "RandomNormal", {"mean": 0.0, "stddev": 0.05}),
    Initializer("random_uniform", "RandomUniform", {"minval": -0.05, "maxval": 0.05}),
    Initializer("truncated_normal", "TruncatedNormal", {"mean": 0.0, "stddev": 0.05}),
    Initializer(
        "variance_scaling",
        "VarianceScaling",
        {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"},
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
