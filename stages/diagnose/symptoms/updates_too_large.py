"""LL403: single updates replace much of a kernel."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import argmax
from stages.diagnose.symptoms.probes import early_updates, layer_values
from stages.diagnose.symptoms.sources import CS231N
from stages.lib.trials.subject import Subject

# Norm of an update over the norm of the weights: of the first update, and of the first epochs.
FIRST_RATIO = 0.4
EARLY_RATIO = 0.1


def large_updates(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """The very first update replaced much of some kernel, or those of the first epochs do."""
    first = layer_values(subject, "update_ratio", 0)
    for ratio, limit, when, epoch in (
        (first, FIRST_RATIO, "the first update", 0),
        (early_updates(subject.probes), EARLY_RATIO, "in the first epochs an update", None),
    ):
        if len(ratio) and ratio.max() > limit:
            layer = argmax(ratio)
            return SYMPTOM.finding(
                ratio.max(),
                limit,
                f"{when} changed the kernel of layer {layer} by {ratio.max():.3g} of its size, "
                f"where about 0.001 is usual",
                layer=layer,
                epoch=epoch,
            )
    return None


SYMPTOM = Symptom(
    code="LL403",
    name="updates_too_large",
    title="Single updates replace much of a layer's weights",
    families={"learning_rate": "too high"},
    about="The norm of an update over that of the weights, in the kernel that moved most: of the "
    "first update, and the median over the probed epochs 1 to 5. A large one throws the "
    "initialization away, and may leave units dead or saturated for good.",
    source=f"{CS231N}: updates of about 1e-3 of the weights. Ours: a hundred times more in the "
    "first epochs, since Adam's first updates of small kernels are near 1e-2 in sound runs. Of "
    "the first update 0.4: above 0.35, Adam's first step at a rate of 0.01 on kernels drawn "
    "within +-0.05 (one size, whatever the gradient), and below 0.54, seen with sgd at a rate of "
    "10, which killed the network.",
    remedy="Lower train.learning_rate threefold or tenfold, or warm it up "
    "(train.schedule.warmup_epochs).",
    find=large_updates,
    looks_inside=True,
)
