"""How activations and gradients change from layer to layer before training: each direction is a
symptom."""

from stages.diagnose.symptoms.probes import layer_values, of_hidden
from stages.lib.trials.subject import Subject


def activation_scales(subject: Subject) -> tuple[float, float, int, int] | None:
    """Deviation of the first hidden layer's activations and of the last's, and these layers; None
    where there is no ratio."""
    spread = of_hidden(subject, layer_values(subject, "activation_std", 0)).sort_index()
    if len(spread) < 2 or not spread.iloc[0] > 0:
        return None
    return spread.iloc[0], spread.iloc[-1], int(spread.index[0]), int(spread.index[-1])


def gradient_scales(subject: Subject) -> tuple[float, float, int] | None:
    """Gradient (root mean square) of the first kernel and of the last, and the first's layer; None
    where there is no ratio."""
    gradients = layer_values(subject, "gradient_rms", 0).sort_index()
    if len(gradients) < 2 or not gradients.iloc[-1] > 0:
        return None
    return gradients.iloc[0], gradients.iloc[-1], int(gradients.index[0])
