"""The arguments of fit in the words of params.yaml."""

from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.tools.adopt.translate.captured import FitArguments
from stages.tools.adopt.translate.keras_object import number
from stages.tools.adopt.translate.target import Target
from stages.tools.adopt.translate.translation import Translation


def translate_fit(arguments: FitArguments) -> Translation:
    """Batch size, epochs, order and early stopping."""
    translation = Translation(
        {
            "train.batch_size": arguments.batch_size,
            "train.epochs": arguments.epochs,
            "train.shuffle": arguments.shuffle,
            "train.early_stopping.patience": None,
        }
    )
    for callback in arguments.callbacks:
        if callback.name == "EarlyStopping" and callback.is_keras:
            _early_stopping(callback.config, arguments.validated, translation)
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


def _early_stopping(config: dict[str, Any], validated: bool, translation: Translation) -> None:
    where = "callback EarlyStopping"
    if config.get("monitor", "val_loss") != "val_loss" or not validated:
        monitor = config.get("monitor") if validated else "val_loss without validation rows"
        translation.unsupported.append(
            f"{where}: it watches {printable(str(monitor))[:60]}; left out"
        )
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
    if config.get("mode", "auto") == "max":
        translation.unsupported.append(f"{where}: mode='max'")
