"""A program with fewer epochs, for a search that cannot afford all of them."""

from stages.lib.params.edits import Sections, edited


def shortened(sections: Sections, factor: float) -> Sections:
    """The program with its epochs times a factor, and with them all that is counted in epochs: its
    schedule, and the patience of early stopping and of a rate that falls on plateaus.

    Args:
        factor: above 0, at most 1; counts are rounded, and are 1 at least where they were.
    """
    if factor == 1.0:
        return sections
    train = sections["train"]
    schedule, plateau = train["schedule"], train["reduce_on_plateau"]
    return edited(
        sections,
        {
            "train.epochs": _count(train["epochs"], factor),
            "train.early_stopping.patience": _count(train["early_stopping"]["patience"], factor),
            "train.reduce_on_plateau.patience": _count(plateau["patience"], factor),
            "train.reduce_on_plateau.cooldown": _count(plateau["cooldown"], factor),
            "train.schedule.warmup_epochs": schedule["warmup_epochs"] * factor,
            "train.schedule.decay_epochs": schedule["decay_epochs"] * factor,
            "train.schedule.boundaries": [epoch * factor for epoch in schedule["boundaries"]],
        },
    )


def _count(epochs: int | None, factor: float) -> int | None:
    """A count of epochs times the factor; what is off stays off."""
    return max(1, round(epochs * factor)) if epochs else epochs
