"""One case: diagnosed, given to the baselines, and everything that was prescribed measured.

Three sets of training seeds are kept apart: the diagnosis uses those from train.seed on, VERIFYING
decides whether a fault hurts, and CURING measures what the prescription is worth. Both of the
latter are judged on fresh test rows (see `runs.Judged`). Losses are mean proper losses: nats, or
squared target units.
"""

import gc
import time
import traceback
from collections.abc import Callable

from stages.diagnose.diagnosis import diagnose
from stages.lib.core.errors import UserError
from stages.lib.mlp import backends, runtime
from stages.lib.params.edits import Edit, Sections, edited
from stages.lib.params.schema import Diagnose
from stages.lib.trials.subject import Subject
from tests.bench.faults.baselines import (
    BASELINES,
    Course,
    symptom_families,
    watched,
    without_ranks,
)
from tests.bench.faults.cases import Case, number
from tests.bench.faults.runs import Judged, judged, judged_clean, sections, subject
from tests.bench.faults.scoring import CURING, MATTERS, VERIFYING
from tests.conftest import lead

# Runs of one case whose training seeds, and so those of the diagnosis, lie far apart.
AGREEING_RUNS = 10
AGREEING_STRIDE = 10_000
WITHOUT_RANKS = "diagnosis without ranks"
# Random search and TPE try hundreds of programs of which most need a graph of their own: minutes of
# compiling a case.
SEARCHES = ("random search", "TPE")
COMPARED = (*BASELINES, WITHOUT_RANKS)


def prepare() -> None:
    """Once in each process: one thread, and the same bytes on every run."""
    runtime.configure(1)
    backends.THREADS_AT_ONCE = 1


def call(job: Callable[[], dict]) -> dict:
    """Do a job, in the process that it was sent to."""
    return job()


def examine(case: Case, settings: Diagnose, methods: tuple[str, ...]) -> dict:
    """A record of JSON values; `state` is scored, dropped (with its reason) or failed (with its
    traceback). methods: what to ask beside the diagnosis and its symptoms, of COMPARED."""
    record: dict = {"name": case.name, "case": case.plain()}
    try:
        faulty = subject(case)
        bench = judged(case, faulty)
        sound = judged_clean(case) if case.of_table else bench
        reason = _dropped(case, bench, sound)
    except UserError as error:
        reason = f"cannot run: {error}"
    if reason:
        return record | {"state": "dropped", "reason": reason}
    try:
        _ask(case, faulty, settings, methods, record)
        _measure(case, bench, sound, record)
    except Exception:
        return record | {"state": "failed", "reason": traceback.format_exc()}
    return record | {"state": "scored"}


def _ask(
    case: Case, faulty: Subject, settings: Diagnose, asked: tuple[str, ...], record: dict
) -> None:
    """What the diagnosis and the other methods find, each with the processor's seconds."""
    methods: dict[str, dict] = {}
    record["methods"] = methods

    def timed(name: str, method: Callable[[], dict]) -> None:
        start = time.process_time()
        methods[name] = method()
        methods[name]["seconds"] = time.process_time() - start
        # Compiled graphs and what holds them refer to each other.
        gc.collect()

    def own() -> dict:
        with watched() as course:
            found = diagnose(faulty, settings)
        record.update(_facts(found))
        return _diagnosed(found, course)

    def level() -> dict:
        with without_ranks(), watched() as course:
            return _diagnosed(diagnose(faulty, settings), course)

    timed("diagnosis", own)
    fits = methods["diagnosis"]["fits"]
    named = record.pop("symptoms")
    methods["symptoms"] = {
        "causes": [{"families": [family]} for family in named],
        "edit": None,
        "fits": 0,
        "course": [[0, named]],
    }
    seed = number(case.name)
    for name, method in BASELINES.items():
        if name in asked:
            timed(name, lambda m=method: m(faulty, settings, fits, seed).plain())
    if WITHOUT_RANKS in asked:
        timed(WITHOUT_RANKS, level)


def _facts(found: dict) -> dict:
    """What a record keeps of the diagnosis beside its causes."""
    account = lead(found)
    given = account["prescription"]
    return {
        "question": found["about"][0]["lead"],
        "statuses": {one["family"]: one["status"] for one in account["families"]},
        "checks": sorted({one["check"] for one in found["checks"]}),
        "symptoms": symptom_families(found),
        "loss": account["loss"],
        "expected": given and given["expected"],
        "budget": found["budget"],
    }


def _diagnosed(found: dict, course: Course) -> dict:
    """The cause lines and the whole edit of a diagnosis."""
    causes = [
        {
            "families": line["families"],
            "edit": line["edit"],
            "amount": line["amount"],
            "equal": sorted({f for one in line["equivalents"] for f in one["families"]}),
        }
        for line in lead(found)["ledger"]
        if line["line"] == "cause"
    ]
    given = lead(found)["prescription"] or {"edits": []}
    fits = found["budget"]["fits"]
    named = list(dict.fromkeys(family for cause in causes for family in cause["families"]))
    return {
        "causes": causes,
        "edit": {one["key"]: one["new"] for one in given["edits"]},
        "fits": fits,
        "course": [*([at, names] for at, names in course), [fits, named]],
    }


def _dropped(case: Case, bench: Judged, sound: Judged) -> str:
    """Why the case does not count, or nothing. Of two faults each must hurt by itself: what is
    left when the other one is mended."""
    if case.kind != "fault":
        return ""
    programs = [sections(case, part) for part in (*case.parts, case.changes)]
    sound.train([sections(case, {})], VERIFYING)
    bench.train(programs, VERIFYING)
    least = MATTERS * sound.chance
    worst = min(bench.mean(one, VERIFYING) for one in programs)
    worst -= sound.mean(sections(case, {}), VERIFYING)
    return "" if worst > least else f"costs {worst:.4g}, at least {least:.4g} counts"


def _measure(case: Case, bench: Judged, sound: Judged, record: dict) -> None:
    """The healthy and the broken program's loss on fresh rows and seeds, and after each method's
    edit; what each cause's own edit is worth; what the diagnosis' prescription comes to on the
    run's own rows."""
    present, healthy = sections(case, case.changes), sections(case, {})
    edits = [method["edit"] for method in record["methods"].values() if method["edit"]]
    bench.train([present, *(edited(present, edit) for edit in edits)], CURING)
    sound.train([healthy], CURING)
    losses = {"healthy": sound.mean(healthy, CURING), "faulty": bench.mean(present, CURING)}
    record["fresh"] = losses | {"chance": sound.chance}
    mended = losses["healthy"] + MATTERS * sound.chance
    for method in record["methods"].values():
        if method["edit"] is not None:
            method["loss"] = bench.mean(edited(present, method["edit"]), CURING)
        for cause in method["causes"]:
            if "edit" in cause:
                cause |= _worth(bench, present, method["edit"], cause["edit"], mended)
    edit, expected = record["methods"]["diagnosis"]["edit"], record["expected"]
    if edit and expected:
        split = "train" if record["question"] == "fit" else "test"
        record["obtained"] = bench.obtained(edited(present, edit), CURING, split)


def _worth(bench: Judged, present: Sections, whole: Edit, edit: Edit, mended: float) -> dict:
    """What a cause's edit takes off the loss on fresh rows: by itself or as the last one of the
    prescription, whichever is more, with the upper end of its 95 % interval. mends: by itself it
    brings the loss below `mended`."""
    alone, without = edited(present, edit), {k: new for k, new in whole.items() if k not in edit}
    gains = []
    # An edit that only runs beside the other lines' mends nothing by itself.
    if runs := bench.runs(alone):
        gains.append(bench.gain(present, alone, CURING))
    rest = edited(present, without)
    if without and set(edit) <= set(whole) and bench.runs(rest):
        gains.append(bench.gain(rest, edited(present, whole), CURING))
    if not gains:
        return {"mends": False, "gain": 0.0, "high": 0.0}
    best = max(gains, key=lambda gain: gain.mean)
    mends = runs and bench.mean(alone, CURING) < mended
    return {"mends": bool(mends), "gain": best.mean, "high": best.interval()[1]}


def agree(case: Case, run: int, settings: Diagnose) -> dict:
    """One of AGREEING_RUNS diagnoses of a case, whose program is trained from another seed: its
    causes and verdicts."""
    record: dict = {"name": f"agreement/{case.name}/{run}", "case": case.plain()}
    try:
        first = case.healthy["train.seed"]
        seed = (first + AGREEING_STRIDE * run) % 2**31
        found = diagnose(subject(case, **{"train.seed": seed}), settings)
        account = lead(found)
    except Exception:
        return record | {"state": "failed", "reason": traceback.format_exc()}
    given = account["prescription"] or {"edits": []}
    return record | {
        "state": "agreement",
        "statuses": {one["family"]: one["status"] for one in account["families"]},
        "causes": [line["families"] for line in account["ledger"] if line["line"] == "cause"],
        "edit": {one["key"]: one["new"] for one in given["edits"]},
    }
