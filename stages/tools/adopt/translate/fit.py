"""The arguments of fit in the words of params.yaml."""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.tools.adopt.translate.captured import FitArguments
from stages.tools.adopt.translate.keras_object import number
from stages.tools.adopt.translate.schedule import rates_by_epoch
from stages.tools.adopt.translate.target import Target
from stages.tools.adopt.translate.translation import Translation


def translate_fit(arguments: FitArguments, steps: int) -> Translation:
    """Batch size, epochs, order, and what the callbacks do; steps: of an epoch."""
    translation = Translation(
        {
            "train.batch_size": arguments.batch_size,
            "train.epochs": arguments.epochs,
            "train.shuffle": arguments.shuffle,
            "train.early_stopping.patience": None,
            "train.reduce_on_plateau.patience": None,
        }
    )
    for callback in arguments.callbacks:
        if callback.name in _CALLBACKS and callback.is_keras:
            _CALLBACKS[callback.name](callback.config, arguments, steps, translation)
        else:
            translation.unsupported.append(f"callback {printable(callback.name)[:60]}")
    return translation


def translate_class_weight(weights: dict[str, float] | None, target: Target) -> Translation:
    """By the classes' names in the table, which are their numbers. Raises UserError for a target
    without classes."""
    if weights is None:
        return Translation({"train.class_weight": None})
    if not target.task.has_classes:
        raise UserError(
            "fit(class_weight=...)", "classes in y", f"{target.task.name}, since {target.why}"
        )
    classes = {f"{value:g}" for value in np.unique(target.values)}
    known = {name: weight for name, weight in weights.items() if name in classes}
    unknown = [
        f"fit(class_weight=...): {name[:20]}, which is no class" for name in weights.keys() - known
    ]
    return Translation({"train.class_weight": known or None}, sorted(unknown))


def _watches_validation(
    where: str, config: dict[str, Any], arguments: FitArguments, translation: Translation
) -> bool:
    """Whether a callback watches the validation loss, as those of params.yaml do; else it is said
    to be left out."""
    monitor, validated = config.get("monitor", "val_loss"), arguments.validated
    falls = config.get("mode", "auto") != "max"
    if monitor == "val_loss" and validated and falls:
        return True
    watched = str(monitor) if validated else "val_loss without validation rows"
    watched += "" if falls else ", with mode='max'"
    translation.unsupported.append(f"{where}: it watches {printable(watched)[:60]}; left out")
    return False


def _early_stopping(
    config: dict[str, Any], arguments: FitArguments, steps: int, translation: Translation
) -> None:
    where = "callback EarlyStopping"
    if not _watches_validation(where, config, arguments, translation):
        return
    min_delta = float(number(config.get("min_delta", 0), f"{where}: min_delta"))
    translation.edits |= {
        "train.early_stopping.patience": int(
            number(config.get("patience", 0), f"{where}: patience")
        ),
        # Keras keeps a signed number.
        "train.early_stopping.min_delta": abs(min_delta),
        "train.early_stopping.restore_best": config.get("restore_best_weights") is True,
    }
    for key, default in (("start_from_epoch", 0), ("baseline", None)):
        if config.get(key, default) != default:
            translation.unsupported.append(f"{where}: {key}={config[key]!r:.40}")


# Keras' argument and default by the keys of `train.reduce_on_plateau`.
_OF_PLATEAU = {
    "patience": ("patience", 10),
    "factor": ("factor", 0.1),
    "min_delta": ("min_delta", 1e-4),
    "cooldown": ("cooldown", 0),
    "min_learning_rate": ("min_lr", 0.0),
}


def _reduce_on_plateau(
    config: dict[str, Any], arguments: FitArguments, steps: int, translation: Translation
) -> None:
    where = "callback ReduceLROnPlateau"
    if not _watches_validation(where, config, arguments, translation):
        return
    for key, (argument, default) in _OF_PLATEAU.items():
        # Keras keeps min_delta as a signed number.
        given = abs(number(config.get(argument, default), f"{where}: {argument}"))
        whole = isinstance(default, int)
        translation.edits[f"train.reduce_on_plateau.{key}"] = int(given) if whole else float(given)


def _scheduler(
    config: dict[str, Any], arguments: FitArguments, steps: int, translation: Translation
) -> None:
    """The rates that its function gives are a schedule by epochs, which takes the place of the
    optimizer's own rate."""
    where = "callback LearningRateScheduler"
    if any(one.name == "ReduceLROnPlateau" for one in arguments.callbacks):
        translation.unsupported.append(f"{where}: beside ReduceLROnPlateau; left out")
        return
    schedule = rates_by_epoch(config.get("rates"), where, steps)
    if schedule is None:
        translation.unsupported.append(where)
        return
    translation.edits |= schedule.edits


_CALLBACKS: dict[str, Callable[[dict[str, Any], FitArguments, int, Translation], None]] = {
    "EarlyStopping": _early_stopping,
    "ReduceLROnPlateau": _reduce_on_plateau,
    "LearningRateScheduler": _scheduler,
}
