"""LL302: before training, no gradient, or a layer that puts out one number for all rows."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import argmin
from stages.diagnose.symptoms.probes import VANISHED, layer_values, of_hidden
from stages.diagnose.symptoms.sources import DEEPDIAGNOSIS
from stages.lib.trials.subject import Subject


def no_signal(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """No gradient in any kernel, or a hidden layer that puts out one number for all."""
    gradients = layer_values(subject, "gradient_rms", 0)
    if len(gradients) and gradients.max() < VANISHED:
        return SYMPTOM.finding(
            gradients.max(),
            VANISHED,
            f"before training the gradient was {gradients.max():.3g} or less in all kernels",
            epoch=0,
        )
    spread = of_hidden(subject, layer_values(subject, "activation_std", 0))
    if len(spread) and spread.min() < VANISHED:
        layer = argmin(spread)
        return SYMPTOM.finding(
            spread.min(),
            VANISHED,
            f"before training all outputs of layer {layer} were the same (deviation "
            f"{spread.min():.3g})",
            layer=layer,
            epoch=0,
        )
    return None


SYMPTOM = Symptom(
    code="LL302",
    name="no_signal_at_start",
    title="Before training no signal passes through the network",
    families={
        "initialization": "",
        "input_normalization": "",
        "output_activation": "",
        "hidden_activation": "",
    },
    about="The gradient of every kernel before the first step (root mean square), and the "
    "deviation of each hidden layer's outputs over the rows. Without the one no weight moves; "
    "without the other nothing of the inputs arrives behind the layer.",
    source=f"{DEEPDIAGNOSIS}: a mean absolute gradient below 1e-7 has vanished. Ours: the same "
    "for activations.",
    remedy="Look for zeros or ones in train.kernel_initializer, an output activation that is "
    "constant (LL102), and inputs of a size at which all units are flat.",
    find=no_signal,
    looks_inside=True,
)
