"""Symptoms: what training left behind that looks wrong, and whom it makes suspected.

A symptom proves nothing. It names families of edits that are worth a trial, with the number that
was seen and the threshold it passed. A new symptom is one file with a `SYMPTOM` (see README.md).

Every loss here is the task's proper one (nats, or squared target units), but where the text says
"trained". `floor` and `chance` have its unit: the least loss that is possible, and the loss of the
best constant.
"""

from stages.diagnose.findings import Symptom, SymptomFinding, applicable, discover
from stages.lib.trials.subject import Subject

SYMPTOMS: tuple[Symptom, ...] = discover(__name__, __path__, Symptom)


def find_symptoms(subject: Subject, floor: float, chance: float) -> list[SymptomFinding]:
    """The symptoms that the subject shows, in the order of SYMPTOMS."""
    findings = (symptom.find(subject, floor, chance) for symptom in applicable(SYMPTOMS, subject))
    return [finding for finding in findings if finding is not None]
