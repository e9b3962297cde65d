"""LL301: before training, the loss is above chance."""

import math

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import losses
from stages.diagnose.symptoms.sources import CS231N, RECIPE
from stages.lib.trials.subject import Subject

INITIAL_LOSS = 1.5  # times chance


def initial_loss(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """The training loss before training, as a multiple of chance.

    With unequal classes, of the loss of equal shares: that is where outputs near zero start, and
    training corrects it within steps.
    """
    loss = losses(subject, "training_proper").get(0)
    # A label is a question of two answers.
    answers = 2 if subject.task.has_labels else max(len(subject.card.classes), 1)
    blind = max(chance, math.log(answers))
    if loss is None or not blind > 0 or loss <= INITIAL_LOSS * blind:
        return None
    return SYMPTOM.finding(
        loss / blind,
        INITIAL_LOSS,
        f"before training the loss was {loss:.4g}, {loss / blind:.3g} times that of knowing "
        f"nothing ({blind:.4g})",
        epoch=0,
    )


SYMPTOM = Symptom(
    code="LL301",
    name="initial_loss_above_chance",
    title="Before training the loss is far above that of knowing nothing",
    families={"initialization": "too wide", "input_normalization": "", "target_normalization": ""},
    about="The training loss before the first step, as a multiple of chance (with unequal "
    "classes, of the loss of equal shares). A network that knows nothing should say so; one that "
    "starts far above is sure and wrong, and spends its first epochs on unlearning that.",
    source=f"{RECIPE} and {CS231N}: before training the loss is that of chance; they give no "
    "margin. Ours: 1.5 times. Sound networks (glorot_uniform, standardised inputs; eight runs "
    "here) started at 0.9 to 1.2 of it.",
    remedy="Scale inputs and target (normalize.features, normalize.target: standard) and draw "
    "narrower weights (train.kernel_initializer: glorot_uniform).",
    find=initial_loss,
)
