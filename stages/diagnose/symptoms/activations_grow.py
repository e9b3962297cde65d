"""LL304: before training, activations grow from layer to layer."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.scales import activation_scales
from stages.diagnose.symptoms.sources import GLOROT
from stages.lib.trials.subject import Subject

RATIO = 10.0  # last hidden layer over the first


def activations_grow(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Deviation of the last hidden layer's activations over the first's, before training."""
    scales = activation_scales(subject)
    if scales is None:
        return None
    first, last, first_layer, last_layer = scales
    if not last / first > RATIO:
        return None
    return SYMPTOM.finding(
        last / first,
        RATIO,
        f"before training the activations grew from a deviation of {first:.3g} in layer "
        f"{first_layer} to {last:.3g} in layer {last_layer}",
        layer=last_layer,
        epoch=0,
    )


SYMPTOM = Symptom(
    code="LL304",
    name="activations_grow",
    title="Before training the activations grow from layer to layer",
    families={"initialization": "too wide"},
    about="The deviation of the last hidden layer's activations over that of the first, before "
    "the first step. What grows saturates units and makes the outputs, and so the loss, start far "
    "off.",
    source=f"{GLOROT}: activations should keep their scale through the layers. Ours: a factor of "
    "ten; relu under glorot_uniform loses a factor of 1.4 a layer, which five layers survive.",
    remedy="Draw narrower weights, matched to the activation: train.kernel_initializer: he_normal "
    "for relu, glorot_uniform for tanh.",
    find=activations_grow,
    looks_inside=True,
)
