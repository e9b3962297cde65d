"""LL407: the validation loss rises while the training loss falls."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import RELEVANT, argmin, last_fifth, losses
from stages.diagnose.symptoms.sources import PRECHELT
from stages.lib.trials.subject import Subject

RISE = 0.05  # of the least validation loss


def validation_rise(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """The validation loss of the last fifth of the epochs up to the kept one over its minimum,
    less one, while the training loss did not rise."""
    kept = subject.network.training.kept_epoch
    held_out, loss = (
        losses(subject, f"{name}_proper").loc[:kept] for name in ("validation", "training")
    )
    if not len(held_out):
        return None
    best = argmin(held_out)
    end, least = last_fifth(held_out).median(), held_out.min()
    if end - least <= max(RISE * least, RELEVANT * chance):
        return None
    # Both rising is divergence or oscillation, which more regularization does not cure.
    if best not in loss.index or last_fifth(loss).median() > loss[best]:
        return None
    return SYMPTOM.finding(
        end / least - 1 if least > 0 else None,
        RISE,
        f"the validation loss rose from {least:.4g} after epoch {best} to {end:.4g} while the "
        f"training loss went on falling",
        epoch=best,
    )


SYMPTOM = Symptom(
    code="LL407",
    name="validation_loss_rises",
    title="The validation loss rises while the training loss falls",
    families={"epochs": "too many", "regularization": "too weak"},
    about="The median validation loss of the last fifth of the epochs up to the kept one over its "
    "minimum, less one, while the training loss did not rise: what is learnt by then is the "
    "training rows' own luck.",
    source=f"{PRECHELT}: 5 %. Ours: a hundredth of chance at least, since 5 % of a loss near zero "
    "is nothing.",
    remedy="Stop early (train.early_stopping), or regularize: train.dropout, train.l2.",
    find=validation_rise,
)
