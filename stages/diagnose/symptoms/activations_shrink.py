"""LL303: before training, activations shrink from layer to layer."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.scales import activation_scales
from stages.diagnose.symptoms.sources import GLOROT
from stages.lib.trials.subject import Subject

RATIO = 0.1  # last hidden layer over the first


def activations_shrink(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Deviation of the last hidden layer's activations over the first's, before training."""
    scales = activation_scales(subject)
    if scales is None:
        return None
    first, last, first_layer, last_layer = scales
    if not last / first < RATIO:
        return None
    return SYMPTOM.finding(
        last / first,
        RATIO,
        f"before training the activations shrank from a deviation of {first:.3g} in layer "
        f"{first_layer} to {last:.3g} in layer {last_layer}",
        layer=last_layer,
        epoch=0,
    )


SYMPTOM = Symptom(
    code="LL303",
    name="activations_shrink",
    title="Before training the activations shrink from layer to layer",
    families={"initialization": "too narrow"},
    about="The deviation of the last hidden layer's activations over that of the first, before "
    "the first step. What shrinks to nothing carries nothing, and the gradients shrink with it.",
    source=f"{GLOROT}: activations should keep their scale through the layers. Ours: a factor of "
    "ten; relu under glorot_uniform loses a factor of 1.4 a layer, which five layers survive.",
    remedy="Draw wider weights, matched to the activation: train.kernel_initializer: he_normal "
    "for relu, glorot_uniform for tanh.",
    find=activations_shrink,
    looks_inside=True,
)
