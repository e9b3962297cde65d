"""One program fitted by `keras.Model.fit` at one seed or several, and what that leaves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stages.lib.artifacts.network import Status
from stages.lib.keras_fit import compiled
from stages.lib.keras_fit.build import keras_model
from stages.lib.keras_fit.program import KerasProgram
from stages.lib.keras_fit.quiet import keras
from stages.lib.keras_fit.rows import batches, in_order, one_or_all, rows_of
from stages.lib.mlp.batches import Part
from stages.lib.mlp.fit import Score

# Numbers that the layers make in prediction at once: 2^24 float32 are 64 MiB.
PREDICTED_VALUES, MOST_ROWS = 2**24, 4096


@dataclass
class KerasFit:
    """One fit.

    Attributes:
        outputs: float32 [rows, units] by split, from the kept weights.
        arrays: the kept weights by Keras' paths, trained or not.
        status, epochs_run, kept_epoch, divergence: as of the engine's `Fit`.
        history: a row per epoch from 0 on, as `lib/artifacts/training.py` has them; empty where
            none was asked for.
    """

    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    status: Status = "completed"
    epochs_run: int = 0
    kept_epoch: int = 0
    divergence: dict[str, Any] | None = None
    history: list[dict[str, float]] = field(default_factory=list)


class Trainer:
    """A program's compiled model, which is fitted at one seed after the other: tracing its graph
    takes longer than many a fit.

    parts: the splits of one table, train, validation and test.
    """

    def __init__(self, program: KerasProgram, parts: dict[str, Part]) -> None:
        self.program = program
        self.rows = {split: rows_of(program, part) for split, part in parts.items()}
        params = program.params
        self.batch = min(params.batch_size, len(self.rows["train"]))
        self.steps = -(-len(self.rows["train"]) // self.batch)
        keras.utils.set_random_seed(0)
        self.model = keras_model(program.model)
        self.loss = compiled.loss(program)
        self.optimizer = compiled.optimizer(params, self.steps)
        self.model.compile(self.optimizer, self.loss, jit_compile=False)
        self.optimizer.build(self.model.trainable_variables)
        self._unmoved = [variable.numpy() for variable in self.optimizer.variables]
        self._block = block(program)
        # A loss of whole batches is one number for each batch that `evaluate` would make.
        of_batch = program.contract.loss_row.of_batch
        self._evaluated = params.batch_size if of_batch else self._block

    def fit(
        self,
        seed: int,
        start: dict[str, np.ndarray] | None = None,
        score: Score | None = None,
        on_progress: Callable[[list[dict[str, float]]], None] = lambda history: None,
    ) -> KerasFit:
        """Fit at one seed, from the weights that its initializers draw.

        Args:
            seed: of the weights, the order of the rows and dropout.
            start: arrays by path that take the place of these weights.
            score: the task's proper loss; with it a history is kept.
            on_progress: called after each epoch with the history so far.
        """
        params = self.program.params
        self._start(seed, start)
        validated = len(self.rows["validation"]) > 0
        stopping = compiled.stopping(params, validated)
        plateau = compiled.plateau(params, validated)
        course = _Course(self, stopping, score, on_progress)
        train, held_out = self.rows["train"], self.rows["validation"]
        watches = params.watches_loss and validated
        self.model.fit(
            batches(train, self.batch, seed, params.shuffle),
            steps_per_epoch=self.steps,
            epochs=params.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[one for one in (stopping, plateau, course) if one is not None],
            validation_data=in_order(held_out, self._evaluated) if watches else None,
        )
        fit = course.fit
        fit.arrays = self.arrays()
        fit.outputs = {split: self.outputs(split) for split in self.rows}
        return fit

    def arrays(self) -> dict[str, np.ndarray]:
        """The model's weights by their paths."""
        return {v.path: v.numpy().astype("float32") for v in self.model.weights}

    def outputs(self, split: str) -> np.ndarray:
        """Of all rows of a split, float32 [rows, units]."""
        return predict(self.model, self.rows[split].x, self._block, self.program.contract.units)

    def losses(self, split: str, score: Score) -> tuple[float, float]:
        """The mean trained loss, without penalties, and the mean proper loss; NaN without rows."""
        rows = self.rows[split]
        if not len(rows):
            return np.nan, np.nan
        outputs = self.outputs(split)
        losses = self.loss if isinstance(self.loss, list) else [self.loss]
        pairs = list(zip(losses, rows.y, self.program.targets(outputs), strict=True))
        trained = 0.0
        for first in range(0, len(rows), self._evaluated):
            part = slice(first, first + self._evaluated)
            weights = None if rows.weights is None else rows.weights[part]
            share = len(outputs[part]) / len(rows)
            for of_output, y, outputs_of in pairs:
                of_part = of_output(y[part], outputs_of[part], sample_weight=weights)
                trained += share * float(of_part)
        return trained, score(outputs, split, slice(None)) / len(rows)

    def _start(self, seed: int, start: dict[str, np.ndarray] | None) -> None:
        keras.utils.set_random_seed(seed)
        drawn = keras_model(self.program.model)
        for variable, other in zip(self.model.variables, drawn.variables, strict=True):
            variable.assign(other)
        for variable, value in zip(self.optimizer.variables, self._unmoved, strict=True):
            variable.assign(value)
        if start is not None:
            for variable in self.model.weights:
                variable.assign(start[variable.path])


class _Course(keras.callbacks.Callback):  # type: ignore[misc]
    """What happens in a fit: its epochs, and the first number that is not finite."""

    def __init__(
        self,
        trainer: Trainer,
        stopping: Any,
        score: Score | None,
        on_progress: Callable[[list[dict[str, float]]], None],
    ) -> None:
        super().__init__()
        self.fit = KerasFit()
        self._trainer, self._stopping = trainer, stopping
        self._score, self._on_progress = score, on_progress
        self._before: list[np.ndarray] = []
        # Of the epoch, where it depends on the losses before.
        self._rate: float | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        self._record(0, np.nan)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._before = self.model.get_weights()
        if self._trainer.program.params.reduce_on_plateau.patience is not None:
            self._rate = float(self.model.optimizer.learning_rate)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.fit.divergence is None and not np.isfinite(logs["loss"]):
            self._diverged("loss", batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.fit.epochs_run = epoch + 1
        finite = all(np.isfinite(array).all() for array in self.model.get_weights())
        if self.fit.divergence is None and not finite:
            self._diverged("weights", self._trainer.steps)
        if self.fit.divergence is not None:
            self.fit.divergence["epoch"] = epoch + 1
        self._record(epoch + 1, np.nan if self.fit.divergence else float(logs["loss"]))
        self._on_progress(self.fit.history)

    def on_train_end(self, logs: Any = None) -> None:
        fit, stopping = self.fit, self._stopping
        fit.kept_epoch = fit.epochs_run
        best = None if stopping is None else stopping.best
        restored = best is not None and stopping.restore_best_weights and np.isfinite(best)
        if restored:
            fit.kept_epoch = stopping.best_epoch + 1
        elif fit.divergence is not None:
            self.model.set_weights(self._before)
            fit.kept_epoch = fit.epochs_run - 1
        if fit.divergence is None and stopping is not None and stopping.stopped_epoch > 0:
            fit.status = "stopped_early"

    def _diverged(self, what: str, step: int) -> None:
        self.fit.status, self.model.stop_training = "diverged", True
        self.fit.divergence = {"epoch": 0, "step": step, "what": what}

    def _record(self, epoch: int, running: float) -> None:
        if self._score is None:
            return
        trainer = self._trainer
        of_train, of_validation = (
            trainer.losses(split, self._score) for split in ("train", "validation")
        )
        rate = self._rate
        if rate is None:
            rate = compiled.rates(trainer.program.params, trainer.steps, max(0, epoch - 1), 1)[0]
        self.fit.history.append(
            {
                "epoch": epoch,
                "learning_rate": float(rate),
                "running_loss": running,
                "training_loss": of_train[0],
                "validation_loss": of_validation[0],
                "training_proper": of_train[1],
                "validation_proper": of_validation[1],
                "penalty": float(sum(self.model.losses)),
            }
        )


def block(program: KerasProgram) -> int:
    """Rows that are predicted at once."""
    return max(1, min(MOST_ROWS, PREDICTED_VALUES // max(1, program.outline.values)))


def predict(model: Any, x: list[np.ndarray], block: int, units: int) -> np.ndarray:
    """A model's outputs beside each other, float32 [rows, units], so many rows at a time."""
    pieces = [np.zeros((0, units), "float32")]
    for first in range(0, len(x[0]), block):
        given = [array[first : first + block] for array in x]
        found = model.predict_on_batch(one_or_all(given))
        found = found if isinstance(found, list | tuple) else [found]
        pieces.append(np.concatenate([np.asarray(part, "float32") for part in found], axis=1))
    return np.concatenate(pieces)
