"""Training R replicas: epochs, history, early stopping, divergence, probes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.artifacts.network import Status
from stages.lib.mlp import schedules
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.probes import Probe, is_probed
from stages.lib.mlp.step import State, select, subset_state
from stages.lib.params.train import EarlyStopping, Schedule

# Seconds that compiling for another number of replicas takes, and the engine's nominal speed on
# one core with many replicas at once (its benchmark: 26 GFLOP/s at 64 fits of 64-32).
COMPILE_SECONDS = 1.0
FLOPS = 15e9


@dataclass(frozen=True)
class FitConfig:
    """How one replica is trained: its learning-rate schedule, most epochs, and early stopping."""

    schedule: Schedule
    epochs: int
    early_stopping: EarlyStopping


@dataclass
class Fit:
    """One replica's training.

    status: completed, stopped_early or diverged. arrays: the weights that are kept. history: one
    row an epoch (see `train`). kept_epoch: the whole epochs behind the kept weights. divergence:
    epoch and step (from 1) of the first non-finite value, and what it was. best: the lowest of the
    losses that early stopping watches so far.
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    probes: pd.DataFrame = field(default_factory=pd.DataFrame)
    status: Status = "completed"
    epochs_run: int = 0
    kept_epoch: int = 0
    divergence: dict[str, Any] | None = None
    best: float = np.inf


@dataclass
class Progress:
    """A training after `epoch` whole epochs: all that it goes on from.

    active: bool [R], the replicas that go on. probes: what `Probe.measure` gave, one after the
    other.
    """

    state: State
    fits: list[Fit]
    active: np.ndarray
    epoch: int
    probes: list[pd.DataFrame]


# (outputs [rows, units], name of the split, which of its rows) -> their proper losses, summed
Score = Callable[[np.ndarray, str, slice], float]


def train(
    engine: Engine,
    arrays: list[dict[str, np.ndarray]],
    splits: dict[str, list[Part]],
    configs: list[FitConfig],
    score: Score,
    on_progress: Callable[[int, float], None] = lambda epoch, loss: None,
    on_epoch: Callable[[Progress], None] = lambda progress: None,
    saved: Progress | None = None,
) -> list[Fit]:
    """Train all replicas from their initial arrays, each by its config.

    `splits` holds train and validation, each as every one of the engine's tables has it.

    The history has, for each epoch from 0 (before training): learning_rate at its first step;
    running_loss (mean over the batches as they came, dropout on, moving weights); training_loss
    and validation_loss (the trained loss, evaluated after the epoch); training_proper and
    validation_proper (`score`); penalty (l2). Without validation rows what is of them is NaN, and
    early stopping watches training_loss. `on_progress(epoch, running_loss)` is called after
    each, and so is `on_epoch`, with all that the training goes on from: given back as `saved`, it
    ends as if it had never stopped.
    """
    longest = max(config.epochs for config in configs)
    watched = "validation_loss" if len(splits["validation"][0].x) else "training_loss"
    probe = Probe(engine)

    def probe_layers(at: Progress) -> None:
        rate = engine.rates(at.epoch, _factors(engine, configs, at.epoch))[0]
        table = probe.measure(at.state, at.epoch, rate)
        at.probes.append(table.loc[lambda t: at.active[t["replica"]]])

    if saved is None:
        fits = [Fit(arrays=dict(replica)) for replica in arrays]
        at = Progress(engine.start(arrays), fits, np.ones(len(fits), bool), 0, [])
        factors = _factors(engine, configs, 0)[0]
        means = _mean_losses(engine, at.state, splits, score, at.active)
        _record(engine, at.state, means, fits, at.active, 0, factors, None)
        probe_layers(at)
    else:
        at, fits = saved, saved.fits
    while at.epoch < longest and at.active.any():
        state, running = _epoch(engine, at.state, fits, configs, at.active, at.epoch)
        means = _mean_losses(engine, state, splits, score, at.active)
        # Only from here on is anything changed: what fails before leaves `at` as it was.
        factors = _factors(engine, configs, at.epoch)[0]
        at.state, at.epoch = state, at.epoch + 1
        _record(engine, at.state, means, fits, at.active, at.epoch, factors, running)
        losses = np.array([fit.history[-1][watched] for fit in fits])
        still = _apply_early_stopping(engine, at.state, fits, configs, at.active, at.epoch, losses)
        if is_probed(at.epoch, longest) or (at.active & ~still).any():
            probe_layers(at)
        at.active = still
        on_progress(at.epoch, float(running[0]))
        on_epoch(at)
    probes = pd.concat(at.probes, ignore_index=True)
    for r, fit in enumerate(fits):
        fit.probes = probes[probes["replica"] == r].drop(columns="replica")
    return fits


def train_arms(
    engine: Engine,
    arrays: list[dict[str, np.ndarray]],
    validation: list[Part],
    configs: list[FitConfig],
) -> list[Fit]:
    """The same training without history and probes: weights, status and epochs alone.

    The validation loss, or without validation rows the training loss, is computed only where early
    stopping watches it. What has stopped is
    trained no further, as soon as leaving it out saves more than compiling for the rest costs.
    """
    every = fits = [Fit(arrays=dict(replica)) for replica in arrays]
    watches = any(config.early_stopping.patience is not None for config in configs)
    watched = validation if len(validation[0].x) else engine.parts
    state, active = engine.start(arrays), np.ones(len(fits), bool)
    longest = max(config.epochs for config in configs)
    for epoch in range(longest):
        state, _ = _epoch(engine, state, fits, configs, active, epoch)
        losses = engine.evaluate(state, watched)[1] if watches else np.zeros(len(fits))
        active = _apply_early_stopping(engine, state, fits, configs, active, epoch + 1, losses)
        if not active.any():
            break
        if _subset_pays(engine, active, longest - epoch - 1):
            going = np.flatnonzero(active)
            engine, state = engine.subset(going), subset_state(state, going)
            fits, configs = [fits[r] for r in going], [configs[r] for r in going]
            active = np.ones(len(going), bool)
    return every


def _subset_pays(engine: Engine, active: np.ndarray, epochs: int) -> bool:
    """Whether to leave out what has stopped: at most half goes on, for long enough.

    Planned at a nominal speed and not by the clock, so that the same params give the same bytes.
    """
    stopped = len(active) - active.sum()
    rows = len(engine.parts[0].x)
    operations = 6.0 * sum(engine.network.sizes) * rows * epochs * stopped
    return bool(2 * stopped >= len(active) and operations > COMPILE_SECONDS * FLOPS)


def _factors(engine: Engine, configs: list[FitConfig], epoch: int) -> np.ndarray:
    """The learning-rate factors of one epoch, float64 [steps, R]."""
    steps = np.arange(epoch * engine.steps, (epoch + 1) * engine.steps, dtype="float64")
    different = {
        (config.schedule, config.epochs): schedules.factors(
            config.schedule, steps, engine.steps, config.epochs
        )
        for config in configs
    }
    return np.column_stack([different[config.schedule, config.epochs] for config in configs])


def _epoch(
    engine: Engine,
    before: State,
    fits: list[Fit],
    configs: list[FitConfig],
    active: np.ndarray,
    epoch: int,
) -> tuple[State, np.ndarray]:
    """One epoch, counted from 0: the new state and the running loss, float32 [R].

    A replica whose loss or weights stop being finite is diverged: it stays where it was before the
    step that failed, and its running loss is NaN.
    """
    factors = _factors(engine, configs, epoch)
    state, running, finite = engine.run(before, epoch, factors)
    failed = active & ~finite
    if failed.any():
        watched = engine.replay(before, epoch, factors)
        state = select(failed, watched.state, state)
        running = np.where(failed, np.nan, running)
        for r in np.flatnonzero(failed):
            fits[r].status = "diverged"
            fits[r].divergence = {
                "epoch": epoch + 1,
                "step": int(watched.steps[r]) + 1,
                "what": "loss" if watched.loss[r] else "weights",
            }
    return state, running


def _record(
    engine: Engine,
    state: State,
    losses: dict[str, np.ndarray],
    fits: list[Fit],
    active: np.ndarray,
    epoch: int,
    factors: np.ndarray,
    running: np.ndarray | None,
) -> None:
    """Append one row to the history of every active replica."""
    penalty = engine.penalty(state)
    for r in np.flatnonzero(active):
        fits[r].history.append(
            {
                "epoch": epoch,
                "learning_rate": engine.replicas[r].learning_rate * factors[r],
                "running_loss": np.nan if running is None else float(running[r]),
                "training_loss": float(losses["train"][0, r]),
                "validation_loss": float(losses["validation"][0, r]),
                "training_proper": float(losses["train"][1, r]),
                "validation_proper": float(losses["validation"][1, r]),
                "penalty": float(penalty[r]),
            }
        )


def _mean_losses(
    engine: Engine,
    state: State,
    splits: dict[str, list[Part]],
    score: Score,
    active: np.ndarray,
) -> dict[str, np.ndarray]:
    """The mean trained and the mean proper loss of every active replica on train and validation,
    each float64 [2, R], NaN without rows."""
    means = {}
    for name in ("train", "validation"):
        if not len(splits[name][0].x):
            means[name] = np.full((2, len(active)), np.nan)
            continue
        sums = np.zeros((2, len(active)))
        for block in engine.evaluated(state, splits[name]):
            sums[0] += block.losses
            for r in np.flatnonzero(active):
                sums[1, r] += score(block.outputs[r], name, block.rows)
        means[name] = engine.workers.sum(sums) / len(splits[name][0].x)
    return means


def _apply_early_stopping(
    engine: Engine,
    state: State,
    fits: list[Fit],
    configs: list[FitConfig],
    active: np.ndarray,
    epoch: int,
    losses: np.ndarray,
) -> np.ndarray:
    """Which replicas go on after this epoch, bool [R]; the others' kept weights are in `fits`."""
    still = active.copy()
    for r in map(int, np.flatnonzero(active)):
        last = epoch == configs[r].epochs
        _stop_or_go_on(engine, state, fits[r], r, epoch, last, configs[r].early_stopping, losses[r])
        still[r] = fits[r].status == "completed" and not last
    return still


def _stop_or_go_on(
    engine: Engine,
    state: State,
    fit: Fit,
    r: int,
    epoch: int,
    last: bool,
    early: EarlyStopping,
    loss: float,
) -> None:
    """Decide whether the replica stops after this epoch, and which weights it keeps.

    Early stopping is Keras': an epoch improves when the watched loss falls by more than
    min_delta below the best; after `patience` epochs in a row without it, training ends.
    """
    fit.epochs_run = epoch
    if early.patience is not None and fit.status == "completed":
        if loss < fit.best - early.min_delta:
            fit.best, fit.kept_epoch = loss, epoch
            if early.restore_best:
                fit.arrays = engine.arrays(state, r)
        elif epoch - fit.kept_epoch >= max(early.patience, 1):
            fit.status = "stopped_early"
    restores = early.patience is not None and early.restore_best and fit.best < np.inf
    if (last or fit.status != "completed") and not restores:
        fit.arrays = engine.final_arrays(state, r)
        # What diverged keeps the weights before the step that failed, inside this epoch.
        fit.kept_epoch = epoch - 1 if fit.status == "diverged" else epoch
