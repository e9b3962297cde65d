"""LL507: the training loss stays high."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import NEGLIGIBLE
from stages.diagnose.symptoms.predictions import mean_loss
from stages.lib.trials.subject import Subject

SHARE = 0.25  # of what lies between chance and floor


def underfit(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """What the training loss of the kept weights leaves of the way from chance to floor."""
    loss = mean_loss(subject, "train")
    if loss is None or chance - floor <= NEGLIGIBLE * chance:
        return None
    left = (loss - floor) / (chance - floor)
    if left <= SHARE or loss - floor <= NEGLIGIBLE * chance:
        return None
    return SYMPTOM.finding(
        left,
        SHARE,
        f"the training loss stayed at {loss:.4g}, {loss - floor:.3g} above the floor ({floor:.4g})",
    )


SYMPTOM = Symptom(
    code="LL507",
    name="underfit",
    title="Even the training loss stays well above the floor",
    families={
        "capacity": "too small",
        "epochs": "too few",
        "learning_rate": "",
        "regularization": "too strong",
    },
    about="What the training loss of the kept weights leaves of the way from chance to the floor. "
    "What is not learnt of the training rows cannot hold of others.",
    source="Ours: a quarter of what lies between chance and floor is still there.",
    remedy="Raise train.epochs or train.layers, try other values of train.learning_rate, or "
    "regularize less (train.dropout, train.l2).",
    find=underfit,
)
