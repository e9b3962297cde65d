"""LL305: before training, gradients vanish towards the first layer."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.scales import gradient_scales
from stages.diagnose.symptoms.sources import AUTOTRAINER
from stages.lib.trials.subject import Subject

RATIO = 1e-3  # first kernel's gradient over the last's


def gradients_vanish(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Gradient scale of the first kernel over the last's, before training."""
    scales = gradient_scales(subject)
    if scales is None:
        return None
    first, last, layer = scales
    if not first / last < RATIO:
        return None
    return SYMPTOM.finding(
        first / last,
        RATIO,
        f"before training the gradient of the first kernel was only {first / last:.3g} times that "
        f"of the last ({first:.3g} against {last:.3g})",
        layer=layer,
        epoch=0,
    )


SYMPTOM = Symptom(
    code="LL305",
    name="gradients_vanish",
    title="Before training the gradients vanish towards the first layer",
    families={"initialization": "too narrow", "hidden_activation": ""},
    about="The gradient of the first kernel over that of the last, both as root mean squares, "
    "before the first step. The first layers then learn last, or not at all.",
    source=f"{AUTOTRAINER}, beta_1: the norm of the first kernel's gradient over the last's. Root "
    "mean squares are compared here, so that the width of a layer does not count.",
    remedy="Draw wider weights (train.kernel_initializer: he_normal), and use relu or another "
    "activation that does not saturate (train.activation).",
    find=gradients_vanish,
    looks_inside=True,
)
