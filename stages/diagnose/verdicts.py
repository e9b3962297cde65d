"""Family by family: what is shown of its edits on the program as it is."""

from typing import Any

from stages.diagnose.findings import CheckFinding, SymptomFinding
from stages.diagnose.ledger.lines import Ledger, Screened, Tried
from stages.lib.params.families import families

# Level at which an edit that is no line of the ledger is said to help by itself; divided by the
# number of edits tried (Bonferroni).
LEVEL = 0.05


def verdicts(
    ledger: Ledger,
    checks: list[CheckFinding],
    symptoms: list[SymptomFinding],
    min_gain: float,
    at_cap: bool = False,
    short: bool = False,
) -> list[dict[str, Any]]:
    """One entry for each family, in their order, as diagnosis.json has it.

    All are verdicts on the program as it is, with the family's edit and no other:

    - matters: a line of the ledger holds one of its keys.
    - helps_alone: an edit of it is shown to gain more than `min_gain`, and with the ledger's edits
      it is not needed.
    - too_little: it improves the loss, shown, by less than `min_gain`.
    - no_effect: every edit's 95 % interval lies below `min_gain`.
    - no_time: those tried have no effect that matters, and `diagnose.seconds` left some untried,
      or sufficed for a search of fewer steps only.
    - cannot_tell: the intervals leave a gain that matters possible; `needs_seeds` or `needs_rows`
      says about how many it would take.
    - not_tried: no edit of it applies.

    `gain`, `low` and `high` are those of the edit whose interval reaches highest, in the loss's
    unit; `evidence` names the checks and symptoms that speak for the family.

    Args:
        min_gain: the smallest gain that matters, in the loss's unit.
        at_cap: the losses are at their cap whatever is done, which rules nothing out.
        short: programs with fewer steps were searched, which says nothing of the program as it is:
            what was tried is `no_time`.
    """
    of_lines = {family for line in ledger.lines for family in line.families}
    count = sum(len(tried) for tried in ledger.as_given.values())
    no_time = {family for option in ledger.untried for family in option.families}
    entries = []
    for family in families():
        evidence = [check.check for check in checks if _implicates(check, family)]
        evidence += [symptom.symptom for symptom in symptoms if family in symptom.families]
        tried = ledger.as_given[family]
        highest = max(tried, key=lambda entry: entry.gain.interval()[1]) if tried else None
        if family in of_lines:
            status = "matters"
        elif highest is None:
            status = "no_time" if family in no_time else "not_tried"
        else:
            status = _status(tried, highest, min_gain, LEVEL / count, at_cap)
            if short:
                highest, status = None, "no_time"
            elif family in no_time and status in ("no_effect", "too_little"):
                status = "no_time"
        entries.append(
            {
                "family": family,
                "status": status,
                "evidence": list(dict.fromkeys(evidence)),
                **_numbers(highest),
                **_needs(highest if status == "cannot_tell" else None, min_gain),
            }
        )
    return entries


def _status(tried: list[Tried], highest: Tried, min_gain: float, level: float, at_cap: bool) -> str:
    if any(entry.gain.p_above(min_gain) < level for entry in tried):
        return "helps_alone"
    if highest.gain.interval()[1] >= min_gain or at_cap:
        return "cannot_tell"
    improves = any(entry.gain.p_above(0.0) < level for entry in tried)
    return "too_little" if improves else "no_effect"


def _numbers(tried: Tried | None) -> dict[str, Any]:
    if tried is None:
        return {"edit": {}, "gain": None, "low": None, "high": None}
    low, high = tried.gain.interval()
    return {"edit": tried.candidate.edit, "gain": tried.gain.mean, "low": low, "high": high}


def _needs(tried: Tried | None, min_gain: float) -> dict[str, int | None]:
    """How many rows or seeds would tell whether the edit gains more than `min_gain`: rows, where
    they hold most of the error, which more seeds would leave."""
    if tried is None or tried.gain.interval()[1] < min_gain:
        return {"needs_rows": None, "needs_seeds": None}
    gain = tried.gain
    if gain.of_rows**2 > 0.5 * gain.error**2:
        return {"needs_rows": gain.units_needed(min_gain, tried.rows), "needs_seeds": None}
    return {"needs_rows": None, "needs_seeds": gain.units_needed(min_gain, tried.seeds)}


def small_gains(screened: Screened) -> list[dict[str, Any]]:
    """Edits on top of the ledger's that improve the loss, the largest gain first, as diagnosis.json
    has them. At 95 %, with no correction for how many were tried: hints, not causes."""
    shown = {
        repr(entry.candidate.edit): entry
        for tried in screened.values()
        for entry in tried
        if entry.gain.p_above(0.0) < 0.025
    }
    ordered = sorted(shown.values(), key=lambda entry: -entry.gain.mean)
    return [{"families": list(entry.candidate.families), **_numbers(entry)} for entry in ordered]


def families_with_evidence(checks: list[CheckFinding], symptoms: list[SymptomFinding]) -> set[str]:
    """The families that a check or a symptom speaks for before anything is trained."""
    of_checks = {check.family for check in checks if check.severity != "note"}
    return of_checks | {family for symptom in symptoms for family in symptom.families}


def _implicates(check: CheckFinding, family: str) -> bool:
    return check.family == family and check.severity != "note"
