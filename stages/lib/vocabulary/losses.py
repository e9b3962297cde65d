"""Losses. A new one is one row here, and one function of the same name in lib/mlp/losses.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Loss:
    """A trained loss, by the name of Keras' function.

    Attributes:
        name: in params.yaml, and of the function in keras.losses.
        keras_class: of the class in keras.losses.
        reads: what it takes the outputs for: 'probabilities' (a cross-entropy), 'margin' (a hinge
            loss) or 'numbers'.
        target: what it is fed: 'any' (target columns and units broadcast), 'same' (one target
            column a unit), 'one_hot' (a share for each class, one a unit) or 'code' (an integer
            class below the number of units).
        has_logits: it has a form for logits, and Keras' argument `from_logits`.
        smooths_labels: it has Keras' argument `label_smoothing`.
        least_at: of numbers, the constant that minimises it: 'mean', 'median', 'between' (median
            and mean), 'log_mean' (the mean of log(1 + target)) or 'weighted_median' (each target
            weighted by one over its size, so below the median). None for losses of classes.
        finds_probabilities: of targets 0 and 1 (or one-hot), it is least at the probabilities;
            log_cosh within 0.04 of them.
        nonnegative: it is defined for targets of 0 and above only.
        divides_by_sum: it divides the outputs of a row by their sum before anything else.
        aliases: abbreviations that Keras takes or took, which a saved model may have.
        fixed: arguments of Keras' class that params.yaml has no key for, and the only value of
            each that this row stands for.
    """

    name: str
    keras_class: str
    reads: Literal["probabilities", "margin", "numbers"]
    target: Literal["any", "same", "one_hot", "code"] = "any"
    has_logits: bool = False
    smooths_labels: bool = False
    least_at: Literal["mean", "median", "between", "log_mean", "weighted_median"] | None = None
    finds_probabilities: bool = False
    nonnegative: bool = False
    divides_by_sum: bool = False
    aliases: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def of_one_class(self) -> bool:
        """It takes the targets of a row for shares of one: one class, not several labels."""
        return self.target in ("one_hot", "code")


LOSSES = by_name(
    Loss(
        "binary_crossentropy",
        "BinaryCrossentropy",
        "probabilities",
        target="same",
        has_logits=True,
        smooths_labels=True,
        finds_probabilities=True,
        aliases=("bce",),
        fixed={"axis": -1},
    ),
    Loss(
        "categorical_crossentropy",
        "CategoricalCrossentropy",
        "probabilities",
        target="one_hot",
        has_logits=True,
        smooths_labels=True,
        finds_probabilities=True,
        divides_by_sum=True,
        fixed={"axis": -1},
    ),
    Loss(
        "sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
        "probabilities",
        target="code",
        has_logits=True,
        finds_probabilities=True,
        fixed={"ignore_class": None, "axis": -1},
    ),
    Loss(
        "kl_divergence",
        "KLDivergence",
        "probabilities",
        target="one_hot",
        finds_probabilities=True,
        aliases=("kld",),
    ),
    Loss(
        "mean_squared_error",
        "MeanSquaredError",
        "numbers",
        least_at="mean",
        finds_probabilities=True,
        aliases=("mse",),
    ),
    Loss("mean_absolute_error", "MeanAbsoluteError", "numbers", least_at="median",
         aliases=("mae",)),
    Loss("mean_absolute_percentage_error", "MeanAbsolutePercentageError", "numbers",
         least_at="weighted_median", aliases=("mape",)),
    Loss(
        "mean_squared_logarithmic_error",
        "MeanSquaredLogarithmicError",
        "numbers",
        least_at="log_mean",
        nonnegative=True,
        aliases=("msle",),
    ),
    # Errors of probabilities are at most 1, where Huber's loss is half the squared one.
    Loss("huber", "Huber", "numbers", least_at="between", finds_probabilities=True,
         fixed={"delta": 1.0}),
    Loss("log_cosh", "LogCosh", "numbers", least_at="between", finds_probabilities=True,
         aliases=("logcosh",)),
    Loss("poisson", "Poisson", "numbers", least_at="mean", finds_probabilities=True,
         nonnegative=True),
    Loss("hinge", "Hinge", "margin"),
    Loss("squared_hinge", "SquaredHinge", "margin"),
)  # fmt: skip
