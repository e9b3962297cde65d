"""Family by family: confirmed, suspected, ruled out or undecided, and by what."""

from typing import Any

from stages.diagnose.findings import CheckFinding, SymptomFinding
from stages.diagnose.ledger.lines import Ledger, Screened
from stages.lib.params.families import families


def verdicts(
    ledger: Ledger,
    checks: list[CheckFinding],
    symptoms: list[SymptomFinding],
    min_gain: float,
    accounted: bool,
    at_cap: bool = False,
) -> list[dict[str, Any]]:
    """One entry for each family, in their order, as diagnosis.json has it.

    confirmed: a line of the ledger holds one of its keys. ruled_out: none of its edits, made on
    top of the ledger's, can be expected to gain `min_gain` (the upper ends of all 95 % intervals
    lie below it). suspected: a check or symptom speaks for it, and it is neither. undecided: the
    intervals leave a gain that matters possible. untried: no edit of it applies. `gain`, `low` and
    `high` are those of its most promising edit, in the loss's unit.

    Args:
        min_gain: the smallest gain that matters, in the loss's unit.
        accounted: the lines account for the loss. No symptom casts suspicion then; and one that a
            confirmed cause accounts for never does on others.
        at_cap: the losses are at their cap whatever is done, which rules nothing out.
    """
    confirmed = {family for line in ledger.lines for family in line.families}
    entries = []
    for family in families():
        evidence = [check.check for check in checks if _implicates(check, family)]
        evidence += [
            symptom.symptom
            for symptom in symptoms
            if family in symptom.families
            and (family in confirmed or (not accounted and not confirmed & set(symptom.families)))
        ]
        promising = _most_promising(ledger.screened, family)
        if family in confirmed:
            status = "confirmed"
        elif promising["high"] is not None and promising["high"] < min_gain and not at_cap:
            status = "ruled_out"
        elif not ledger.screened[family]:
            status = "untried"
        else:
            status = "suspected" if evidence else "undecided"
        entries.append(
            {
                "family": family,
                "status": status,
                "evidence": list(dict.fromkeys(evidence)),
                **promising,
            }
        )
    return entries


def _most_promising(screened: Screened, family: str) -> dict[str, Any]:
    """The family's edit whose interval reaches highest, with its gain; nothing where none was
    tried."""
    if not screened[family]:
        return {"edit": {}, "gain": None, "low": None, "high": None}
    candidate, gain = max(screened[family], key=lambda pair: pair[1].interval()[1])
    low, high = gain.interval()
    return {"edit": candidate.edit, "gain": gain.mean, "low": low, "high": high}


def families_with_evidence(checks: list[CheckFinding], symptoms: list[SymptomFinding]) -> set[str]:
    """The families that a check or a symptom speaks for before anything is trained."""
    of_checks = {check.family for check in checks if check.severity != "note"}
    return of_checks | {family for symptom in symptoms for family in symptom.families}


def _implicates(check: CheckFinding, family: str) -> bool:
    return check.family == family and check.severity != "note"
