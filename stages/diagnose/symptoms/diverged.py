"""LL401: training met a value that is not finite."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.lib.trials.subject import Subject


def diverged(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Training met a value that is not finite."""
    divergence = subject.network.training.divergence
    if divergence is None:
        return None
    return SYMPTOM.finding(
        1.0,
        0.0,
        f"the {divergence.what} stopped being finite in epoch {divergence.epoch}, step "
        f"{divergence.step}",
        epoch=divergence.epoch,
    )


SYMPTOM = Symptom(
    code="LL401",
    name="diverged",
    title="The loss or the weights stopped being finite",
    families={
        "learning_rate": "too high",
        "initialization": "too wide",
        "input_normalization": "",
        "data": "not finite",
    },
    about="Whether the loss or a weight became NaN or infinite, and in which step. The last "
    "finite weights are kept.",
    source="Floating-point arithmetic (IEEE 754): no step comes back from NaN.",
    remedy="Lower train.learning_rate tenfold, scale the inputs (normalize.features: standard), "
    "and see whether some are not finite (LL201).",
    find=diverged,
)
