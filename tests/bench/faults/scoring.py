"""One case diagnosed and measured, and what many of them come to.

Three sets of training seeds are kept apart: the diagnosis uses those from train.seed on, VERIFYING
decides whether a fault hurts, and CURING measures what the prescription is worth. Both of the
latter are judged on fresh test rows (see `cases.fresh`). Losses are mean proper losses: nats, or
squared target units.
"""

import time
import traceback
from collections.abc import Callable, Iterable

import numpy as np

from stages.diagnose.diagnosis import diagnose
from stages.lib.core.errors import UserError
from stages.lib.mlp import backends, runtime
from stages.lib.params.edits import edited
from stages.lib.params.families import families as all_families
from stages.lib.params.schema import Diagnose
from stages.lib.trials.laboratory import Laboratory, Runs
from tests.bench.faults.baselines import random_search, symptom_families
from tests.bench.faults.cases import Case, fresh, number, sections, subject
from tests.conftest import lead

VERIFYING = tuple(900_000_001 + i for i in range(5))
CURING = tuple(910_000_001 + i for i in range(5))
# Share of the chance loss: a fault that costs less is none, an edit that comes as near is right.
MATTERS = 0.02
# A cure is 0 where the loss stays, 1 where the healthy program's is reached. Capped, so that a
# ratio of two small differences cannot outweigh the rest.
CURE_RANGE = (-1.0, 1.5)
METHODS = ("diagnosis", "random search", "symptoms")


# ----------------------------------------------------------------------------------- one case


def prepare() -> None:
    """Once in each process: one thread, and the same bytes on every run."""
    runtime.configure(1)
    backends.THREADS_AT_ONCE = 1


def examine(case: Case, settings: Diagnose, baselines: bool) -> dict:
    """A record of JSON values; `state` is scored, dropped (with its reason) or failed (of the
    diagnosis, with its traceback)."""
    record = {"name": case.name, "case": case.plain()}
    try:
        faulty = subject(case)
        fresh_rows = Laboratory(fresh(case, faulty))
        reason = _dropped(case, fresh_rows)
    except UserError as error:
        reason = f"cannot run: {error}"
    if reason:
        return record | {"state": "dropped", "reason": reason}
    try:
        start = time.perf_counter()
        found = diagnose(faulty, settings)
        seconds = time.perf_counter() - start
        record |= {"seconds": seconds, "methods": {"diagnosis": _diagnosed(found)}}
        record["statuses"] = {one["family"]: one["status"] for one in lead(found)["families"]}
        record["loss"], record["budget"] = lead(found)["loss"], found["budget"]
        record["methods"]["symptoms"] = {
            "causes": [{"families": [one]} for one in symptom_families(found)],
            "edit": None,
        }
        if baselines and case.kind == "fault":
            drawn = random_search(faulty, settings, found["budget"]["fits"], number(case.name))
            record["methods"]["random search"] = {
                "causes": [{"families": [one]} for one in drawn["families"]],
                "edit": drawn["edit"],
            }
    except Exception:
        return record | {"state": "failed", "reason": traceback.format_exc()}
    _measure(case, fresh_rows, record)
    return record | {"state": "scored"}


def _diagnosed(found: dict) -> dict:
    """The cause lines and the whole edit of a diagnosis."""
    lines = [line for line in lead(found)["ledger"] if line["line"] == "cause"]
    causes = [
        {
            "families": line["families"],
            "edit": line["edit"],
            "amount": line["amount"],
            "equal": sorted({f for one in line["equivalents"] for f in one["families"]}),
        }
        for line in lines
    ]
    given = lead(found)["prescription"] or {"edits": []}
    return {"causes": causes, "edit": {one["key"]: one["new"] for one in given["edits"]}}


def _dropped(case: Case, laboratory: Laboratory) -> str:
    """Why the case does not count, or nothing. Of two faults each must hurt alone: what is left
    when the other one is mended."""
    if case.kind != "fault":
        return ""
    least = MATTERS * _chance(laboratory)
    programs = [sections(case, {}), *(sections(case, one) for one in case.parts)]
    programs.append(sections(case, case.changes))
    laboratory.train(programs, _runs(laboratory, VERIFYING))
    healthy, *broken = (_mean(laboratory, one, VERIFYING) for one in programs)
    worst = min(broken) - healthy
    return "" if worst > least else f"costs {worst:.4g}, at least {least:.4g} counts"


def _measure(case: Case, laboratory: Laboratory, record: dict) -> None:
    """The healthy and the broken program's loss on fresh rows and seeds, and after each method's
    edit; for each cause's own edit, whether it alone mends the program."""
    present = sections(case, case.changes)
    healthy = _mean(laboratory, sections(case, {}), CURING)
    faulty = _mean(laboratory, present, CURING)
    chance = _chance(laboratory)
    record["fresh"] = {"healthy": healthy, "faulty": faulty, "chance": chance}
    for method in record["methods"].values():
        if method["edit"] is not None:
            method["loss"] = _mean(laboratory, edited(present, method["edit"]), CURING)
        for cause in method["causes"]:
            if case.kind == "fault" and "edit" in cause:
                program = edited(present, cause["edit"])
                # An edit that only runs beside the other lines' mends nothing alone.
                mends = laboratory.runs(program) and (
                    _mean(laboratory, program, CURING) < healthy + MATTERS * chance
                )
                cause["mends"] = bool(mends)


def _mean(laboratory: Laboratory, program: dict, seeds: tuple[int, ...]) -> float:
    return float(laboratory.losses(program, _runs(laboratory, seeds), "test").mean())


def _runs(laboratory: Laboratory, seeds: tuple[int, ...]) -> Runs:
    """These seeds on every division that a small table has."""
    return Runs(seeds, len(laboratory.folds))


def _chance(laboratory: Laboratory) -> float:
    return float(laboratory.subject.card["chance"]["test"])


# ---------------------------------------------------------------------------------- one score


def families(cause: dict, equal: bool) -> set[str]:
    """A cause's own families; with `equal` those of the edits that bring as much too."""
    return {*cause["families"], *(cause.get("equal", []) if equal else [])}


def top(record: dict, method: str, equal: bool) -> bool:
    """Whether the first cause names a seeded family."""
    causes = record["methods"][method]["causes"]
    return bool(causes) and bool(families(causes[0], equal) & set(record["case"]["families"]))


def named(record: dict, method: str, equal: bool) -> set[str]:
    """The seeded families that any cause names."""
    causes = record["methods"][method]["causes"]
    every = set().union(*(families(cause, equal) for cause in causes))
    return every & set(record["case"]["families"])


def right(record: dict, cause: dict, equal: bool) -> bool:
    """Whether a cause names a seeded family; with `equal` also whether its edit alone mends."""
    seeded = set(record["case"]["families"])
    return bool(families(cause, equal) & seeded) or (equal and cause.get("mends", False))


def cure(record: dict, method: str) -> float | None:
    """Share of the fault's cost that the method's edit takes back on fresh rows, capped; the cost
    counts as MATTERS of chance at least. None for a method that prescribes nothing."""
    loss = record["methods"][method].get("loss")
    if loss is None:
        return None
    fresh_rows = record["fresh"]
    cost = max(fresh_rows["faulty"] - fresh_rows["healthy"], MATTERS * fresh_rows["chance"])
    return float(np.clip((fresh_rows["faulty"] - loss) / cost, *CURE_RANGE))


def gains(record: dict, method: str, share: float) -> bool:
    """Whether the method's edit takes more than `share` of the chance loss off on fresh rows."""
    loss = record["methods"][method].get("loss")
    fresh_rows = record["fresh"]
    return loss is not None and fresh_rows["faulty"] - loss > share * fresh_rows["chance"]


# -------------------------------------------------------------------------------- many scores


def summary(records: list[dict], method: str) -> dict:
    """Scores of a method over faulty cases. Shares are (hits, of); cure is the three quartiles."""
    records = [one for one in records if method in one["methods"]]
    seeded = sum(len(one["case"]["families"]) for one in records)
    causes = [(one, cause) for one in records for cause in one["methods"][method]["causes"]]
    scores: dict = {"cases": len(records)}
    for key, equal in (("strict", False), ("equal", True)):
        found = sum(len(named(one, method, equal)) for one in records)
        scores[key] = {
            "top": (_count(records, lambda one, e=equal: top(one, method, e)), len(records)),
            "any": (found, seeded),
            "precision": (sum(right(one, cause, equal) for one, cause in causes), len(causes)),
        }
    cures = [value for value in (cure(one, method) for one in records) if value is not None]
    scores["cure"] = [float(q) for q in np.quantile(cures, [0.25, 0.5, 0.75])] if cures else None
    return scores


def by_family(records: list[dict]) -> dict[str, list[dict]]:
    """The single faults of each family."""
    singles = [one for one in records if len(one["case"]["families"]) == 1]
    return {
        family: [one for one in singles if one["case"]["families"][0] == family]
        for family in all_families()
    }


def alarms(records: list[dict], method: str, share: float) -> dict:
    """On sound programs: how many got a cause (an alarm), and in how many of these the edit does
    gain more than `share` of chance on fresh rows and seeds all the same."""
    records = [one for one in records if method in one["methods"]]
    loud = [one for one in records if one["methods"][method]["causes"]]
    real = _count(loud, lambda one: gains(one, method, share))
    return {"cases": len(records), "alarms": len(loud), "real": real}


def _count(records: Iterable[dict], holds: Callable[[dict], bool]) -> int:
    return sum(bool(holds(one)) for one in records)
