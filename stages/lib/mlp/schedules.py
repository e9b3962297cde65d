"""The arithmetic of learning-rate schedules, by the names of lib/vocabulary/schedules.py.

Formulas are Keras' (keras.optimizers.schedules), with lengths in epochs instead of steps.
"""

from collections.abc import Callable

import numpy as np

from stages.lib.params.train import Schedule


def factors(schedule: Schedule, steps: np.ndarray, per_epoch: int, epochs: int) -> np.ndarray:
    """The factor of the learning rate at each step, float64 [steps].

    `steps` counts from 0 over the whole training, `per_epoch` is the number of steps in an epoch.
    During the warm-up the factor rises linearly from 0; the schedule begins after it.
    """
    warmup = schedule.warmup_epochs * per_epoch
    after = np.maximum(steps - warmup, 0.0)
    total = max(epochs * per_epoch - warmup, 1.0)
    factor = SCHEDULES[schedule.name](schedule, after, per_epoch, total)
    return np.where(steps < warmup, steps / max(warmup, 1.0), factor)


def _constant(schedule: Schedule, steps: np.ndarray, per_epoch: int, total: float) -> np.ndarray:
    return np.ones_like(steps)


def _exponential(schedule: Schedule, steps: np.ndarray, per_epoch: int, total: float) -> np.ndarray:
    return schedule.decay_rate ** (steps / (schedule.decay_epochs * per_epoch))


def _inverse_time(
    schedule: Schedule, steps: np.ndarray, per_epoch: int, total: float
) -> np.ndarray:
    return 1 / (1 + schedule.decay_rate * steps / (schedule.decay_epochs * per_epoch))


def _polynomial(schedule: Schedule, steps: np.ndarray, per_epoch: int, total: float) -> np.ndarray:
    """To final_fraction after decay_epochs, and no further."""
    left = np.maximum(1 - steps / (schedule.decay_epochs * per_epoch), 0.0)
    return (1 - schedule.final_fraction) * left**schedule.power + schedule.final_fraction


def _cosine(schedule: Schedule, steps: np.ndarray, per_epoch: int, total: float) -> np.ndarray:
    """To final_fraction at the last step (Loshchilov, Hutter, arXiv:1608.03983)."""
    wave = 0.5 * (1 + np.cos(np.pi * np.minimum(steps / total, 1.0)))
    return (1 - schedule.final_fraction) * wave + schedule.final_fraction


def _cosine_restarts(
    schedule: Schedule, steps: np.ndarray, per_epoch: int, total: float
) -> np.ndarray:
    """Waves of which each is restart_length times as long and restart_height times as high as the
    one before it (Loshchilov, Hutter, arXiv:1608.03983), in float32: by its rounding Keras decides
    which wave a step at the end of one belongs to."""
    done = steps.astype("float32") / np.float32(schedule.decay_epochs * per_epoch)
    longer = np.float32(schedule.restart_length)
    if longer == 1:
        wave = np.floor(done)
        done = done - wave
    else:
        wave = np.floor(np.log(1 - done * (1 - longer)) / np.log(longer))
        done = (done - (1 - longer**wave) / (1 - longer)) / longer**wave
    height: np.ndarray = (
        0.5 * np.float32(schedule.restart_height) ** wave * (1 + np.cos(np.pi * done))
    )
    return (1 - schedule.final_fraction) * height + schedule.final_fraction


def _piecewise_constant(
    schedule: Schedule, steps: np.ndarray, per_epoch: int, total: float
) -> np.ndarray:
    """As in Keras, the step at a boundary is before it."""
    # Rounded: a number of epochs that was made of steps has to give these again.
    boundaries = np.round(np.array(schedule.boundaries) * per_epoch, 6)
    values: np.ndarray = np.array([1.0, *schedule.factors])
    passed = np.searchsorted(boundaries, steps, side="left")
    return values.take(passed)


# (settings, step from 0 after the warm-up, float64 [steps]; steps of an epoch; steps in all) ->
# the factor, float64 [steps]
SCHEDULES: dict[str, Callable[[Schedule, np.ndarray, int, float], np.ndarray]] = {
    "constant": _constant,
    "exponential": _exponential,
    "inverse_time": _inverse_time,
    "polynomial": _polynomial,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "piecewise_constant": _piecewise_constant,
}
