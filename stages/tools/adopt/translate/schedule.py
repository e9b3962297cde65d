"""A learning rate or its schedule in the words of params.yaml."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.tools.adopt.translate.keras_object import as_list, number
from stages.tools.adopt.translate.translation import Translation

# Of a piecewise constant schedule: lib/params/train.py takes as many boundaries, less one.
MAX_PIECES = 1001


def constant_rate(rate: float) -> Translation:
    """A learning rate that stays."""
    return _with_schedule(rate, "constant")


def translate_schedule(
    schedule: dict[str, Any], where: str, epochs: int, steps: int
) -> Translation:
    """A serialized schedule where one of params.yaml takes the same course, else its first rate,
    and a line on it.

    Args:
        schedule: of keras.optimizers.schedules.
        where: what stands before a message.
        epochs: of the training.
        steps: of an epoch in the pipeline.

    Raises:
        UserError: for a schedule that begins at 0 and is none of params.yaml's.
    """
    keras_class, config = schedule.get("class_name"), schedule.get("config")
    config = config if isinstance(config, dict) else {}
    where = f"{where}: learning_rate: {printable(str(keras_class))[:60]}"
    rate = number(_first_rate(keras_class, config), where)
    name = next((row.name for row in SCHEDULES.values() if row.keras_class == keras_class), "")
    translate = _TRANSLATORS.get(name)
    translation = translate(rate, config, where, epochs, steps) if translate else None
    if translation is not None:
        return translation
    if not rate > 0:
        raise UserError(where, "a schedule that begins above 0", f"{rate!r:.40}")
    translation = constant_rate(rate)
    translation.unsupported.append(f"{where}: the rate stays at {rate:g}")
    return translation


def rates_by_epoch(rates: Any, where: str, steps: int) -> Translation | None:
    """Rates that a callback sets before an epoch, as a schedule; None for what no schedule of
    params.yaml says.

    Args:
        rates: [epochs trained before, rate] for each change of the rate, from 0 epochs on.
        where: what stands before a message.
        steps: of an epoch.

    Raises:
        UserError: for what are no numbers.
    """
    pairs = [as_list(pair) for pair in rates] if isinstance(rates, list) else []
    if not pairs or any(len(pair) != 2 for pair in pairs):
        return None
    epochs, values = ([float(number(pair[i], f"{where}: rates")) for pair in pairs] for i in (0, 1))
    rising = epochs[0] == 0 and all(earlier < later for earlier, later in pairwise(epochs))
    if not rising or values[0] <= 0 or min(values) < 0 or len(values) > MAX_PIECES:
        return None
    if len(values) == 1:
        return constant_rate(values[0])
    # As in Keras, the step at a boundary is before it: the last one of the epochs that are over.
    return _with_schedule(
        values[0],
        "piecewise_constant",
        boundaries=[before - 1 / steps for before in epochs[1:]],
        factors=[value / values[0] for value in values[1:]],
    )


def _with_schedule(
    rate: float, name: str, warmup_epochs: float = 0, **settings: float | list[float]
) -> Translation:
    edits: dict[str, Any] = {
        "train.learning_rate": _as_written(rate),
        "train.schedule.name": name,
        "train.schedule.warmup_epochs": warmup_epochs,
    }
    return Translation(edits | {f"train.schedule.{key}": value for key, value in settings.items()})


def _as_written(value: float) -> float:
    """Keras keeps a rate as float32: 0.001 comes back as 0.0010000000474974513."""
    return float(str(np.float32(value)))


def _first_rate(keras_class: Any, config: dict[str, Any]) -> Any:
    values = config.get("values") if keras_class == "PiecewiseConstantDecay" else None
    first = values[0] if isinstance(values, list) and values else None
    return config.get("initial_learning_rate", first)


def _argument(config: dict[str, Any], key: str, default: float, where: str) -> float:
    value = config.get(key)
    return number(default if value is None else value, f"{where}: {key}")


def _falling(
    name: str, rate: float, config: dict[str, Any], where: str, epochs: int, steps: int
) -> Translation | None:
    """By a decay rate in so many steps."""
    length = _argument(config, "decay_steps", 1, where)
    factor = _argument(config, "decay_rate", 1, where)
    if config.get("staircase") or not (0 < factor <= 1 and length > 0):
        return None
    return _with_schedule(rate, name, decay_epochs=length / steps, decay_rate=float(factor))


def _polynomial(
    rate: float, config: dict[str, Any], where: str, epochs: int, steps: int
) -> Translation | None:
    length = _argument(config, "decay_steps", 1, where)
    end = _argument(config, "end_learning_rate", 0.0001, where)
    power = _argument(config, "power", 1, where)
    if config.get("cycle") or not (0 <= end <= rate and rate > 0 and length > 0 and power > 0):
        return None
    return _with_schedule(
        rate,
        "polynomial",
        decay_epochs=length / steps,
        final_fraction=float(end / rate),
        power=float(power),
    )


def _cosine(
    rate: float, config: dict[str, Any], where: str, epochs: int, steps: int
) -> Translation | None:
    """The wave has to end with the training, and its warm-up to begin at 0."""
    length = _argument(config, "decay_steps", 1, where)
    warmup = _argument(config, "warmup_steps", 0, where)
    fraction = _argument(config, "alpha", 0, where)
    target = config.get("warmup_target")
    if warmup + length != epochs * steps or not 0 <= fraction <= 1:
        return None
    if target is None:
        return _with_schedule(rate, "cosine", final_fraction=float(fraction))
    if rate != 0 or not warmup:
        return None
    peak = number(target, f"{where}: warmup_target")
    return _with_schedule(peak, "cosine", warmup / steps, final_fraction=float(fraction))


def _cosine_restarts(
    rate: float, config: dict[str, Any], where: str, epochs: int, steps: int
) -> Translation | None:
    length = _argument(config, "first_decay_steps", 1, where)
    longer = _argument(config, "t_mul", 2, where)
    higher = _argument(config, "m_mul", 1, where)
    fraction = _argument(config, "alpha", 0, where)
    if not (length > 0 and longer >= 1 and higher > 0 and 0 <= fraction <= 1):
        return None
    return _with_schedule(
        rate,
        "cosine_restarts",
        decay_epochs=length / steps,
        restart_length=float(longer),
        restart_height=float(higher),
        final_fraction=float(fraction),
    )


def _piecewise_constant(
    rate: float, config: dict[str, Any], where: str, epochs: int, steps: int
) -> Translation | None:
    boundaries, values = (
        [float(number(one, f"{where}: {key}")) for one in as_list(config.get(key))]
        for key in ("boundaries", "values")
    )
    rising = all(earlier < later for earlier, later in pairwise([-1.0, *boundaries]))
    if not rising or len(values) != len(boundaries) + 1 or not (rate > 0 and min(values) >= 0):
        return None
    return _with_schedule(
        rate,
        "piecewise_constant",
        boundaries=[boundary / steps for boundary in boundaries],
        factors=[value / rate for value in values[1:]],
    )


# By the names of lib/vocabulary/schedules.py; None for a course that no setting gives.
_TRANSLATORS: dict[str, Callable[[float, dict[str, Any], str, int, int], Translation | None]] = {
    "exponential": partial(_falling, "exponential"),
    "inverse_time": partial(_falling, "inverse_time"),
    "polynomial": _polynomial,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "piecewise_constant": _piecewise_constant,
}
