"""LL508: the trained loss looks good, the proper one is not."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import losses
from stages.diagnose.symptoms.initial_loss_above_chance import INITIAL_LOSS
from stages.lib.mlp.weights import class_weights, row_factors
from stages.lib.params.edits import checked
from stages.lib.trials.subject import Subject

TRAINED_TO_PROPER = 0.25


def misleading_loss(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """The trained loss over the proper one, both on the training split after the last epoch; the
    trained one over what its rows are weighted by in the mean.

    A regression's trained loss may have any unit; only a negative one tells.
    """
    shown = losses(subject, "training_loss")
    meant = losses(subject, "training_proper")
    if not len(shown) or not len(meant) or shown.index[-1] != meant.index[-1]:
        return None
    trained, proper = shown.iloc[-1] / _mean_factor(subject), meant.iloc[-1]
    threshold = 0.0 if subject.task.is_regression else TRAINED_TO_PROPER
    if proper <= INITIAL_LOSS * chance or trained >= threshold * proper:
        return None
    return SYMPTOM.finding(
        trained / proper,
        threshold,
        f"the trained loss ends at {trained:.4g} and looks good, but the proper loss of the same "
        f"network is {proper:.4g} (chance {chance:.4g})",
        epoch=int(shown.index[-1]),
    )


def _mean_factor(subject: Subject) -> float:
    """What the trained losses of the training rows are multiplied by, in the mean."""
    _, train = checked(subject.sections)
    y, weights = subject.y["train"], subject.weights(subject.tables).get("train")
    of_class = class_weights(train, subject.task, y, weights)
    factors = row_factors(weights, of_class, y)
    return 1.0 if factors is None else float(factors.mean(dtype="float64"))


SYMPTOM = Symptom(
    code="LL508",
    name="misleading_loss",
    title="The trained loss looks good, but the predictions are bad",
    families={"loss": "", "output_activation": ""},
    about="The trained loss over the proper one, both on the training rows after the last epoch, "
    "where the proper one is far above chance. A mismatched loss can fall to nothing, or below, "
    "while the predictions are wrong. A regression's trained loss may have any unit; only a "
    "negative one tells.",
    source="Ours: a quarter. Untrained, mean squared error is 0.36 of the log loss of two "
    "classes, which is no fault.",
    remedy="Set train.loss, train.output_activation and train.target_encoding to auto, which "
    "match each other.",
    find=misleading_loss,
)
