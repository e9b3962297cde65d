"""What Keras' `compile` and `fit` are given: optimizer, loss and callbacks, from the section train
by the rows of the vocabulary."""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.lib.keras_fit.program import KerasProgram
from stages.lib.keras_fit.quiet import keras
from stages.lib.mlp import schedules
from stages.lib.params.train import Train
from stages.lib.vocabulary.losses import LOSSES, Loss
from stages.lib.vocabulary.optimizers import OPTIMIZERS


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
    schedule = params.schedule
    varies = schedule.name != "constant" or schedule.warmup_epochs > 0
    rate = Rates(rates(params, steps)) if varies else params.learning_rate
    arguments = row.keras_arguments(params.model_dump())
    return getattr(keras.optimizers, row.keras_class)(rate, **arguments)


def loss(program: KerasProgram) -> Any:
    """Keras' loss of the program; a list of it for several outputs, as `compile` takes it."""
    row, params = LOSSES[program.contract.loss], program.params
    several = len(program.outline.units)
    made = _Defined(row, params) if row.definition else _of_keras(row, params)
    return made if several == 1 else [made] * several


class _Defined(keras.losses.Loss):  # type: ignore[misc]
    """A loss that Keras has not, as a script would have its function."""

    def __init__(self, row: Loss, params: Train) -> None:
        super().__init__(name=row.name)
        constants = {key: getattr(params, key) for key in row.constants}
        names: dict[str, Any] = {"keras": keras}
        exec(row.definition.format(**constants), names)  # noqa: S102 (a row of our own, and numbers)
        self._function: Callable[[Any, Any], Any] = names[row.name]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of each row, or one number of the batch."""
        return self._function(y_true, y_pred)


def _of_keras(row: Loss, params: Train) -> Any:
    arguments: dict[str, Any] = {"from_logits": params.from_logits} if row.has_logits else {}
    if params.label_smoothing and row.smooths_labels:
        arguments["label_smoothing"] = params.label_smoothing
    for key in row.constants:
        arguments[row.spelled[key]] = getattr(params, key)
    return getattr(keras.losses, row.keras_class)(**arguments)


def stopping(params: Train, validated: bool) -> Any:
    """Keras' callback, or None; it watches the validation loss, or the running loss without
    validation rows."""
    early = params.early_stopping
    if early.patience is None:
        return None
    return keras.callbacks.EarlyStopping(
        min_delta=early.min_delta,
        patience=early.patience,
        restore_best_weights=early.restore_best,
        **_watched(validated),
    )


def plateau(params: Train, validated: bool) -> Any:
    """Keras' callback that lowers the rate, or None; it watches the same."""
    given = params.reduce_on_plateau
    if given.patience is None:
        return None
    return keras.callbacks.ReduceLROnPlateau(
        patience=given.patience,
        factor=given.factor,
        min_delta=given.min_delta,
        cooldown=given.cooldown,
        min_lr=given.min_learning_rate,
        **_watched(validated),
    )


def _watched(validated: bool) -> dict[str, str]:
    return {"monitor": "val_loss" if validated else "loss", "mode": "min"}
