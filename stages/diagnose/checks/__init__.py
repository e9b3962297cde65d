"""Checks: what data and program say of each other before anything is trained.

A new check is one file with a `CHECK` (see README.md).
"""

from collections.abc import Iterable
from dataclasses import replace

from stages.diagnose.findings import Check, CheckFinding, applicable, discover
from stages.lib.params.model import is_model, key_of_model
from stages.lib.trials.subject import Subject

CHECKS: tuple[Check, ...] = discover(__name__, __path__, Check)

MAX_FINDINGS = 5  # of one check; the last one counts the others


def run_checks(subject: Subject) -> list[CheckFinding]:
    """All findings, in the order of CHECKS; at most five of each check. Those of a Keras model name
    the keys that it has."""
    findings = [
        finding for check in applicable(CHECKS, subject) for finding in _first(check.find(subject))
    ]
    return [_of_model(finding) for finding in findings] if is_model(subject.sections) else findings


def _of_model(finding: CheckFinding) -> CheckFinding:
    keys = dict.fromkeys(map(key_of_model, finding.keys))
    return replace(finding, keys=tuple(keys))


def _first(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    """At most five findings; the last one says how many more there are."""
    every = list(findings)
    kept = every[:MAX_FINDINGS]
    if len(every) > len(kept):
        more = f"{kept[-1].received}; and {len(every) - len(kept)} more"
        kept[-1] = replace(kept[-1], received=more)
    return kept
