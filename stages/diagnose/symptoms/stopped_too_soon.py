"""LL408: early stopping ended a training whose validation loss still fell."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import RELEVANT, losses
from stages.lib.trials.subject import Subject


def stopped_too_soon(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """The fall of the validation loss in the epochs of patience, all of it below min_delta."""
    training = subject.network.training
    stopping = subject.sections["train"]["early_stopping"]
    if training.status != "stopped_early" or not stopping["min_delta"] > 0:
        return None
    # The loss that is watched is the trained one.
    loss = losses(subject, "validation_loss")
    last = training.epochs_run
    counted = last - max(1, stopping["patience"])
    waited = loss.loc[counted + 1 : last]
    if counted not in loss.index or not len(waited):
        return None
    fall = float(loss[counted] - waited.min())
    if not fall > RELEVANT * abs(loss.iloc[0]):
        return None
    return SYMPTOM.finding(
        fall,
        stopping["min_delta"],
        f"the validation loss still fell by {fall:.3g} after epoch {counted}, but by less than "
        f"min_delta ({stopping['min_delta']:g}), so that training stopped after epoch {last}",
        epoch=last,
    )


SYMPTOM = Symptom(
    code="LL408",
    name="stopped_too_soon",
    title="Early stopping ended a training that still improved",
    families={"epochs": "too few"},
    about="Where early stopping ended the training: the fall of the validation loss (the trained "
    "one) after the last epoch that counted as an improvement. Falls of less than min_delta count "
    "as none, however many follow each other within the patience.",
    source="Keras' EarlyStopping: an epoch counts if its loss is below the best so far by more "
    "than min_delta. Ours: a hundredth of the loss before training, below which no fall is worth a "
    "word.",
    remedy="Set train.early_stopping.min_delta: 0.0, or a longer patience.",
    find=stopped_too_soon,
)
