"""LL404: the loss rises again and again."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import RISE, RISING_SHARE, rising_share
from stages.diagnose.symptoms.sources import AUTOTRAINER
from stages.lib.trials.subject import Subject


def oscillation(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Share of the epochs that ended with a relevant rise of the training or the running loss."""
    share = rising_share(subject, chance)
    if share <= RISING_SHARE:
        return None
    return SYMPTOM.finding(
        share,
        RISING_SHARE,
        f"in {share:.0%} of the epochs the loss rose by more than {RISE:.0%} of its scale",
    )


SYMPTOM = Symptom(
    code="LL404",
    name="oscillation",
    title="The loss rises again and again",
    families={"learning_rate": "too high", "batch_size": "too small"},
    about="The share of the epochs that ended with a rise of the training loss by more than 3 % "
    "of chance, or of the running loss by more than 3 % of its start; of five epochs at least. "
    "Steps that are too long, or of too few rows, jump over the minimum.",
    source=f"{AUTOTRAINER}: swings of 0.03 (zeta) in a fifth (eta) of the epochs; of accuracy "
    "there, which has the range 1, and so of a loss in shares of its scale here.",
    remedy="Lower train.learning_rate, let it fall (train.schedule.name: cosine), or raise "
    "train.batch_size.",
    find=oscillation,
)
