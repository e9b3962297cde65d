"""LL306: before training, gradients explode towards the first layer."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.scales import gradient_scales
from stages.diagnose.symptoms.sources import AUTOTRAINER
from stages.lib.trials.subject import Subject

RATIO = 70.0  # first kernel's gradient over the last's


def gradients_explode(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Gradient scale of the first kernel over the last's, before training."""
    scales = gradient_scales(subject)
    if scales is None:
        return None
    first, last, layer = scales
    if not first / last > RATIO:
        return None
    return SYMPTOM.finding(
        first / last,
        RATIO,
        f"before training the gradient of the first kernel was {first / last:.3g} times that "
        f"of the last ({first:.3g} against {last:.3g})",
        layer=layer,
        epoch=0,
    )


SYMPTOM = Symptom(
    code="LL306",
    name="gradients_explode",
    title="Before training the gradients explode towards the first layer",
    # The first kernel's gradient is proportional to the inputs.
    families={"initialization": "too wide", "hidden_activation": "", "input_normalization": ""},
    about="The gradient of the first kernel over that of the last, both as root mean squares, "
    "before the first step. A learning rate that suits the last layer then destroys the first.",
    source=f"{AUTOTRAINER}, beta_3: the norm of the first kernel's gradient over the last's. Root "
    "mean squares are compared here, so that the width of a layer does not count.",
    remedy="Scale the inputs (normalize.features: standard) and draw narrower weights "
    "(train.kernel_initializer: glorot_uniform).",
    find=gradients_explode,
    looks_inside=True,
)
