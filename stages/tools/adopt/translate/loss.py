"""A compiled loss in the words of params.yaml."""

from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.lib.vocabulary.losses import LOSSES, Loss
from stages.tools.adopt.translate.keras_object import KerasObject, number
from stages.tools.adopt.translate.translation import Translation

# How Keras calls the mean over a batch, and the mean by weights.
MEANS = ("sum_over_batch_size", "mean")
WEIGHTED_MEAN = "mean_with_sample_weight"


def translate_loss(loss: KerasObject, weighted: bool = False) -> Translation:
    """The loss with its constants, from_logits and label_smoothing.

    Args:
        loss: as a class, a function or an abbreviation.
        weighted: rows have weights.

    Raises:
        UserError: for a loss of another kind, and for weighted rows whose losses are divided by
            anything but their number.
    """
    row = _row(loss)
    config = loss.config
    reduction = config.get("reduction", MEANS[0])
    if reduction not in (*MEANS, WEIGHTED_MEAN):
        raise UserError(
            "compile(loss=...): reduction",
            f"{MEANS[0]!r}, the mean over a batch",
            f"{reduction!r:.40}, which makes every gradient as many times larger as the "
            "batch has rows",
        )
    if weighted and reduction == WEIGHTED_MEAN:
        raise UserError(
            "compile(loss=...): reduction",
            f"{MEANS[0]!r} for weighted rows",
            f"{reduction!r}, which divides by the sum of a batch's weights",
        )
    for key, wanted in row.fixed.items():
        if config.get(key, wanted) != wanted:
            raise UserError(
                f"compile(loss=...): {row.name}: {key}", f"{wanted!r}", f"{config[key]!r:.40}"
            )
    constants = {
        f"train.{key}": _constant(config.get(row.spelled[key], default), default, row.spelled[key])
        for key, default in row.constants.items()
    }
    smoothing = number(config.get("label_smoothing", 0.0), "compile(loss=...): label_smoothing")
    return Translation(
        {
            "train.loss": row.name,
            "train.from_logits": config.get("from_logits", False) is True,
            "train.label_smoothing": float(smoothing),
            **constants,
        }
    )


def _constant(value: Any, default: float, argument: str) -> float:
    """A constant of a loss, of its default's type. Raises UserError for what is no number."""
    if isinstance(default, bool):
        return value is True
    return float(number(value, f"compile(loss=...): {argument}"))


def _row(loss: KerasObject) -> Loss:
    """The row of this loss. Raises UserError for none."""
    for row in (row for row in LOSSES.values() if row.keras_class):
        named = loss.name in (row.name, row.keras_class) or loss.name.lower() in row.aliases
        if named and loss.is_keras:
            return row
    whose = "" if loss.is_keras else ", a function of your own"
    raise UserError(
        "compile(loss=...)",
        f"one of {', '.join(LOSSES)}",
        f"{printable(loss.name)[:60]!r}{whose}",
    )
