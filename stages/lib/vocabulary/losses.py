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
        keras_class: of the class in keras.losses; '' where Keras has none.
        definition: the function in Keras' terms where Keras has none, with the constants in braces.
        of_batch: the value of a batch is no mean over its rows, each of which has it.
        reads: what it takes the outputs for: 'probabilities' (a cross-entropy), 'margin' (a hinge
            loss), 'numbers' or 'direction' (of a row's outputs, whose length says nothing).
        target: what it is fed: 'any' (target columns and units broadcast), 'same' (one target
            column a unit), 'one_hot' (a share for each class, one a unit) or 'code' (an integer
            class below the number of units).
        has_logits: it has a form for logits, and Keras' argument `from_logits`.
        handed_logits: Keras computes it from the inputs of an output activation that hands them
            over (see Activation.takes_logits).
        converts_logits: of declared logits it makes probabilities before all else, by a sigmoid or
            softmax of its own: what hands its inputs over is not passed by then.
        smooths_labels: it has Keras' argument `label_smoothing`.
        least_at: of numbers, the constant that minimises it: 'mean', 'median', 'between' (median
            and mean), 'log_mean' (the mean of log(1 + target)), 'weighted_median' (each target
            weighted by one over its size, so below the median), 'quantile' or 'mean_of_batch' (the
            mean of the batch's targets, whatever the inputs are). None for losses of classes. Of
            what is `of_batch`, by one large batch.
        constants: the keys of params.yaml's section train that it reads, and Keras' default of
            each.
        spelled: Keras' argument for each of them.
        finds_probabilities: of targets 0 and 1 (or one-hot), it is least at the probabilities;
            log_cosh within 0.04 of them.
        finds_from: by constant, the least number at which it does.
        nonnegative: it is defined for targets of 0 and above only.
        divides_by_sum: it divides the outputs of a row by their sum before anything else.
        aliases: abbreviations that Keras takes or took, which a saved model may have.
        fixed: arguments of Keras' class that params.yaml has no key for, and the only value of
            each that this row stands for.
    """

    name: str
    keras_class: str
    reads: Literal["probabilities", "margin", "numbers", "direction"]
    target: Literal["any", "same", "one_hot", "code"] = "any"
    has_logits: bool = False
    handed_logits: bool = False
    converts_logits: bool = False
    smooths_labels: bool = False
    least_at: (
        Literal[
            "mean", "median", "between", "log_mean", "weighted_median", "quantile", "mean_of_batch"
        ]
        | None
    ) = None
    constants: Mapping[str, float] = field(default_factory=dict)
    spelled: Mapping[str, str] = field(default_factory=dict)
    finds_probabilities: bool = False
    finds_from: Mapping[str, float] = field(default_factory=dict)
    nonnegative: bool = False
    divides_by_sum: bool = False
    aliases: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    definition: str = ""
    of_batch: bool = False

    @property
    def of_one_class(self) -> bool:
        """It takes the targets of a row for shares of one: one class, not several labels."""
        return self.target in ("one_hot", "code")

    def source_of_logits(
        self, from_logits: bool, hands_over: bool
    ) -> Literal["inputs", "outputs", ""]:
        """What of the output activation it takes for logits: its inputs, its outputs, or ''.

        Args:
            from_logits: the outputs are declared to be logits.
            hands_over: the activation hands its inputs over (Activation.takes_logits).
        """
        if self.has_logits and from_logits and (self.converts_logits or not hands_over):
            return "outputs"
        return "inputs" if self.handed_logits and hands_over else ""


_FOCAL = {
    "focal_gamma": "gamma",
    "focal_alpha": "alpha",
    "focal_balancing": "apply_class_balancing",
}

LOSSES = by_name(
    Loss(
        "binary_crossentropy",
        "BinaryCrossentropy",
        "probabilities",
        target="same",
        has_logits=True,
        handed_logits=True,
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
        handed_logits=True,
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
        handed_logits=True,
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
    Loss(
        "root_mean_squared_error",
        "",
        "numbers",
        least_at="mean",
        finds_probabilities=True,
        of_batch=True,
        definition="""\
def root_mean_squared_error(y_true, y_pred):
    return keras.ops.sqrt(keras.ops.mean(keras.ops.square(y_true - y_pred)))
""",
    ),
    # What targets of shape (n,) are compared by with outputs of shape (n, 1).
    Loss(
        "mean_squared_error_of_all_pairs",
        "",
        "numbers",
        least_at="mean_of_batch",
        of_batch=True,
        definition="""\
def mean_squared_error_of_all_pairs(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true[None] - y_pred[:, None]))
""",
    ),
    # Koenker and Bassett, Regression Quantiles, Econometrica 1978.
    Loss(
        "quantile",
        "",
        "numbers",
        least_at="quantile",
        constants={"quantile": 0.5},
        definition="""\
def quantile(y_true, y_pred):
    error = y_true - y_pred
    pinball = keras.ops.maximum({quantile} * error, ({quantile} - 1) * error)
    return keras.ops.mean(pinball, axis=-1)
""",
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
    # Errors of probabilities are at most 1: within such a delta Huber's loss is half the squared
    # one.
    Loss("huber", "Huber", "numbers", least_at="between", constants={"huber_delta": 1.0},
         spelled={"huber_delta": "delta"}, finds_probabilities=True,
         finds_from={"huber_delta": 1.0}),
    Loss("log_cosh", "LogCosh", "numbers", least_at="between", finds_probabilities=True,
         aliases=("logcosh",)),
    Loss("poisson", "Poisson", "numbers", least_at="mean", finds_probabilities=True,
         nonnegative=True),
    Loss("hinge", "Hinge", "margin"),
    Loss("squared_hinge", "SquaredHinge", "margin"),
    Loss("cosine_similarity", "CosineSimilarity", "direction", fixed={"axis": -1}),
    Loss(
        "binary_focal_crossentropy",
        "BinaryFocalCrossentropy",
        "probabilities",
        target="same",
        has_logits=True,
        handed_logits=True,
        converts_logits=True,
        smooths_labels=True,
        constants={"focal_gamma": 2.0, "focal_alpha": 0.25, "focal_balancing": False},
        spelled=_FOCAL,
        fixed={"axis": -1},
    ),
    Loss(
        "categorical_focal_crossentropy",
        "CategoricalFocalCrossentropy",
        "probabilities",
        target="one_hot",
        has_logits=True,
        converts_logits=True,
        smooths_labels=True,
        divides_by_sum=True,
        constants={"focal_gamma": 2.0, "focal_alpha": 0.25},
        spelled=_FOCAL,
        fixed={"axis": -1},
    ),
)  # fmt: skip
