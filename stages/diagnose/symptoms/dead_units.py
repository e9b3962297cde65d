"""LL501: units of a hidden layer that are flat on every row."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import argmax
from stages.diagnose.symptoms.probes import activation_of, last_probed, layer_values, of_hidden
from stages.diagnose.symptoms.sources import CS231N
from stages.lib.trials.subject import Subject

DEAD_SHARE = 0.25  # of a layer's units


def dead_units(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Largest share of a hidden layer's units that pass no gradient on any row, at the end."""
    epoch = last_probed(subject)
    share = of_hidden(
        subject,
        layer_values(subject, "dead_share", epoch),
        lambda activation: not (activation.saturates or activation.sums_to_one),
    )
    if not len(share) or share.max() <= DEAD_SHARE:
        return None
    layer = argmax(share)
    return SYMPTOM.finding(
        share.max(),
        DEAD_SHARE,
        f"after epoch {epoch} {share.max():.0%} of the {activation_of(subject, layer)} "
        f"units of layer {layer} were dead: flat on every row",
        layer=layer,
        epoch=epoch,
    )


SYMPTOM = Symptom(
    code="LL501",
    name="dead_units",
    title="Many units of a hidden layer are dead",
    families={"hidden_activation": "", "initialization": "", "learning_rate": "too high"},
    about="The largest share of a hidden layer's units that pass no gradient on any row, at the "
    "last probed epoch. A dead unit stays dead: the layer is narrower than it says.",
    source=f"{CS231N} calls 40 % dead units a sign of too high a learning rate. Ours: a quarter, "
    "below that: centred inputs leave next to none dead, raw positive ones about half.",
    remedy="Scale the inputs (normalize.features: standard), lower train.learning_rate, or use "
    "leaky_relu or elu (train.activation).",
    find=dead_units,
    looks_inside=True,
)
