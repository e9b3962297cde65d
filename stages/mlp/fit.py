"""Training R replicas: epochs, history, early stopping, divergence, probes."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stages.mlp import schedules
from stages.mlp.batches import Part
from stages.mlp.epoch import Engine, State, select
from stages.mlp.probes import Probe, due
from stages.params import EarlyStopping, Schedule


@dataclass
class Fit:
    """One replica's training.

    status: completed, stopped_early or diverged. arrays: the weights that are kept. history: one
    row an epoch (see `train`). kept_epoch: the whole epochs behind the kept weights. divergence:
    epoch and step (from 1) of the first non-finite value, and what it was. best: the lowest
    validation loss so far, where early stopping watches it.
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    history: list[dict] = field(default_factory=list)
    probes: pd.DataFrame | None = None
    status: str = "completed"
    epochs_run: int = 0
    kept_epoch: int = 0
    divergence: dict | None = None
    best: float = np.inf


# (outputs [rows, units], name of the split) -> the task's proper loss
Score = Callable[[np.ndarray, str], float]


def train(
    engine: Engine,
    arrays: list[dict[str, np.ndarray]],
    splits: dict[str, list[Part]],
    schedule: Schedule,
    epochs: int,
    early: EarlyStopping,
    score: Score,
    tick: Callable[[int, float], None] = lambda epoch, loss: None,
) -> list[Fit]:
    """Train all replicas from their initial arrays.

    `splits` holds train and validation, each as every one of the engine's tables has it.

    The history has, for each epoch from 0 (before training): learning_rate at its first step;
    running_loss (mean over the batches as they came, dropout on, moving weights); training_loss
    and validation_loss (the trained loss, evaluated after the epoch); training_proper and
    validation_proper (`score`); penalty (l2). `tick(epoch, running_loss)` is called after each.
    """
    fits = [Fit(arrays=dict(one)) for one in arrays]
    probe = Probe(engine)
    tables = []
    state = engine.start(arrays)
    active = np.ones(len(fits), bool)

    def factors(epoch: int) -> np.ndarray:
        steps = np.arange(epoch * engine.steps, (epoch + 1) * engine.steps, dtype="float64")
        return schedules.factors(schedule, steps, engine.steps, epochs)

    def look(epoch: int) -> None:
        rate = engine.rates(epoch, factors(epoch))[0]
        tables.append(probe.measure(state, epoch, rate).loc[lambda t: active[t["replica"]]])

    _record(engine, state, splits, score, fits, active, 0, factors(0)[0], None)
    look(0)
    for epoch in range(epochs):
        before = state
        state, running, finite = engine.run(before, epoch, factors(epoch))
        failed = active & ~finite
        if failed.any():
            watched = engine.replay(before, epoch, factors(epoch))
            state = select(failed, watched.state, state)
            running = np.where(failed, np.nan, running)
            for r in np.flatnonzero(failed):
                fits[r].status = "diverged"
                fits[r].divergence = {
                    "epoch": epoch + 1,
                    "step": int(watched.steps[r]) + 1,
                    "what": "loss" if watched.loss[r] else "weights",
                }
        _record(engine, state, splits, score, fits, active, epoch + 1, factors(epoch)[0], running)
        for r in np.flatnonzero(active):
            _settle(engine, state, fits[r], r, epoch + 1, epoch + 1 == epochs, early)
        if due(epoch + 1, epochs) or (active & ~_running(fits)).any():
            look(epoch + 1)
        active &= _running(fits)
        tick(epoch + 1, float(running[0]))
        if not active.any():
            break
    probes = pd.concat(tables, ignore_index=True)
    for r, fit in enumerate(fits):
        fit.probes = probes[probes["replica"] == r].drop(columns="replica")
    return fits


def _running(fits: list[Fit]) -> np.ndarray:
    return np.array([fit.status == "completed" for fit in fits])


def _record(
    engine: Engine,
    state: State,
    splits: dict[str, list[Part]],
    score: Score,
    fits: list[Fit],
    active: np.ndarray,
    epoch: int,
    factor: float,
    running: np.ndarray | None,
) -> None:
    """Append one row to the history of every active replica."""
    results = {name: engine.evaluate(state, splits[name]) for name in ("train", "validation")}
    penalty = engine.penalty(state)
    for r in np.flatnonzero(active):
        (train_out, train_loss), (held_out, held_loss) = results["train"], results["validation"]
        fits[r].history.append(
            {
                "epoch": epoch,
                "learning_rate": engine.replicas[r].learning_rate * factor,
                "running_loss": np.nan if running is None else float(running[r]),
                "training_loss": float(train_loss[r]),
                "validation_loss": float(held_loss[r]),
                "training_proper": score(train_out[r], "train"),
                "validation_proper": score(held_out[r], "validation"),
                "penalty": float(penalty[r]),
            }
        )


def _settle(
    engine: Engine, state: State, fit: Fit, r: int, epoch: int, last: bool, early: EarlyStopping
) -> None:
    """Decide whether the replica stops after this epoch, and which weights it keeps.

    Early stopping is Keras': an epoch improves when the validation loss falls by more than
    min_delta below the best; after `patience` epochs in a row without it, training ends.
    """
    fit.epochs_run = epoch
    watching = early.patience is not None
    if watching and fit.status == "completed":
        loss = fit.history[-1]["validation_loss"]
        if loss < fit.best - early.min_delta:
            fit.best, fit.kept_epoch = loss, epoch
            if early.restore_best:
                fit.arrays = engine.arrays(state, r)
        elif epoch - fit.kept_epoch >= max(early.patience, 1):
            fit.status = "stopped_early"
    restores = watching and early.restore_best and fit.best < np.inf
    if (last or fit.status != "completed") and not restores:
        fit.arrays = engine.arrays(state, r)
        # What diverged keeps the weights before the step that failed, inside this epoch.
        fit.kept_epoch = epoch - 1 if fit.status == "diverged" else epoch
