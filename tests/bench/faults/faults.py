"""The faults that are seeded into healthy programs. A new one is one entry of its table.

PROGRAM: a setting is wrong that the interventions' table knows. RECOMMENDED: the setting is the
recommended one, or one that no recommended edit touches, and wrong for these data. DATA: the table
is at fault. Whether a fault really hurts is not assumed here: `examine` trains each beside its
healthy program and drops those that do not.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """What breaks a program.

    Attributes:
        family: whose edit mends it; empty where no edit of params.yaml can.
        changes: what is broken, of the program.
        on: the tasks or healthy programs that it is seeded into.
        given: changes of the healthy program too, where the fault needs another setting to hurt.
        spoil: an entry of SPOILS.
        of_table: the table is what is broken: the healthy program is the same on the table without
            the spoil. Otherwise both are trained on the spoilt one.
        checks: those that should name it.
    """

    name: str
    family: str
    severity: str
    changes: dict
    on: tuple[str, ...]
    given: dict = field(default_factory=dict)
    spoil: str | None = None
    of_table: bool = False
    checks: tuple[str, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """The family, or none."""
        return (self.family,) if self.family else ()


_ALL = ("binary", "multiclass", "regression")
_CLASSES = ("binary", "multiclass")
_SYNTHETIC_CLASSES = ("income", "moons", "gaussian_classes")
_CURVED = ("moons", "friedman")


def _uniform(width: float) -> dict:
    return {"name": "random_uniform", "minval": -width, "maxval": width}


def _clip(kind: str, limit: float) -> dict:
    return {f"train.clip.{kind}": limit}


_NOISY = {"data.synthetic.rows": 500, "data.synthetic.label_noise": 0.3}
_UNSTOPPED = {**_NOISY, "train.early_stopping.patience": None}
_DEEP = {"train.layers": [32, 32, 32, 16]}
_K, _B = "train.kernel_initializer", "train.bias_initializer"

PROGRAM = (
    # name, family, severity, changes, on, given, spoil
    Fault("tiny_weights", "initialization", "severe", {_K: _uniform(0.002)}, _ALL, _DEEP),
    Fault("zero_weights", "initialization", "severe", {_K: "zeros"}, _ALL),
    Fault("equal_weights", "initialization", "severe", {_K: "ones"}, _ALL),
    Fault(
        "huge_weights",
        "initialization",
        "severe",
        {_K: {"name": "random_normal", "stddev": 3.0}},
        _ALL,
    ),
    Fault(
        "large_weights",
        "initialization",
        "mild",
        {_K: {"name": "random_normal", "stddev": 0.7}},
        _ALL,
    ),
    Fault("dead_bias", "initialization", "severe", {_B: {"name": "constant", "value": -5.0}}, _ALL),
    Fault("large_bias", "initialization", "mild", {_B: {"name": "constant", "value": 5.0}}, _ALL),
    Fault(
        "raw_inputs",
        "input_normalization",
        "severe",
        {"normalize.features": "none"},
        ("income", "breast_cancer", "wine", "diabetes"),
    ),
    Fault(
        "raw_digits",
        "input_normalization",
        "mild",
        {"normalize.features": "none", "normalize.binary": "none"},
        ("digits",),
    ),
    Fault(
        "minmax_tails",
        "input_normalization",
        "mild",
        {"normalize.features": "minmax"},
        ("income", "breast_cancer", "diabetes"),
    ),
    Fault(
        "one_raw_column",
        "input_normalization",
        "severe",
        {"normalize.columns": {"household_income": "none"}},
        ("income",),
    ),
    Fault(
        "one_raw_area",
        "input_normalization",
        "mild",
        {"normalize.columns": {"worst area": "none"}},
        ("breast_cancer",),
    ),
    Fault(
        "one_raw_proline",
        "input_normalization",
        "severe",
        {"normalize.columns": {"proline": "none"}},
        ("wine",),
    ),
    Fault(
        "raw_target",
        "target_normalization",
        "severe",
        {"normalize.target": "none"},
        ("diabetes", "heavy_tail"),
    ),
    Fault(
        "raw_small_target",
        "target_normalization",
        "mild",
        {"normalize.target": "none"},
        ("friedman",),
    ),
    Fault(
        "minmax_target",
        "target_normalization",
        "mild",
        {"normalize.target": "minmax"},
        ("regression",),
    ),
    Fault(
        "linear_target",
        "target_normalization",
        "mild",
        {"normalize.target": "standard"},
        ("heavy_tail",),
    ),
    Fault("long_momentum", "optimizer", "severe", {"train.beta_1": 0.9995}, _ALL),
    Fault("some_momentum", "optimizer", "mild", {"train.beta_1": 0.995}, _ALL),
    Fault("epsilon_one", "optimizer", "severe", {"train.epsilon": 1.0}, _ALL),
    Fault(
        "tight_clip",
        "optimizer",
        "severe",
        {"train.optimizer": "sgd", **_clip("value", 1e-4)},
        _ALL,
        {"train.learning_rate": 0.01},
    ),
    Fault(
        "tight_norm",
        "optimizer",
        "severe",
        {"train.optimizer": "sgd", **_clip("global_norm", 1e-3)},
        _ALL,
        {"train.learning_rate": 0.01},
    ),
    Fault("adagrad", "optimizer", "severe", {"train.optimizer": "adagrad"}, _ALL),
    Fault("plain_sgd", "optimizer", "mild", {"train.optimizer": "sgd"}, _ALL),
    Fault("rate_1e-6", "learning_rate", "severe", {"train.learning_rate": 1e-6}, _ALL),
    Fault("rate_1e-5", "learning_rate", "severe", {"train.learning_rate": 1e-5}, _ALL),
    Fault("rate_1e-4", "learning_rate", "mild", {"train.learning_rate": 1e-4}, _ALL),
    Fault("rate_0.1", "learning_rate", "mild", {"train.learning_rate": 0.1}, _ALL),
    Fault("rate_1", "learning_rate", "severe", {"train.learning_rate": 1.0}, _ALL),
    Fault(
        "sgd_rate_10",
        "learning_rate",
        "severe",
        {"train.learning_rate": 10.0},
        _ALL,
        {"train.optimizer": "nesterov", "train.learning_rate": 0.01},
    ),
    Fault(
        "fast_decay",
        "schedule",
        "severe",
        {
            "train.schedule.name": "exponential",
            "train.schedule.decay_epochs": 1,
            "train.schedule.decay_rate": 0.1,
        },
        _ALL,
    ),
    Fault(
        "decay",
        "schedule",
        "mild",
        {
            "train.schedule.name": "exponential",
            "train.schedule.decay_epochs": 1,
            "train.schedule.decay_rate": 0.5,
        },
        _ALL,
    ),
    Fault("endless_warmup", "schedule", "severe", {"train.schedule.warmup_epochs": 5000}, _ALL),
    Fault("long_warmup", "schedule", "mild", {"train.schedule.warmup_epochs": 500}, _ALL),
    Fault("full_batch", "batch_size", "severe", {"train.batch_size": 100_000}, _ALL),
    Fault(
        "large_batch",
        "batch_size",
        "mild",
        {"train.batch_size": 512},
        ("digits", *_SYNTHETIC_CLASSES, "friedman", "heavy_tail"),
    ),
    Fault("one_epoch", "epochs", "severe", {"train.epochs": 1}, _ALL),
    Fault("two_epochs", "epochs", "mild", {"train.epochs": 2}, _ALL),
    Fault(
        "endless_epochs",
        "epochs",
        "severe",
        {"train.epochs": 400, "train.early_stopping.patience": None},
        ("income", "gaussian_classes"),
        _NOISY,
    ),
    Fault(
        "many_epochs",
        "epochs",
        "mild",
        {"train.epochs": 200, "train.early_stopping.patience": None},
        _SYNTHETIC_CLASSES,
        _NOISY,
    ),
    Fault("squared_error", "loss", "mild", {"train.loss": "mean_squared_error"}, _CLASSES),
    Fault(
        "absolute_error_classes", "loss", "severe", {"train.loss": "mean_absolute_error"}, _CLASSES
    ),
    Fault("hinge", "loss", "severe", {"train.loss": "hinge"}, _CLASSES),
    Fault("poisson", "loss", "severe", {"train.loss": "poisson"}, ("regression",)),
    Fault(
        "logarithmic_error",
        "loss",
        "severe",
        {"train.loss": "mean_squared_logarithmic_error"},
        ("regression",),
    ),
    Fault("absolute_error", "loss", "mild", {"train.loss": "mean_absolute_error"}, ("diabetes",)),
    Fault(
        "binary_for_number",
        "loss",
        "severe",
        {"train.loss": "binary_crossentropy"},
        ("regression",),
    ),
    Fault(
        "from_logits",
        "loss",
        "severe",
        {"train.from_logits": True},
        _CLASSES,
        {"train.output_activation": "relu"},
    ),
    Fault(
        "probabilities_as_logits",
        "loss",
        "mild",
        {"train.from_logits": True, "train.output_activation": "sigmoid"},
        ("binary",),
    ),
    Fault(
        "softmax_on_one",
        "output_activation",
        "severe",
        {"train.output_activation": "softmax", "train.output_units": 1},
        ("binary",),
    ),
    Fault("relu_output", "output_activation", "severe", {"train.output_activation": "relu"}, _ALL),
    Fault(
        "linear_output",
        "output_activation",
        "severe",
        {"train.output_activation": "linear"},
        _CLASSES,
    ),
    Fault("tanh_output", "output_activation", "severe", {"train.output_activation": "tanh"}, _ALL),
    Fault(
        "sigmoid_for_number",
        "output_activation",
        "severe",
        {"train.output_activation": "sigmoid"},
        ("regression",),
    ),
    Fault(
        "sigmoid_for_classes",
        "output_activation",
        "mild",
        {"train.output_activation": "sigmoid"},
        ("multiclass",),
    ),
    Fault("linear_hidden", "hidden_activation", "severe", {"train.activation": "linear"}, _CURVED),
    Fault(
        "deep_sigmoid", "hidden_activation", "severe", {"train.activation": "sigmoid"}, _ALL, _DEEP
    ),
    Fault("sigmoid", "hidden_activation", "mild", {"train.activation": "sigmoid"}, _ALL),
    Fault("exponential", "hidden_activation", "severe", {"train.activation": "exponential"}, _ALL),
    Fault("softmax_hidden", "hidden_activation", "severe", {"train.activation": "softmax"}, _ALL),
    Fault("dropout_0.9", "regularization", "severe", {"train.dropout": 0.9}, _ALL),
    Fault("dropout_0.6", "regularization", "mild", {"train.dropout": 0.6}, _ALL),
    Fault("penalty_1", "regularization", "severe", {"train.l2": 1.0}, _ALL),
    Fault("penalty_0.1", "regularization", "mild", {"train.l2": 0.1}, _ALL),
    Fault(
        "decay_10",
        "regularization",
        "severe",
        {"train.weight_decay": 10.0},
        _ALL,
        {"train.optimizer": "adamw"},
    ),
    Fault(
        "memorises",
        "regularization",
        "severe",
        {"train.dropout": 0.0, "train.l2": 0.0},
        _SYNTHETIC_CLASSES,
        {**_UNSTOPPED, "train.layers": [128, 64], "train.dropout": 0.5, "train.l2": 0.003},
    ),
    Fault(
        "one_unit", "capacity", "severe", {"train.layers": [1]}, ("moons", "multiclass", "friedman")
    ),
    Fault(
        "two_units", "capacity", "mild", {"train.layers": [2]}, ("moons", "multiclass", "friedman")
    ),
    Fault(
        "bottleneck",
        "capacity",
        "severe",
        {"train.layers": [32, 1, 16]},
        ("multiclass", "friedman"),
    ),
    Fault(
        "too_large",
        "capacity",
        "severe",
        {"train.layers": [512, 512]},
        _SYNTHETIC_CLASSES,
        {**_UNSTOPPED, "data.synthetic.label_noise": 0.1, "train.layers": [8]},
    ),
    Fault("no_hidden_layer", "capacity", "severe", {"train.layers": []}, _CURVED),
    Fault(
        "codes_from_one",
        "data",
        "severe",
        {"train.target_encoding": "integer_from_one"},
        ("binary",),
    ),
    Fault(
        "codes_of_signs", "data", "severe", {"train.target_encoding": "plus_minus_one"}, ("binary",)
    ),
    Fault(
        "codes_for_shares", "data", "severe", {"train.target_encoding": "integer"}, ("multiclass",)
    ),
    Fault("gaps_kept", "data", "severe", {"normalize.missing": "keep"}, _ALL, spoil="gaps"),
)

_QUICK = {"train.epochs": 6, "train.learning_rate": 0.01}
_STOPPED = {"train.early_stopping.patience": 10, "train.early_stopping.min_delta": 0.0}
_NORMALIZED = {"train.batch_normalization": "before_activation", "data.synthetic.rows": 600}
_MEMORISING = {
    **_NOISY,
    "train.layers": [128, 64],
    "train.l2": 0.0,
    "train.epochs": 200,
    "train.early_stopping.patience": 150,
}
_AVERAGED = {"train.early_stopping.patience": None}
_UNEQUAL = {"data.synthetic.class_shares": [0.9, 0.1]}

RECOMMENDED = (
    Fault(
        "default_rate_few_steps",
        "learning_rate",
        "mild",
        {"train.learning_rate": 0.001},
        ("income", "moons", "digits", "friedman"),
        _QUICK,
    ),
    Fault(
        "few_rows_a_batch",
        "batch_size",
        "severe",
        {"train.batch_size": 2},
        ("income", "moons", "friedman"),
        {**_NORMALIZED, "train.epochs": 20},
        checks=("batch_statistics",),
    ),
    Fault(
        "impatient",
        "epochs",
        "mild",
        {"train.early_stopping.patience": 0},
        _ALL,
        {**_STOPPED, "train.learning_rate": 0.003, "train.batch_size": 16},
        checks=("impatient_stopping",),
    ),
    Fault(
        "large_min_delta", "epochs", "mild", {"train.early_stopping.min_delta": 0.1}, _ALL, _STOPPED
    ),
    Fault(
        "huge_min_delta",
        "epochs",
        "severe",
        {"train.early_stopping.min_delta": 1.0},
        _ALL,
        _STOPPED,
    ),
    Fault(
        "last_epoch_kept",
        "epochs",
        "mild",
        {"train.early_stopping.restore_best": False},
        _SYNTHETIC_CLASSES,
        _MEMORISING,
    ),
    Fault(
        "lagging_average",
        "optimizer",
        "mild",
        {"train.ema_momentum": 0.999},
        _ALL,
        _AVERAGED,
        checks=("average_of_weights",),
    ),
    Fault(
        "frozen_average",
        "optimizer",
        "severe",
        {"train.ema_momentum": 0.9999},
        _ALL,
        _AVERAGED,
        checks=("average_of_weights",),
    ),
    Fault(
        "balanced_weights",
        "loss",
        "severe",
        {"train.class_weight": "balanced"},
        ("income", "moons"),
        _UNEQUAL,
    ),
    Fault("smoothed_labels", "loss", "mild", {"train.label_smoothing": 0.3}, _CLASSES),
    Fault(
        "standard_for_tails",
        "input_normalization",
        "mild",
        {"normalize.features": "standard"},
        ("friedman",),
        {"normalize.features": "quantile"},
        "tails",
    ),
    Fault(
        "squared_error_of_wild_targets",
        "loss",
        "severe",
        {"train.loss": "auto"},
        ("friedman", "diabetes"),
        {"train.loss": "huber", "normalize.target": "robust"},
        "wild_targets",
    ),
    Fault(
        "standard_target_of_wild_targets",
        "target_normalization",
        "mild",
        {"normalize.target": "standard"},
        ("friedman", "diabetes"),
        {"train.loss": "huber", "normalize.target": "robust"},
        "wild_targets",
    ),
)

_MANY = {"data.synthetic.rows": 400, "data.synthetic.features": 60}
_ONE_HOT = {"normalize.columns": {"shop": "one_hot"}}
_TELLING = {"normalize.missing_indicator": True}
_SHIFTED = ("income", "gaussian_classes", "friedman", "breast_cancer", "diabetes")

DATA = (
    Fault(
        "sentinel",
        "",
        "severe",
        {},
        ("income", "friedman", "diabetes"),
        spoil="sentinel",
        of_table=True,
        checks=("sentinel_value",),
    ),
    *(
        Fault(
            name,
            "",
            "severe",
            {},
            _SHIFTED,
            spoil=name,
            of_table=True,
            checks=("shifted_target",),
        )
        for name in ("shift_1", "shift_3", "shift_5")
    ),
    *(
        Fault(
            name,
            "",
            severity,
            {},
            _CLASSES,
            spoil=name,
            of_table=True,
            checks=("label_noise",),
        )
        for name, severity in (("flips_0.1", "mild"), ("flips_0.3", "severe"))
    ),
    Fault(
        "outlying",
        "input_normalization",
        "severe",
        {},
        ("income", "friedman", "diabetes"),
        spoil="outlying",
        of_table=True,
        checks=("outlying_value",),
    ),
    Fault(
        "mixed_units",
        "",
        "severe",
        {},
        ("income", "wine"),
        spoil="mixed_units",
        of_table=True,
        checks=("mixed_units",),
    ),
    Fault(
        "codes_as_numbers",
        "input_normalization",
        "severe",
        {"normalize.columns": {}},
        ("friedman", "diabetes", "income", "gaussian_classes"),
        _ONE_HOT,
        "codes",
        checks=("coded_column",),
    ),
    Fault(
        "useless_columns",
        "input_normalization",
        "severe",
        {"normalize.keep_best": None},
        ("income", "moons", "friedman"),
        _MANY | {"normalize.keep_best": 5},
    ),
    Fault(
        "telling_gaps",
        "data",
        "severe",
        {"normalize.missing_indicator": False},
        ("income", "friedman", "moons", "diabetes"),
        _TELLING,
        "telling_gaps",
        checks=("informative_gaps",),
    ),
    Fault(
        "drift",
        "",
        "severe",
        {},
        ("friedman", "income", "moons"),
        spoil="drift",
        of_table=True,
        checks=("target_drift",),
    ),
)

Origin = Literal["program", "recommended", "data"]
FAULTS: dict[Origin, tuple[Fault, ...]] = {
    "program": PROGRAM,
    "recommended": RECOMMENDED,
    "data": DATA,
}
