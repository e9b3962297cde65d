"""Training R replicas: epochs, history, early stopping, divergence, probes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.artifacts.network import Status
from stages.lib.mlp import schedules
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine, Epochs, one_epoch
from stages.lib.mlp.nominal import COMPILE_SECONDS, FLOPS
from stages.lib.mlp.plateau import Plateau
from stages.lib.mlp.probes import Probe, is_probed
from stages.lib.mlp.step import State, select, subset_state
from stages.lib.params.train import EarlyStopping, ReduceOnPlateau, Schedule


@dataclass(frozen=True)
class FitConfig:
    """How one replica is trained: its learning-rate schedule, most epochs, early stopping, and
    whether its rate falls on a plateau."""

    schedule: Schedule
    epochs: int
    early_stopping: EarlyStopping
    reduce_on_plateau: ReduceOnPlateau

    @property
    def watches(self) -> bool:
        """Whether what is done depends on the loss after each epoch."""
        return self.early_stopping.patience is not None or self.changes_rate

    @property
    def changes_rate(self) -> bool:
        """Whether the rate of an epoch depends on the loss after the one before."""
        return self.reduce_on_plateau.patience is not None


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
    on_progress: Callable[[list[dict[str, float]]], None] = lambda history: None,
    on_epoch: Callable[[Progress], None] = lambda progress: None,
    saved: Progress | None = None,
) -> list[Fit]:
    """Train all replicas from their initial arrays, each by its config.

    `splits` holds train and validation, each as every one of the engine's tables has it.

    The history has, for each epoch from 0 (before training): learning_rate at its first step;
    running_loss (mean over the batches as they came, dropout on, moving weights); training_loss
    and validation_loss (the trained loss, evaluated after the epoch); training_proper and
    validation_proper (`score`); penalty (l2). Without validation rows what is of them is NaN, and
    early stopping watches the training loss. What is watched has the penalty added, as in Keras.
    `on_progress(history)` is called after each, with the first replica's so far, and so is
    `on_epoch`, with all that the training goes on from: given back as `saved`, it
    ends as if it had never stopped.
    """
    longest = max(config.epochs for config in configs)
    watched = "validation_loss" if len(splits["validation"][0].x) else "training_loss"
    probe, plateaus = Probe(engine), _plateaus(engine, configs)

    def probe_layers(at: Progress) -> None:
        rate = engine.rates(at.epoch, _factors(engine, configs, at.epoch, 1, plateaus))[0]
        table = probe.measure(at.state, at.epoch, rate)
        at.probes.append(table.loc[lambda t: at.active[t["replica"]]])

    if saved is None:
        fits = [Fit(arrays=dict(replica)) for replica in arrays]
        at = Progress(engine.start(arrays), fits, np.ones(len(fits), bool), 0, [])
        factors = _factors(engine, configs, 0, 1, plateaus)[0]
        means = _losses_of(engine, at.state, splits, score, at.active)
        _record(engine, at.state, means, fits, at.active, 0, factors, None)
        probe_layers(at)
    else:
        at, fits = saved, saved.fits
        for plateau, fit in zip(plateaus, fits, strict=True):
            for row in fit.history[1:]:
                plateau.end_epoch(row[watched] + row["penalty"])
    while at.epoch < longest and at.active.any():
        call = _call(engine, at.state, configs, at.epoch, longest, plateaus)
        alive = np.zeros((engine.most_epochs, len(fits)), bool)
        alive[: call.count] = at.active & np.logical_and.accumulate(call.epochs.finite)
        of_call = _mean_losses(engine, call.epochs.states, splits, score, alive)
        for k in range(call.count):
            state, running = call.end(k, fits, at.active)
            means = {name: of_epochs[:, k] for name, of_epochs in of_call.items()}
            if call.failed(k, at.active).any():
                means = _losses_of(engine, state, splits, score, at.active)
            # Only from here on is anything changed: what fails before leaves `at` as it was.
            at.state, at.epoch = state, at.epoch + 1
            factors = call.factors[k * engine.steps]
            _record(engine, at.state, means, fits, at.active, at.epoch, factors, running)
            last = [fit.history[-1] for fit in fits]
            losses = np.array([row[watched] + row["penalty"] for row in last])
            _end_epoch(plateaus, losses)
            still = _apply_early_stopping(
                engine, lambda: at.state, fits, configs, at.active, at.epoch, losses
            )
            if is_probed(at.epoch, longest) or (at.active & ~still).any():
                probe_layers(at)
            at.active = still
            on_progress(fits[0].history)
            on_epoch(at)
            if not still.any():
                break
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
    stopping watches it. What has stopped is trained no further, as soon as leaving it out saves
    more than compiling for the rest costs.
    """
    every = fits = [Fit(arrays=dict(replica)) for replica in arrays]
    watches = any(config.watches for config in configs)
    plateaus = _plateaus(engine, configs)
    watched = validation if len(validation[0].x) else engine.parts
    ends = {config.epochs for config in configs}
    state, active = engine.start(arrays), np.ones(len(fits), bool)
    longest, epoch = max(ends), 0
    while epoch < longest and active.any():
        call = _call(engine, state, configs, epoch, longest, plateaus)
        of_call = np.zeros((call.count, len(fits)))
        if watches:
            of_call = engine.watched_losses(call.epochs.states, watched)
        for k in range(call.count):
            epoch += 1
            failed = call.failed(k, active).any()
            if not (watches or failed or epoch in ends):
                continue
            end = cache(partial(call.state, k, fits, active))
            losses = of_call[k]
            if watches and failed:
                losses = engine.watched_losses(one_epoch(end()), watched)[0]
            _end_epoch(plateaus, losses)
            active = _apply_early_stopping(engine, end, fits, configs, active, epoch, losses)
            if not active.any():
                return every
        state = call.epochs.state(call.count - 1)
        if _subset_pays(engine, active, longest - epoch):
            going = np.flatnonzero(active)
            engine, state = engine.subset(going), subset_state(state, going)
            fits, configs = [fits[r] for r in going], [configs[r] for r in going]
            plateaus = [plateaus[r] for r in going]
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


def _plateaus(engine: Engine, configs: list[FitConfig]) -> list[Plateau]:
    """The rates of all replicas before the first epoch."""
    return [
        Plateau(config.reduce_on_plateau, replica.learning_rate)
        for config, replica in zip(configs, engine.replicas, strict=True)
    ]


def _end_epoch(plateaus: list[Plateau], losses: np.ndarray) -> None:
    """Take the watched losses of an epoch into account, float64 [R]."""
    for plateau, loss in zip(plateaus, losses, strict=True):
        plateau.end_epoch(float(loss))


def _factors(
    engine: Engine,
    configs: list[FitConfig],
    epoch: int,
    epochs: int,
    plateaus: list[Plateau],
) -> np.ndarray:
    """The learning-rate factors of some epochs from this one on, float64 [epochs * steps, R]."""
    steps = np.arange(epoch * engine.steps, (epoch + epochs) * engine.steps, dtype="float64")
    keys = [(config.schedule.model_dump_json(), config.epochs) for config in configs]
    different = {
        key: schedules.factors(config.schedule, steps, engine.steps, config.epochs)
        for key, config in dict(zip(keys, configs, strict=True)).items()
    }
    of_schedules = np.column_stack([different[key] for key in keys])
    return of_schedules * [plateau.factor for plateau in plateaus]


@dataclass(frozen=True)
class _Call:
    """Some epochs from `first` on, trained in one call from the state `before`, at these factors,
    float64 [epochs * steps, R]."""

    engine: Engine
    before: State
    first: int
    factors: np.ndarray
    epochs: Epochs

    @property
    def count(self) -> int:
        return len(self.epochs.running)

    def failed(self, k: int, active: np.ndarray) -> np.ndarray:
        """Which replicas' loss or weights stop being finite in this one of the epochs, bool [R]."""
        failed: np.ndarray = active & ~self.epochs.finite[k]
        return failed

    def end(self, k: int, fits: list[Fit], active: np.ndarray) -> tuple[State, np.ndarray]:
        """The state after this one of the epochs, and its running loss, float32 [R].

        A replica that fails in it is diverged: it stays where it was before the step that failed,
        and its running loss is NaN.
        """
        state, running = self.epochs.state(k), self.epochs.running[k]
        failed = self.failed(k, active)
        if failed.any():
            steps = slice(k * self.engine.steps, (k + 1) * self.engine.steps)
            before = self.epochs.state(k - 1) if k else self.before
            epoch = self.first + k
            watched = self.engine.replay(before, epoch, self.factors[steps])
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

    def state(self, k: int, fits: list[Fit], active: np.ndarray) -> State:
        """The first of the two."""
        return self.end(k, fits, active)[0]


def _call(
    engine: Engine,
    state: State,
    configs: list[FitConfig],
    epoch: int,
    longest: int,
    plateaus: list[Plateau],
) -> _Call:
    """Train from this epoch on, counted from 0, as many as are worth a call: one where the next
    one's rates depend on it."""
    most = 1 if any(config.changes_rate for config in configs) else engine.most_epochs
    factors = _factors(engine, configs, epoch, min(most, longest - epoch), plateaus)
    return _Call(engine, state, epoch, factors, engine.run(state, epoch, factors))


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
    states: State,
    splits: dict[str, list[Part]],
    score: Score,
    active: np.ndarray,
) -> dict[str, np.ndarray]:
    """The mean trained and the mean proper loss on train and validation after each of some epochs,
    whose states are of arrays [E, R, ...], of the replicas that are active then, bool [E, R].
    float64 [2, E, R], NaN without rows."""
    means = {}
    for name in ("train", "validation"):
        if not len(splits[name][0].x):
            means[name] = np.full((2, *active.shape), np.nan)
            continue
        sums = np.zeros((2, *active.shape))
        for block in engine.evaluated(states, splits[name]):
            sums[0, block.epochs] += block.losses
            for e, r in np.argwhere(active[block.epochs]):
                sums[1, block.epochs][e, r] += score(block.outputs[e, r], name, block.rows)
        means[name] = engine.workers.sum(sums) / len(splits[name][0].x)
    return means


def _losses_of(
    engine: Engine,
    state: State,
    splits: dict[str, list[Part]],
    score: Score,
    active: np.ndarray,
) -> dict[str, np.ndarray]:
    """The same of one state, float64 [2, R]."""
    means = _mean_losses(engine, one_epoch(state), splits, score, active[None])
    return {name: of_epochs[:, 0] for name, of_epochs in means.items()}


def _apply_early_stopping(
    engine: Engine,
    state: Callable[[], State],
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
    state: Callable[[], State],
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
                fit.arrays = engine.arrays(state(), r)
        elif epoch - fit.kept_epoch >= max(early.patience, 1):
            fit.status = "stopped_early"
    restores = early.patience is not None and early.restore_best and fit.best < np.inf
    if (last or fit.status != "completed") and not restores:
        fit.arrays = engine.final_arrays(state(), r)
        # What diverged keeps the weights before the step that failed, inside this epoch.
        fit.kept_epoch = epoch - 1 if fit.status == "diverged" else epoch
