"""A compiled loss and optimizer, and the arguments of fit, in the words of params.yaml."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.tools.adopt.translate.received import Described, Fit, number
from stages.tools.adopt.translate.target import Target

# Keras' losses, as classes and as functions, and ours (stages/lib/mlp/losses.py).
LOSSES = {
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "KLDivergence": "kl_divergence",
    "MeanSquaredError": "mean_squared_error",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "Huber": "huber",
    "LogCosh": "log_cosh",
    "Poisson": "poisson",
    "Hinge": "hinge",
    "SquaredHinge": "squared_hinge",
}
FUNCTIONS = {name: name for name in LOSSES.values()}
# As a saved model may have them.
ABBREVIATIONS = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "bce": "binary_crossentropy",
    "msle": "mean_squared_logarithmic_error", "kld": "kl_divergence", "logcosh": "log_cosh",
}  # fmt: skip
# Arguments of losses that have no counterpart, and the value that they must have.
_LOSS_ARGUMENTS = {"delta": 1.0, "axis": -1, "ignore_class": None}

# The arguments of each optimizer that are keys of params.yaml.
OPTIMIZERS = {
    "SGD": ("sgd", ()),
    "RMSprop": ("rmsprop", ("rho", "epsilon")),
    "Adam": ("adam", ("beta_1", "beta_2", "epsilon")),
    "AdamW": ("adamw", ("beta_1", "beta_2", "epsilon")),
    "Adagrad": ("adagrad", ("epsilon",)),
}
CLIPS = {"clipvalue": "value", "clipnorm": "norm", "global_clipnorm": "global_norm"}
# Without a counterpart: those that would make it another optimizer are refused, others are told.
_REFUSED = {"centered": False, "gradient_accumulation_steps": None}
_TOLD = {
    "amsgrad": False, "use_ema": False, "loss_scale_factor": None,
    "initial_accumulator_value": 0.1,
}  # fmt: skip


@dataclass
class Taken:
    """edits: dotted keys of params.yaml and their values; untold: what has no counterpart."""

    edits: dict[str, Any] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)


def loss(given: Described, weighted: bool = False) -> Taken:
    """The loss with from_logits and label_smoothing. Raises UserError for another one, and for
    weighted rows whose losses are divided by anything but their number."""
    name = ABBREVIATIONS.get(given.name.lower(), given.name)
    name = LOSSES.get(name) or FUNCTIONS.get(name)
    if name is None or not given.is_keras:
        raise UserError(
            f"compile(loss=...): expected one of {', '.join(FUNCTIONS)}. "
            f"Received: {printable(given.name)[:60]!r}"
            + ("" if given.is_keras else ", a function of your own")
        )
    config = given.config
    reduction = config.get("reduction", "sum_over_batch_size")
    if reduction not in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise UserError(
            "compile(loss=...): reduction: expected 'sum_over_batch_size', the mean over a batch. "
            f"Received: {reduction!r:.40}, which makes every gradient as many times larger as the "
            "batch has rows"
        )
    if weighted and reduction == "mean_with_sample_weight":
        raise UserError(
            "compile(loss=...): reduction: expected 'sum_over_batch_size' for weighted rows. "
            f"Received: {reduction!r}, which divides by the sum of a batch's weights"
        )
    for key, wanted in _LOSS_ARGUMENTS.items():
        if config.get(key, wanted) != wanted:
            raise UserError(
                f"compile(loss=...): {name}: {key}: expected {wanted!r}. "
                f"Received: {config[key]!r:.40}"
            )
    edits = {"train.loss": name}
    logits = config.get("from_logits", False)
    smoothing = number(config.get("label_smoothing", 0.0), "compile(loss=...): label_smoothing")
    edits |= {"train.from_logits": logits is True, "train.label_smoothing": float(smoothing)}
    return Taken(edits)


def optimizer(given: Described, epochs: int, steps: int) -> Taken:
    """The optimizer, its schedule and its clip; `steps` are those of an epoch in the pipeline."""
    if given.name not in OPTIMIZERS or not given.is_keras:
        raise UserError(
            f"compile(optimizer=...): expected one of {', '.join(OPTIMIZERS)}. "
            f"Received: {printable(given.name)[:60]!r}"
        )
    name, constants = OPTIMIZERS[given.name]
    config = given.config
    where = f"compile(optimizer={given.name})"
    for key, wanted in _REFUSED.items():
        if config.get(key, wanted) not in (wanted, None):
            raise UserError(
                f"{where}: {key}: expected {wanted!r}: it has no counterpart. "
                f"Received: {config[key]!r:.40}"
            )
    momentum = number(config.get("momentum", 0.0) or 0.0, f"{where}: momentum")
    if momentum and name != "sgd":
        raise UserError(f"{where}: momentum: expected 0.0: it has no counterpart. "
                        f"Received: {momentum!r:.40}")  # fmt: skip
    taken = Taken()
    if momentum:
        name = "nesterov" if config.get("nesterov") else "momentum"
        taken.edits["train.momentum"] = float(momentum)
    taken.edits["train.optimizer"] = name
    for key in constants:
        if key in config:
            taken.edits[f"train.{key}"] = float(number(config[key], f"{where}: {key}"))
    decay = config.get("weight_decay")
    ours = 0.0 if decay is None else float(number(decay, f"{where}: weight_decay"))
    own = 0.004 if name == "adamw" else 0.0
    taken.edits["train.weight_decay"] = "auto" if ours == own else ours
    for key, mine in CLIPS.items():
        limit = config.get(key)
        value = None if limit is None else float(number(limit, f"{where}: {key}"))
        taken.edits[f"train.clip.{mine}"] = value
    taken.untold += [
        f"{where}: {key}={config[key]!r:.40}"
        for key, wanted in _TOLD.items()
        if config.get(key, wanted) not in (wanted, None)
    ]
    rate = config.get("learning_rate")
    schedule = _schedule(rate, where, epochs, steps) if isinstance(rate, dict) else _constant(
        number(rate, f"{where}: learning_rate"))  # fmt: skip
    taken.edits |= schedule.edits
    taken.untold += schedule.untold
    return taken


def _as_written(value: float) -> float:
    """Keras keeps a rate as float32: 0.001 comes back as 0.0010000000474974513."""
    return float(str(np.float32(value)))


def _constant(rate: float) -> Taken:
    edits = {"train.learning_rate": _as_written(rate), "train.schedule.name": "constant"}
    return Taken(edits | {"train.schedule.warmup_epochs": 0})


def _schedule(given: dict, where: str, epochs: int, steps: int) -> Taken:
    """A schedule where ours takes the same course, else its first rate, and a line on it."""
    kind = given.get("class_name")
    config = given.get("config") if isinstance(given.get("config"), dict) else {}
    rates = config.get("values") if kind == "PiecewiseConstantDecay" else None
    first = config.get(
        "initial_learning_rate", rates[0] if isinstance(rates, list) and rates else None
    )
    what = f"{where}: learning_rate: {printable(str(kind))[:60]}"
    rate = number(first, what)

    def get(key: str, default: float) -> float:
        value = config.get(key, default)
        return number(default if value is None else value, f"{what}: {key}")

    length = get("decay_steps", 1)
    if kind == "ExponentialDecay":
        factor = get("decay_rate", 1)
        if not config.get("staircase") and 0 < factor <= 1 and length > 0:
            taken = _constant(rate)
            taken.edits |= {
                "train.schedule.name": "exponential",
                "train.schedule.decay_epochs": length / steps,
                "train.schedule.decay_rate": float(factor),
            }
            return taken
    if kind == "CosineDecay":
        target, warmup = config.get("warmup_target"), get("warmup_steps", 0)
        alpha = get("alpha", 0)
        exact = warmup + length == epochs * steps and 0 <= alpha <= 1
        if exact and (target is None or (rate == 0 and warmup)):
            peak = rate if target is None else number(target, f"{what}: warmup_target")
            taken = _constant(peak)
            taken.edits |= {
                "train.schedule.name": "cosine",
                "train.schedule.warmup_epochs": warmup / steps if target is not None else 0,
                "train.schedule.final_fraction": float(alpha),
            }
            return taken
    if not rate > 0:
        raise UserError(f"{what}: expected a schedule that begins above 0. Received: {rate!r:.40}")
    taken = _constant(rate)
    taken.untold.append(f"{what}: the rate stays at {rate:g}")
    return taken


def fit(given: Fit) -> Taken:
    """Batch size, epochs, order and early stopping."""
    taken = Taken(
        {
            "train.batch_size": given.batch_size,
            "train.epochs": given.epochs,
            "train.shuffle": given.shuffle,
            "train.early_stopping.patience": None,
        }
    )
    for one in given.callbacks:
        if one.name == "EarlyStopping" and one.is_keras:
            _early_stopping(one.config, given.validated, taken)
        else:
            taken.untold.append(f"callback {printable(one.name)[:60]}")
    return taken


def class_weight(given: dict[str, float] | None, target: Target) -> Taken:
    """By the classes' names in the table, which are their numbers. Raises UserError for a target
    without classes."""
    if given is None:
        return Taken({"train.class_weight": None})
    if target.task not in ("binary", "multiclass"):
        raise UserError(
            f"fit(class_weight=...): expected classes in y. Received: {target.task}, since "
            f"{target.why}"
        )
    classes = {f"{value:g}" for value in np.unique(target.values)}
    known = {name: weight for name, weight in given.items() if name in classes}
    untold = [
        f"fit(class_weight=...): {name[:20]}, which is no class" for name in given.keys() - known
    ]
    return Taken({"train.class_weight": known or None}, sorted(untold))


def _early_stopping(config: dict, validated: bool, taken: Taken) -> None:
    what = "callback EarlyStopping"
    if config.get("monitor", "val_loss") != "val_loss" or not validated:
        watched = config.get("monitor") if validated else "val_loss without validation rows"
        taken.untold.append(f"{what}: it watches {printable(str(watched))[:60]}; left out")
        return
    patience = config.get("patience", 0)
    taken.edits |= {
        "train.early_stopping.patience": int(number(patience, f"{what}: patience")),
        # Keras keeps a signed number.
        "train.early_stopping.min_delta": abs(
            float(number(config.get("min_delta", 0), f"{what}: min_delta"))
        ),
        "train.early_stopping.restore_best": config.get("restore_best_weights") is True,
    }
    for key, default in (("start_from_epoch", 0), ("baseline", None)):
        if config.get(key, default) != default:
            taken.untold.append(f"{what}: {key}={config[key]!r:.40}")
    if config.get("mode", "auto") == "max":
        taken.untold.append(f"{what}: mode='max'")
