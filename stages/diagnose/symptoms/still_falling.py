"""LL405: the loss still falls in the last epochs."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import (
    RELEVANT,
    RISING_SHARE,
    last_fall,
    last_fifth,
    losses,
    rising_share,
)
from stages.lib.trials.subject import Subject

SHARE = 0.1  # of what is left above the floor


def still_falling(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """The fall from the last but one fifth of the epochs to the last, over what is left above the
    floor. The validation loss has to fall as well, or more epochs would only overfit."""
    loss, held_out = (losses(subject, f"{name}_proper") for name in ("training", "validation"))
    if len(loss) < 2:
        return None
    fall, left = last_fall(loss), last_fifth(loss).mean() - floor
    if left <= 0 or fall <= SHARE * left or fall <= RELEVANT * chance:
        return None
    if len(held_out) >= 2 and last_fall(held_out) <= 0:
        return None
    # What jumps up and down falls by luck.
    if rising_share(subject, chance) > RISING_SHARE:
        return None
    return SYMPTOM.finding(
        fall / left,
        SHARE,
        f"in the last fifth of the epochs the training loss still fell by {fall:.3g}, with "
        f"{left:.3g} left above the floor ({floor:.4g})",
        epoch=int(loss.index[-1]),
    )


SYMPTOM = Symptom(
    code="LL405",
    name="still_falling",
    title="The loss still falls in the last epochs",
    families={"epochs": "too few", "learning_rate": "too low"},
    about="The fall of the training loss from the last but one fifth of the epochs to the last, "
    "over what is left above the floor. The validation loss has to fall as well, or more epochs "
    "would only overfit; and a loss that jumps up and down falls by luck.",
    source="Ours: a tenth. One more fifth of the epochs would take off another tenth of what is "
    "left above the floor. A fall of less than a hundredth of chance does not count.",
    remedy="Raise train.epochs, or train.learning_rate.",
    find=still_falling,
)
