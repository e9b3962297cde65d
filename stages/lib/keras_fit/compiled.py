"""What Keras' `compile` and `fit` are given: optimizer, loss and early stopping, from the section
train by the rows of the vocabulary."""

from typing import Any

import numpy as np

from stages.lib.keras_fit.program import KerasProgram
from stages.lib.keras_fit.quiet import keras
from stages.lib.mlp import schedules
from stages.lib.params.train import EarlyStopping, Train
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import CLIPS, OPTIMIZERS


class Rates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate for each step. rates: float [steps]; after the last one it stays."""

    def __init__(self, rates: np.ndarray) -> None:
        self._last = len(rates) - 1
        self._rates = keras.ops.convert_to_tensor(rates, "float32")

    def __call__(self, step: Any) -> Any:
        return keras.ops.take(
            self._rates, keras.ops.minimum(keras.ops.cast(step, "int32"), self._last)
        )

    def get_config(self) -> dict[str, Any]:
        """Nothing: no program is saved with it."""
        return {}


def rates(params: Train, steps: int, first: int = 0, epochs: int | None = None) -> np.ndarray:
    """The learning rate at each step from epoch `first` on, float64 [epochs * steps]. steps: of an
    epoch; epochs: as many as are trained, if not said."""
    count = params.epochs if epochs is None else epochs
    at = np.arange(first * steps, (first + count) * steps, dtype="float64")
    factors = schedules.factors(params.schedule, at, steps, params.epochs)
    return np.asarray(params.learning_rate * factors)


def optimizer(params: Train, steps: int) -> Any:
    """Keras' optimizer of these settings, for epochs of so many steps."""
    row = OPTIMIZERS[params.optimizer]
    decay = row.weight_decay if params.weight_decay == "auto" else params.weight_decay
    schedule = params.schedule
    varies = schedule.name != "constant" or schedule.warmup_epochs > 0
    rate = Rates(rates(params, steps)) if varies else params.learning_rate
    arguments: dict[str, Any] = {
        argument: getattr(params.clip, key) for key, argument in CLIPS.items()
    }
    arguments |= {row.keras_name(key): getattr(params, key) for key in row.constants}
    arguments |= dict.fromkeys(row.decays, decay or None)
    if len(row.decays) > 1:
        arguments |= {key: decay for key in row.decays[1:]}
    if params.ema_momentum is not None:
        arguments |= {"use_ema": True, "ema_momentum": params.ema_momentum}
    if params.gradient_accumulation_steps is not None:
        arguments["gradient_accumulation_steps"] = params.gradient_accumulation_steps
    return getattr(keras.optimizers, row.keras_class)(rate, **arguments, **row.arguments)


def loss(program: KerasProgram) -> Any:
    """Keras' loss of the program; a list of it for several outputs, as `compile` takes it."""
    row, params = LOSSES[program.contract.loss], program.params
    arguments: dict[str, Any] = {"from_logits": params.from_logits} if row.has_logits else {}
    if params.label_smoothing and row.smooths_labels:
        arguments["label_smoothing"] = params.label_smoothing
    for key in row.constants:
        arguments[row.spelled[key]] = getattr(params, key)
    made = getattr(keras.losses, row.keras_class)(**arguments)
    several = len(program.outline.units)
    return made if several == 1 else [made] * several


def stopping(early: EarlyStopping, validated: bool) -> Any:
    """Keras' callback; it watches the validation loss, or the running loss without validation
    rows."""
    return keras.callbacks.EarlyStopping(
        monitor="val_loss" if validated else "loss",
        min_delta=early.min_delta,
        patience=early.patience,
        mode="min",
        restore_best_weights=early.restore_best,
    )
