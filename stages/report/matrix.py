"""Family by evidence: what is shown of each family of edits, and which findings speak for it."""

from dataclasses import dataclass

from stages.lib.diagnosis.schema import Diagnosis, FamilyVerdict
from stages.lib.diagnosis.summary import STATUSES

ORDER = ("matters", *STATUSES, "not_tried")


@dataclass(frozen=True)
class Finding:
    """A check or a symptom that speaks for some family. name: as `evidence` has it."""

    code: str
    name: str


@dataclass(frozen=True)
class Sorting:
    """The families in one order. name: of the column by which they are sorted; label: in words."""

    name: str
    label: str
    families: list[FamilyVerdict]


def findings(diagnosis: Diagnosis) -> list[Finding]:
    """Those that speak for a family of the leading account, by their codes."""
    names = {name for family in diagnosis.lead.families for name in family.evidence}
    codes = {check.check: check.code for check in diagnosis.checks}
    codes |= {symptom.symptom: symptom.code for symptom in diagnosis.symptoms}
    known = [Finding(codes[name], name) for name in names if name in codes]
    return sorted(known, key=lambda finding: (finding.code, finding.name))


def sortings(families: list[FamilyVerdict]) -> list[Sorting]:
    """The families by status, as the first, by gain, by their evidence and by name. What has no
    gain comes last; equals stay in the order of the diagnosis."""

    def gain(family: FamilyVerdict) -> float:
        return float("-inf") if family.gain is None else family.gain

    return [
        Sorting("status", "status", sorted(families, key=lambda one: ORDER.index(one.status))),
        Sorting("gain", "gain", sorted(families, key=gain, reverse=True)),
        Sorting("evidence", "evidence", sorted(families, key=lambda one: -len(one.evidence))),
        Sorting("family", "name", sorted(families, key=lambda one: one.family)),
    ]
