"""LL506: the test loss is above the training loss."""

import math

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.predictions import independent_losses
from stages.lib.trials.subject import Subject

GAP = 0.05  # of chance
STANDARD_ERRORS = 2.0


def train_test_gap(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Test loss less training loss of the kept weights, as a share of chance."""
    rows = [independent_losses(subject, name) for name in ("test", "train")]
    known = [losses for losses in rows if losses is not None and len(losses) >= 2]
    if len(known) < 2 or not chance > 0:
        return None
    test, train = (losses.mean() for losses in known)
    error = math.sqrt(sum(losses.var(ddof=1) / len(losses) for losses in known))
    gap = test - train
    if not (gap > GAP * chance and gap > STANDARD_ERRORS * error):
        return None
    return SYMPTOM.finding(
        gap / chance,
        GAP,
        f"the test loss ({test:.4g}) lies {gap:.3g} above the training loss ({train:.4g}), "
        f"{gap / chance:.0%} of chance",
    )


SYMPTOM = Symptom(
    code="LL506",
    name="train_test_gap",
    title="The test loss lies well above the training loss",
    families={
        "regularization": "too weak",
        "epochs": "too many",
        "capacity": "too large",
        "data": "too few rows",
    },
    about="Test loss less training loss of the kept weights, as a share of chance: what was "
    "learnt of the training rows and does not hold of others.",
    source="Ours: a twentieth of chance, below which nobody retrains, and two standard errors, "
    "over groups where rows have one.",
    remedy="Regularize (train.dropout, train.l2), stop early (train.early_stopping), use fewer "
    "units (train.layers), or get more rows.",
    find=train_test_gap,
)
