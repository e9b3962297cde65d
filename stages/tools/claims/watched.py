"""Programs trained with their history, and looked into before and after."""

from dataclasses import replace
from typing import Any

import numpy as np

from stages.lib.core.splits import SPLITS
from stages.lib.mlp.arms import Arm, Outcome, Table
from stages.lib.mlp.fit import Fit, train
from stages.lib.mlp.step import GraphCache

# Share of the epochs, the last ones, over which the wobble is taken; at least so many.
LATE, LEAST_LATE = 0.25, 3
# A gradient that is smaller than this moves no float32 weight of a usual size, in any number of
# steps.
NO_GRADIENT = 1e-12


def watch(arms: list[Arm], tables: dict[str, Table]) -> tuple[list[Outcome], dict[str, np.ndarray]]:
    """What training left, as `train_jobs` has it, and what was seen, float64 [arms] each.

    gradient: before training, the decades by which the root mean square of the loss's gradient by
    the first kernel lies below 1 (12 where there is none). flat: before training, the share of
    hidden activations whose slope is below 0.01 (see `Probe`). copies: after it, the share of the
    first layer's units whose incoming weights are another unit's too, to a thousandth of their
    size. wobble: the mean change of the validation loss from one late epoch to the next, as a share
    of that loss; 1 where a fit diverged before. running: the training loss as Keras' history shows
    it in the last epoch, in the trained loss's unit; 0 where it is not finite.
    """
    first = arms[0].program
    names = list(tables)
    parts = {split: [tables[name].part(first, split) for name in names] for split in SPLITS}
    replicas = [replace(arm.program.replica, part=names.index(arm.table)) for arm in arms]
    engine = first.engine_of(replicas, parts["train"], GraphCache())
    fits = train(
        engine,
        [arm.program.initial() for arm in arms],
        parts,
        [arm.program.fit_config for arm in arms],
        lambda outputs, split, rows: np.nan,
    )
    kept = engine.start([fit.arrays for fit in fits])
    outputs = {split: engine.evaluate(kept, part)[0] for split, part in parts.items()}
    outcomes = [
        Outcome(
            {split: values[r] for split, values in outputs.items()},
            fit.status,
            fit.epochs_run,
            fit.kept_epoch,
        )
        for r, fit in enumerate(fits)
    ]
    every = [_seen(fit, len(first.network.layers)) for fit in fits]
    return outcomes, {name: np.array([seen[name] for seen in every]) for name in every[0]}


def _seen(fit: Fit, layers: int) -> dict[str, float]:
    start: Any = fit.probes[fit.probes["epoch"] == 0]
    gradient = float(start.loc[start["layer"] == 1, "gradient_rms"].iloc[0])
    running = fit.history[-1]["running_loss"]
    return {
        "gradient": -float(np.log10(max(gradient, NO_GRADIENT))),
        "flat": float(start.loc[start["layer"] < layers, "flat_share"].mean()),
        "copies": copies(fit.arrays["layer_0.kernel"]),
        "wobble": wobble([row["validation_loss"] for row in fit.history]),
        "running": float(running) if np.isfinite(running) else 0.0,
    }


def wobble(losses: list[float]) -> float:
    """The mean change from one late epoch to the next, as a share of the mean late loss; 1 where
    there are too few epochs or one is not finite."""
    late = np.array(losses[-max(LEAST_LATE, round(LATE * len(losses))) :])
    if len(late) < LEAST_LATE or not np.isfinite(late).all() or late.mean() <= 0:
        return 1.0
    return float(np.abs(np.diff(late)).mean() / late.mean())


def copies(kernel: np.ndarray) -> float:
    """Share of the columns of a kernel [inputs, units] that another column equals, to a thousandth
    of the largest weight."""
    size = np.abs(kernel).max()
    apart = np.abs(kernel[:, :, None] - kernel[:, None, :]).max(axis=0)
    same = apart <= 1e-3 * size
    return float((same.sum(axis=1) > 1).mean())
