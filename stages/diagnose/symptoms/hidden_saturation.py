"""LL502: a hidden layer of saturated units."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import argmax
from stages.diagnose.symptoms.probes import (
    FLAT_SHARE,
    activation_of,
    layer_values,
    of_hidden,
    probed_epochs,
)
from stages.diagnose.symptoms.sources import DEEPDIAGNOSIS
from stages.lib.trials.subject import Subject


def hidden_saturation(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Largest share of flat activations in a hidden sigmoid-like layer at any probed epoch."""
    worst = None
    for epoch in probed_epochs(subject):
        values = layer_values(subject, "flat_share", epoch)
        share = of_hidden(subject, values, lambda activation: activation.saturates)
        if len(share) and (worst is None or share.max() > worst[0]):
            worst = (share.max(), argmax(share), epoch)
    if worst is None or worst[0] <= FLAT_SHARE:
        return None
    most, layer, epoch = worst
    return SYMPTOM.finding(
        most,
        FLAT_SHARE,
        f"at epoch {epoch} {most:.0%} of the {activation_of(subject, layer)} activations "
        f"of layer {layer} were saturated",
        layer=layer,
        epoch=epoch,
    )


SYMPTOM = Symptom(
    code="LL502",
    name="hidden_saturation",
    title="A hidden layer is saturated",
    families={"hidden_activation": "", "initialization": "too wide", "input_normalization": ""},
    about="The largest share of activations of a hidden sigmoid-like layer at which the slope is "
    "below 0.01, at any probed epoch. Where the slope is gone no gradient passes to the layers "
    "below.",
    source=f"{DEEPDIAGNOSIS}: a layer with more than half of its inputs beyond +-5 is saturated. "
    "The probes count slopes below 0.01 instead, which is beyond 4.6 for sigmoid and 3.0 for tanh.",
    remedy="Scale the inputs (normalize.features: standard), draw narrower weights, or use relu "
    "(train.activation).",
    find=hidden_saturation,
    looks_inside=True,
)
