"""What two programs are compared by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """What is compared.

    Attributes:
        words: what it is called.
        split: of a loss: the split that it is of, whose learnt part is the unit of its effects:
            chance less the lower of the two losses. '' for what is no loss.
        unit: of what is no loss.
        min_effect: the smallest effect that matters, in `unit`; None: the settings' share.
        watched: the fits are looked into.
    """

    words: str
    split: str = ""
    unit: str = ""
    min_effect: float | None = None
    watched: bool = False


# Of what is no loss, effects that nobody overlooks: a gradient a hundred times smaller, a quarter
# of the units, a change from epoch to epoch of a hundredth of the loss.
MEASURES: dict[str, Measure] = {
    "held_out": Measure("held-out loss", "test"),
    "training": Measure("training loss", "train"),
    "gap": Measure("held-out less training loss", "test"),
    "wobble": Measure(
        "late change of the validation loss by epoch, share of it", min_effect=0.01, watched=True
    ),
    "gradient": Measure(
        "first kernel's gradient at the start", "", "decades below 1", 2.0, watched=True
    ),
    "flat": Measure("share of flat activations at the start", min_effect=0.25, watched=True),
    "copies": Measure(
        "share of the first layer's units that copy another", min_effect=0.25, watched=True
    ),
}
