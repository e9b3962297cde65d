"""LL504: predictions that are NaN or infinite."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.predictions import finite_rows
from stages.lib.trials.subject import Subject


def non_finite_predictions(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Rows of all splits whose prediction is not finite."""
    count = sum(int((~finite_rows(table)).sum()) for table in subject.predictions.values())
    rows = sum(len(table) for table in subject.predictions.values())
    if not count:
        return None
    return SYMPTOM.finding(count, 0.0, f"{count} of {rows} predictions are not finite")


SYMPTOM = Symptom(
    code="LL504",
    name="non_finite_predictions",
    title="Some predictions are NaN or infinite",
    # normalize.missing decides whether a gap stays NaN.
    families={"data": "not finite", "input_normalization": ""},
    about="The rows of all splits whose prediction is not finite. The weights that are kept are "
    "finite, so the inputs of these rows are not, or are too large.",
    source="Floating-point arithmetic (IEEE 754): NaN spreads through every sum.",
    remedy="Fill gaps (normalize.missing: median), and see which inputs are not finite (LL201).",
    find=non_finite_predictions,
)
