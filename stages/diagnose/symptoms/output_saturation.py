"""LL503: saturated outputs, before training or at a high loss."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import NEGLIGIBLE
from stages.diagnose.symptoms.predictions import mean_loss, predicted
from stages.diagnose.symptoms.probes import FLAT_SHARE, activation_of, last_probed, layer_values
from stages.diagnose.symptoms.sources import DEEPDIAGNOSIS
from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.activations import ACTIVATIONS


def output_saturation(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Share of flat outputs: before training, or at the end while the training loss is high.

    At the end, certainty alone is no fault: a sound network is certain of easy rows.
    """
    layer = len(subject.chain.layers)
    activation = ACTIVATIONS[activation_of(subject, layer)]
    start = layer_values(subject, "flat_share", 0).get(layer, 0.0) if activation.saturates else 0.0
    if start > FLAT_SHARE:
        return SYMPTOM.finding(
            start,
            FLAT_SHARE,
            f"before training {start:.0%} of the {activation.name} outputs were saturated",
            layer=layer,
            epoch=0,
        )
    loss = mean_loss(subject, "train")
    if loss is None or loss <= floor + max((chance - floor) / 2, NEGLIGIBLE * chance):
        return None
    epoch = last_probed(subject)
    if activation.sums_to_one:
        share = _certain_share(subject)
    else:
        share = layer_values(subject, "flat_share", epoch).get(layer, 0.0)
    if share <= FLAT_SHARE:
        return None
    return SYMPTOM.finding(
        share,
        FLAT_SHARE,
        f"after training {share:.0%} of the {activation.name} outputs were saturated at a training "
        f"loss of {loss:.4g} (chance {chance:.4g})",
        layer=layer,
        epoch=epoch,
    )


def _certain_share(subject: Subject) -> float:
    """Share of the training rows with a class probability p at which p (1 - p), the slope of the
    sigmoid, is below 0.01 in every class."""
    if subject.task.is_regression:
        return 0.0
    shares = predicted(subject, "train")
    return float((shares * (1 - shares) < 0.01).all(axis=1).mean())


SYMPTOM = Symptom(
    code="LL503",
    name="output_saturation",
    title="The outputs are saturated and wrong",
    families={
        "output_activation": "",
        "initialization": "too wide",
        "input_normalization": "",
        "target_normalization": "",
        "learning_rate": "too high",
    },
    about="The share of outputs at which the slope is below 0.01: before training, or at the end "
    "while the training loss is above half of the way from floor to chance. Certainty by itself "
    "is no fault: a sound network is certain of easy rows.",
    source=f"{DEEPDIAGNOSIS}: a layer with more than half of its inputs beyond +-5 is saturated. "
    "The probes count slopes below 0.01 instead, which is beyond 4.6 for sigmoid and 3.0 for "
    "tanh; of softmax, p (1 - p) of every class.",
    remedy="Scale inputs and target, draw narrower weights (train.kernel_initializer), lower "
    "train.learning_rate.",
    find=output_saturation,
    looks_inside=True,
)
