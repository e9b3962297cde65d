"""LL505: the same prediction for every row."""

import math

import numpy as np

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import NEGLIGIBLE
from stages.diagnose.symptoms.predictions import mean_loss, predicted
from stages.lib.core.parquet_files import numbered
from stages.lib.trials.subject import Subject

SPREAD = 0.01  # deviation of a probability, or of a prediction over its target's


def constant_predictions(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Deviation of the predictions over the test rows: the largest of any class's or label's
    probability, or of any prediction over its target's."""
    loss = mean_loss(subject, "test")
    if loss is None or not chance > 0 or loss - floor <= NEGLIGIBLE * chance:
        return None
    predictions = predicted(subject, "test")
    # Of one row nothing can be said.
    if len(predictions) < 2:
        return None
    scale: float | np.ndarray = 1.0
    if subject.task.is_regression:
        # Chance is the variance of one target, and the mean of several.
        several = numbered(subject.predictions["test"], "target").std(axis=0)
        deviations = np.where(several > 0, several, np.inf)
        scale = math.sqrt(chance) if len(deviations) == 1 else deviations
    spread = float((predictions.std(axis=0) / scale).max())
    if not spread < SPREAD:
        return None
    return SYMPTOM.finding(
        spread,
        SPREAD,
        f"the predictions of the test rows are all but the same (deviation {spread:.2g}) at a "
        f"loss of {loss:.4g}, {loss - floor:.3g} above the floor",
    )


SYMPTOM = Symptom(
    code="LL505",
    name="constant_predictions",
    title="All rows get the same prediction",
    families={
        "output_activation": "",
        "learning_rate": "",
        "hidden_activation": "",
        "initialization": "",
    },
    about="The deviation of the predictions over the test rows, at a loss above the floor: the "
    "largest of any class's or label's probability, or of any prediction over its target's. The "
    "network has learnt no more than a constant, or cannot say more.",
    source="Ours: a deviation of a hundredth of a probability, or of the target's deviation, "
    "cannot carry what a loss well above the floor leaves to be said.",
    remedy="Look at the output activation (LL102 to LL106) and for dead or saturated layers "
    "(LL501, LL502); otherwise try other values of train.learning_rate.",
    find=constant_predictions,
)
