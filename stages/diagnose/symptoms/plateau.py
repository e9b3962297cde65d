"""LL406: the loss hardly comes below chance."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import NEGLIGIBLE, argmin, losses
from stages.diagnose.symptoms.sources import AUTOTRAINER
from stages.lib.trials.subject import Subject

SHARE = 0.05  # of what lies between chance and floor


def plateau(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """How far the best epoch's training loss came below chance, and below where it started, as a
    share of the way to the floor."""
    loss = losses(subject, "training_proper")
    if len(loss) < 2:
        return None
    # A start above chance is no merit, and a fall to chance takes no learning from the inputs.
    start = min(loss.get(0, chance), chance)
    if start - floor <= NEGLIGIBLE * chance:  # nothing to learn, or chance and floor by luck
        return None
    way = (start - loss.min()) / (start - floor)
    if way >= SHARE:
        return None
    return SYMPTOM.finding(
        way,
        SHARE,
        f"the training loss went from {loss.iloc[0]:.4g} to {loss.min():.4g} at best, where "
        f"chance is {chance:.4g} and the floor {floor:.4g}",
        epoch=argmin(loss),
    )


SYMPTOM = Symptom(
    code="LL406",
    name="plateau",
    title="The training loss hardly comes below chance",
    families={
        "learning_rate": "",
        "initialization": "",
        "optimizer": "",
        "input_normalization": "",
    },
    about="How far the best epoch's training loss came below chance, and below where it started, "
    "as a share of the way to the floor. A fall to chance takes no learning from the inputs.",
    source=f"Ours: a twentieth of the way. {AUTOTRAINER} calls a gain of accuracy below 0.01 "
    "(delta) slow convergence, but accuracy stays where it is on unequal classes while the loss "
    "falls.",
    remedy="Scale the inputs (normalize.features: standard), then try other values of "
    "train.learning_rate, train.kernel_initializer and train.optimizer.",
    find=plateau,
)
