"""A compiled optimizer in the words of params.yaml: its constants, decay, clip and schedule."""

from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.lib.vocabulary.optimizers import (
    CLIPS,
    LEFT_OUT,
    OPTIMIZERS,
    OTHER_UPDATE,
    Optimizer,
)
from stages.tools.adopt.translate.keras_object import KerasObject, number
from stages.tools.adopt.translate.schedule import constant_rate, translate_schedule
from stages.tools.adopt.translate.translation import Translation


def translate_optimizer(optimizer: KerasObject, epochs: int, steps: int) -> Translation:
    """The optimizer, its schedule and its clip.

    Args:
        optimizer: as Keras describes it.
        epochs: of the training.
        steps: of an epoch in the pipeline.

    Raises:
        UserError: for one that is none of the vocabulary.
    """
    rows = [row for row in OPTIMIZERS.values() if row.keras_class == optimizer.name]
    if not rows or not optimizer.is_keras:
        classes = dict.fromkeys(row.keras_class for row in OPTIMIZERS.values())
        raise UserError(
            "compile(optimizer=...)",
            f"one of {', '.join(classes)}",
            f"{printable(optimizer.name)[:60]!r}",
        )
    config, where = optimizer.config, f"compile(optimizer={optimizer.name})"
    row = _row(rows, config, where)
    for key, only in {**OTHER_UPDATE, **row.fixed}.items():
        if config.get(key) not in (only, None, []):
            raise UserError(
                f"{where}: {key}", f"{only!r}: it has no counterpart", f"{config[key]!r:.40}"
            )
    translation = Translation({"train.optimizer": row.name})
    for key in row.constants:
        argument = row.keras_name(key)
        if argument in config:
            value = float(number(config[argument], f"{where}: {argument}"))
            translation.edits[f"train.{key}"] = value
    decays = [float(number(config.get(key) or 0.0, f"{where}: {key}")) for key in row.decays]
    decay = decays[0]
    if set(decays) != {decay}:
        expected = f"the {row.decays[0]}, {decay!r}: it has no counterpart of its own"
        raise UserError(f"{where}: {row.decays[1]}", expected, f"{decays[1]!r}")
    translation.edits["train.weight_decay"] = "auto" if decay == row.weight_decay else decay
    average = config.get("ema_momentum") if config.get("use_ema") else None
    translation.edits["train.ema_momentum"] = (
        None if average is None else float(number(average, f"{where}: ema_momentum"))
    )
    every = config.get("gradient_accumulation_steps")
    translation.edits["train.gradient_accumulation_steps"] = (
        None if every is None else int(number(every, f"{where}: gradient_accumulation_steps"))
    )
    for key, argument in CLIPS.items():
        limit = config.get(argument)
        translation.edits[f"train.clip.{key}"] = (
            None if limit is None else float(number(limit, f"{where}: {argument}"))
        )
    translation.unsupported += [
        f"{where}: {key}={config[key]!r:.40}"
        for key, off in LEFT_OUT.items()
        if config.get(key, off) not in (off, None)
    ]
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        schedule = translate_schedule(rate, where, epochs, steps)
    else:
        schedule = constant_rate(number(rate, f"{where}: learning_rate"))
    translation.edits |= schedule.edits
    translation.unsupported += schedule.unsupported
    return translation


def _row(rows: list[Optimizer], config: dict[str, Any], where: str) -> Optimizer:
    """Of the optimizers that one class of Keras stands for, the one with these arguments: that
    with the most of its own among them."""
    fitting = [row for row in rows if _fits(row, config, where)]
    return max(fitting, key=lambda row: len(row.arguments) + len(row.constants))


def _fits(row: Optimizer, config: dict[str, Any], where: str) -> bool:
    """Whether the row's arguments have its values, and its constants are not off. A constant is
    off at Keras' default where that is not the usual value."""
    if any(config.get(key) != value for key, value in row.arguments.items()):
        return False
    for key, off in row.keras_defaults.items():
        value = config.get(key)
        if value is None or number(value, f"{where}: {key}") == off:
            return False
    return True
