"""The whole diagnosis of one run, as one strict-JSON mapping."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from stages.diagnose.checks import run_checks
from stages.diagnose.findings import CheckFinding, SymptomFinding
from stages.diagnose.floor.estimate import Floor, estimate_floor
from stages.diagnose.interventions.candidates import facts_of
from stages.diagnose.interventions.entry import families_of
from stages.diagnose.ledger.build import build_ledger
from stages.diagnose.ledger.lines import Ledger, Protocol
from stages.diagnose.plan import affordable_rows
from stages.diagnose.prescription import prescription
from stages.diagnose.symptoms import find_symptoms
from stages.diagnose.verdicts import families_with_evidence, verdicts
from stages.lib.core.parquet_files import numbered
from stages.lib.core.splits import SPLITS
from stages.lib.diagnosis.schema import SCHEMA
from stages.lib.params.edits import Edit, edited
from stages.lib.params.schema import Diagnose
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import mean
from stages.lib.trials.subject import Subject

# Share of the excess loss below which what is unexplained counts as accounted for.
ACCOUNTED_SHARE_OF_EXCESS = 0.1
# Share of the rows at their cap beyond which an edit that changes nothing may have changed much:
# both are beyond what is told apart.
MAX_SHARE_AT_CAP = 0.1
# Fits of each program at full size, which is what a sample was taken to avoid.
VERIFYING_SEEDS = 2


def diagnose(
    subject: Subject,
    settings: Diagnose,
    on_status: Callable[[str], None] = lambda what: None,
    on_progress: Callable[[int], object] = lambda fits: None,
    backend: str = "threads",
) -> dict[str, Any]:
    """Checks, floor, symptoms, ledger, verdicts and prescription (see `_content`).

    Losses are mean proper losses on test rows: nats, or squared target units.

    Args:
        on_status: called with what is tried next.
        on_progress: called with the number of fits that have ended.
        backend: where the fits run, a row of `BACKENDS`.
    """
    seed = subject.sections["train"]["seed"]
    rows = affordable_rows(subject, settings)
    laboratory = Laboratory(subject, rows, on_progress, backend)
    on_status("floor")
    bound = estimate_floor(subject, seed, laboratory.folds)
    min_gain = settings.min_gain * bound.chance
    findings = run_checks(subject)
    symptoms = find_symptoms(subject, bound.value, bound.chance)
    seeds = tuple((seed + i) % 2**32 for i in range(settings.screening_seeds + settings.seeds))
    screening, judging = seeds[: settings.screening_seeds], seeds[settings.screening_seeds :]
    protocol = Protocol(Runs(screening), Runs(judging, len(laboratory.folds)), min_gain, on_status)
    facts = facts_of(subject, len(laboratory.frames["train"]), settings.families)
    evidence = families_with_evidence(findings, symptoms)
    ledger = build_ledger(laboratory, subject.sections, facts, protocol, evidence)
    content = _content(subject, laboratory, protocol, bound, findings, symptoms, ledger)
    if rows is not None and ledger.edit:
        on_status("verifying at full size")
        content["full_size"] = _full_size(subject, ledger.edit, ledger.runs, on_progress, backend)
    return content


def _full_size(
    subject: Subject, edit: Edit, judged: Runs, on_progress: Callable[[int], object], backend: str
) -> dict[str, float]:
    """Test loss before and after the prescription, trained on all rows: the mean of two seeds."""
    laboratory = Laboratory(subject, None, on_progress, backend)
    programs = {"before": subject.sections, "after": edited(subject.sections, edit)}
    runs = Runs(judged.seeds[:VERIFYING_SEEDS])
    laboratory.train(list(programs.values()), runs)
    losses = {
        name: float(laboratory.means(sections, runs, "test").mean())
        for name, sections in programs.items()
    }
    return _rounded(losses | {"gain": losses["before"] - losses["after"]})


def _content(
    subject: Subject,
    laboratory: Laboratory,
    protocol: Protocol,
    bound: Floor,
    findings: list[CheckFinding],
    symptoms: list[SymptomFinding],
    ledger: Ledger,
) -> dict[str, Any]:
    """The content of diagnosis.json. Mappings hold numbers, which DVC takes for metrics; words
    stand in lists, which it leaves out."""
    present, final = subject.sections, edited(subject.sections, ledger.edit)
    runs = ledger.runs
    losses = {
        (name, split): laboratory.means(sections, runs, split)
        for name, sections in (("before", present), ("after", final))
        for split in SPLITS
    }
    rows, weights = _trained(subject, laboratory), subject.design(subject.tables["test"]).weights
    trained, worst = mean(rows, weights), laboratory.judges[0].worst
    at_bound = laboratory.losses(final, runs, "test") >= worst
    share_at_cap = mean(at_bound, laboratory.design(runs, "test").weights)
    before, after = (float(losses[name, "test"].mean()) for name in ("before", "after"))
    fit = {name: float(losses[name, "train"].mean()) for name in ("before", "after")}
    # Symptoms were taken of the program as it was: of the little that is left they say nothing.
    rest = after - bound.value
    accounted = rest < max(protocol.min_gain, ACCOUNTED_SHARE_OF_EXCESS * (before - bound.value))
    content = {
        "schema": SCHEMA,
        "loss": {
            "test": trained,
            "this_run": trained - before,
            "baseline": before,
            "after": after,
            "chance": bound.chance,
            "floor": bound.value,
            "floor_standard_error": bound.standard_error,
            "floor_is_exact": int(bound.kind == "exact"),
            "excess": trained - bound.value,
            "unexplained": after - bound.value,
            "smallest_gain": protocol.min_gain,
            "bound": worst,
            "share_at_bound": mean(rows >= worst, weights),
            "training_before": fit["before"],
            "training_after": fit["after"],
            "gap_before": before - fit["before"],
            "gap_after": after - fit["after"],
        },
        "gain": {"+".join(line.families): line.gain.mean for line in ledger.lines},
        "ledger": _lines(trained, before, after, bound, ledger),
        "families": verdicts(
            ledger,
            findings,
            symptoms,
            protocol.min_gain,
            accounted,
            share_at_cap > MAX_SHARE_AT_CAP,
        ),
        "prescription": prescription(
            present, ledger.edit, laboratory.means(final, Runs(runs.seeds), "test")
        ),
        "signal": {
            "found": int(bound.signal.found),
            "p_value": bound.signal.p_value,
            "permutations": bound.signal.permutations,
        },
        "about": [
            {
                "unit": subject.card.unit,
                "floor": {"kind": bound.kind, "reference": bound.reference},
                "references": bound.references,
                "signal_reference": bound.signal.reference,
            }
        ],
        "checks": [finding.content() for finding in findings],
        "symptoms": [symptom.content() for symptom in symptoms],
        "budget": {
            "fits": laboratory.fits,
            "rows": len(laboratory.frames["train"]),
            "rows_of": len(subject.tables["train"]),
            "diverged": laboratory.statuses(present, runs).count("diverged"),
            "seeds": len(runs.seeds),
            "splits": runs.folds,
            "judged_rows": sum(len(frames["test"]) for frames in laboratory.folds),
        },
    }
    return _balanced(_rounded(content))


def _trained(subject: Subject, laboratory: Laboratory) -> np.ndarray:
    """The trained run's own loss on each test row, bounded like all others, float64 [rows]."""
    table = subject.predictions["test"]
    if subject.task.is_regression:
        values = numbered(table, "prediction").astype("float64")
        return laboratory.judges[0].of_values(values, "test")
    shares = numbered(table, "probability").astype("float64")
    return laboratory.judges[0].of_shares(shares, "test")


def _lines(trained: float, before: float, after: float, bound: Floor, ledger: Ledger) -> list[dict]:
    """The account: the lines `this_run`, `cause`, `unexplained` and `floor` sum to `loss`."""
    lines: list[dict] = [
        {"line": "loss", "amount": trained},
        {"line": "this_run", "amount": trained - before},
    ]
    for line in ledger.lines:
        low, high = line.gain.interval()
        lines.append(
            {
                "line": "cause",
                "amount": line.gain.mean,
                "low": low,
                "high": high,
                "p_value": line.p_value,
                "families": list(line.families),
                "edit": line.edit,
                "training": line.training,
                "gap": line.gain.mean - line.training,
                "equivalents": [
                    {
                        "families": list(families_of(equivalent.edit)),
                        "edit": equivalent.edit,
                        "amount": equivalent.gain,
                    }
                    for equivalent in line.equivalents
                ],
            }
        )
    lines.append({"line": "unexplained", "amount": after - bound.value})
    lines.append({"line": "floor", "amount": bound.value})
    return lines


def _balanced(content: dict) -> dict[str, Any]:
    """The same, with the rounding of the other lines taken up by the unexplained one.

    Raises AssertionError unless the lines then sum to the loss, and the rest moved by no more
    than rounding: a ledger that does not add up is a mistake of ours.
    """
    lines = content["ledger"]
    loss = lines[0]["amount"]
    rest = next(line for line in lines if line["line"] == "unexplained")
    others = math.fsum(line["amount"] for line in lines[1:] if line is not rest)
    balanced = _round(loss - others)
    tolerance = 1e-5 * max(1.0, abs(loss), abs(others))
    assert abs(balanced - rest["amount"]) <= tolerance, (balanced, rest)
    rest["amount"] = content["loss"]["unexplained"] = balanced
    return content


def _rounded(value: Any) -> Any:
    """All numbers rounded, deep down; what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return _round(value) if isinstance(value, float) else value


def _round(value: float) -> float | None:
    """Six decimals, or ten significant digits of a large number; p-values keep their size."""
    if not math.isfinite(value):
        return None
    if value != 0 and abs(value) < 1e-4:
        return float(f"{value:.3g}")
    return round(value, 6) if abs(value) < 1e4 else float(f"{value:.10g}")
