"""Training R replicas: epochs, history, early stopping, divergence, probes."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stages.lib.mlp import schedules
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.probes import Probe, due
from stages.lib.mlp.step import State, select, taken
from stages.lib.params.train import EarlyStopping, Schedule

# Seconds that compiling for another number of replicas takes, and the engine's nominal speed on
# one core with many replicas at once (its benchmark: 26 GFLOP/s at 64 fits of 64-32).
COMPILING = 1.0
FLOPS = 15e9


@dataclass(frozen=True)
class Course:
    """How one replica is trained: its learning-rate schedule, most epochs, and early stopping."""

    schedule: Schedule
    epochs: int
    early_stopping: EarlyStopping


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
    courses: list[Course],
    score: Score,
    tick: Callable[[int, float], None] = lambda epoch, loss: None,
    keep: Callable[[Progress], None] = lambda progress: None,
    saved: Progress | None = None,
) -> list[Fit]:
    """Train all replicas from their initial arrays, each on its course.

    `splits` holds train and validation, each as every one of the engine's tables has it.

    The history has, for each epoch from 0 (before training): learning_rate at its first step;
    running_loss (mean over the batches as they came, dropout on, moving weights); training_loss
    and validation_loss (the trained loss, evaluated after the epoch); training_proper and
    validation_proper (`score`); penalty (l2). `tick(epoch, running_loss)` is called after each, and
    so is `keep`, with all that the training goes on from: given back as `saved`, it ends as if it
    had never stopped.
    """
    longest = max(course.epochs for course in courses)
    probe = Probe(engine)

    def look(at: Progress) -> None:
        rate = engine.rates(at.epoch, _factors(engine, courses, at.epoch))[0]
        table = probe.measure(at.state, at.epoch, rate)
        at.probes.append(table.loc[lambda t: at.active[t["replica"]]])

    if saved is None:
        fits = [Fit(arrays=dict(one)) for one in arrays]
        at = Progress(engine.start(arrays), fits, np.ones(len(fits), bool), 0, [])
        factors = _factors(engine, courses, 0)[0]
        losses = _evaluated(engine, at.state, splits, score, at.active)
        _record(engine, at.state, losses, fits, at.active, 0, factors, None)
        look(at)
    else:
        at, fits = saved, saved.fits
    while at.epoch < longest and at.active.any():
        state, running = _epoch(engine, at.state, fits, courses, at.active, at.epoch)
        losses = _evaluated(engine, state, splits, score, at.active)
        # Only from here on is anything changed: what fails before leaves `at` as it was.
        factors = _factors(engine, courses, at.epoch)[0]
        at.state, at.epoch = state, at.epoch + 1
        _record(engine, at.state, losses, fits, at.active, at.epoch, factors, running)
        losses = np.array([fit.history[-1]["validation_loss"] for fit in fits])
        still = _settled(engine, at.state, fits, courses, at.active, at.epoch, losses)
        if due(at.epoch, longest) or (at.active & ~still).any():
            look(at)
        at.active = still
        tick(at.epoch, float(running[0]))
        keep(at)
    probes = pd.concat(at.probes, ignore_index=True)
    for r, fit in enumerate(fits):
        fit.probes = probes[probes["replica"] == r].drop(columns="replica")
    return fits


def train_arms(
    engine: Engine,
    arrays: list[dict[str, np.ndarray]],
    validation: list[Part],
    courses: list[Course],
) -> list[Fit]:
    """The same training without history and probes: weights, status and epochs alone.

    The validation loss is computed only where early stopping watches it. What has stopped is
    trained no further, as soon as leaving it out saves more than compiling for the rest costs.
    """
    every = fits = [Fit(arrays=dict(one)) for one in arrays]
    watched = any(course.early_stopping.patience is not None for course in courses)
    state, active = engine.start(arrays), np.ones(len(fits), bool)
    longest = max(course.epochs for course in courses)
    for epoch in range(longest):
        state, _ = _epoch(engine, state, fits, courses, active, epoch)
        losses = engine.evaluate(state, validation)[1] if watched else np.zeros(len(fits))
        active = _settled(engine, state, fits, courses, active, epoch + 1, losses)
        if not active.any():
            break
        if _saves(engine, active, longest - epoch - 1):
            which = np.flatnonzero(active)
            engine, state = engine.only(which), taken(which, state)
            fits, courses = ([one[r] for r in which] for one in (fits, courses))
            active = np.ones(len(which), bool)
    return every


def _saves(engine: Engine, active: np.ndarray, epochs: int) -> bool:
    """Whether to leave out what has stopped: at most half goes on, for long enough.

    Planned at a nominal speed and not by the clock, so that the same params give the same bytes.
    """
    stopped = len(active) - active.sum()
    rows = len(engine.parts[0].x)
    operations = 6.0 * sum(engine.network.sizes) * rows * epochs * stopped
    return 2 * stopped >= len(active) and operations > COMPILING * FLOPS


def _factors(engine: Engine, courses: list[Course], epoch: int) -> np.ndarray:
    """The learning-rate factors of one epoch, float64 [steps, R]."""
    steps = np.arange(epoch * engine.steps, (epoch + 1) * engine.steps, dtype="float64")
    different = {
        (course.schedule, course.epochs): schedules.factors(
            course.schedule, steps, engine.steps, course.epochs
        )
        for course in courses
    }
    return np.column_stack([different[course.schedule, course.epochs] for course in courses])


def _epoch(
    engine: Engine,
    before: State,
    fits: list[Fit],
    courses: list[Course],
    active: np.ndarray,
    epoch: int,
) -> tuple[State, np.ndarray]:
    """One epoch, counted from 0: the new state and the running loss, float32 [R].

    A replica whose loss or weights stop being finite is diverged: it stays where it was before the
    step that failed, and its running loss is NaN.
    """
    factors = _factors(engine, courses, epoch)
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


def _evaluated(
    engine: Engine,
    state: State,
    splits: dict[str, list[Part]],
    score: Score,
    active: np.ndarray,
) -> dict[str, np.ndarray]:
    """The mean trained and the mean proper loss of every active replica on train and validation,
    each float64 [2, R]."""
    means = {}
    for name in ("train", "validation"):
        sums = np.zeros((2, len(active)))
        for block in engine.evaluated(state, splits[name]):
            sums[0] += block.losses
            for r in np.flatnonzero(active):
                sums[1, r] += score(block.outputs[r], name, block.rows)
        means[name] = engine.workers.sum(sums) / len(splits[name][0].x)
    return means


def _settled(
    engine: Engine,
    state: State,
    fits: list[Fit],
    courses: list[Course],
    active: np.ndarray,
    epoch: int,
    losses: np.ndarray,
) -> np.ndarray:
    """Which replicas go on after this epoch, bool [R]; the others' kept weights are in `fits`."""
    still = active.copy()
    for r in np.flatnonzero(active):
        last = epoch == courses[r].epochs
        _settle(engine, state, fits[r], r, epoch, last, courses[r].early_stopping, losses[r])
        still[r] = fits[r].status == "completed" and not last
    return still


def _settle(
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

    Early stopping is Keras': an epoch improves when the validation loss falls by more than
    min_delta below the best; after `patience` epochs in a row without it, training ends.
    """
    fit.epochs_run = epoch
    watching = early.patience is not None
    if watching and fit.status == "completed":
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
