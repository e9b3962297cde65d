"""Family by family: confirmed, suspected, ruled out or undecided, and by what."""

from stages.diagnose.findings import CheckFinding, SymptomFinding
from stages.diagnose.interventions import FAMILIES
from stages.diagnose.ledger import Ledger


def verdicts(
    ledger: Ledger,
    checks: list[CheckFinding],
    symptoms: list[SymptomFinding],
    least: float,
    accounted: bool,
    lost: bool = False,
) -> list[dict]:
    """One entry a family, in the table's order.

    confirmed: a line of the ledger holds one of its keys. ruled_out: none of its edits, made on
    top of the ledger's, can be expected to gain `least` (the upper ends of all 95 % intervals lie
    below it). suspected: a check or symptom speaks for it, and it is neither; a symptom that a
    confirmed cause accounts for casts no suspicion on others, nor does any when the lines have
    `accounted` for the loss. Nothing is ruled out by a program that is `lost`, with losses at their
    bound whatever is done. undecided: the intervals leave a gain that matters possible. untried: no
    edit of it applies. `gain`, `low` and `high` are those of its most promising edit, in the loss's
    unit.
    """
    confirmed = {family for line in ledger.lines for family in line.families}
    entries = []
    for family in FAMILIES:
        spoken = [check.check for check in checks if _speaks_for(family, check)]
        spoken += [
            symptom.symptom
            for symptom in symptoms
            if family in symptom.families
            and (family in confirmed or (not accounted and not confirmed & set(symptom.families)))
        ]
        tried = ledger.screened[family]
        entry: dict = {"family": family, "evidence": list(dict.fromkeys(spoken))}
        if tried:
            best, gain = max(tried, key=lambda pair: pair[1].interval()[1])
            low, high = gain.interval()
            entry |= {"edit": best.edit, "gain": gain.mean, "low": low, "high": high}
            excluded = high < least and not lost
        else:
            entry |= {"edit": {}, "gain": None, "low": None, "high": None}
            excluded = False
        if family in confirmed:
            status = "confirmed"
        elif excluded:
            status = "ruled_out"
        elif not tried:
            status = "untried"
        else:
            status = "suspected" if spoken else "undecided"
        entries.append({"family": family, "status": status} | entry)
    return entries


def evidence(checks: list[CheckFinding], symptoms: list[SymptomFinding]) -> set[str]:
    """The families that a check or a symptom speaks for before anything is trained."""
    families = {check.family for check in checks if check.severity != "note"}
    return families | {family for symptom in symptoms for family in symptom.families}


def _speaks_for(family: str, check: CheckFinding) -> bool:
    return check.family == family and check.severity != "note"
