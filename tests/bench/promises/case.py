"""One run, its diagnosis, its prescription applied, and the loss that came of it."""

import contextlib
import io
import json
import shutil
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from stages.lib.artifacts.card import read_card
from tests.bench.promises.tables import FILE, TABLES
from tests.conftest import ROOT, edit_params, lead, run, run_stages

# What a user runs before a prescription, and again after it.
BEFORE = ("generate", "normalize", "train", "evaluate", "diagnose")
AFTER = ("normalize", "train", "evaluate")


def examine(case: tuple[str, int]) -> dict:
    """A record of JSON values; `state` is done, nothing (is prescribed) or failed (with its
    traceback). Losses are nats or squared target units, as reports/metrics.json has them."""
    name, seed = case
    table = TABLES[name]
    record: dict[str, Any] = {"name": name, "seed": seed, "changes": table.changes}
    place = Path(tempfile.mkdtemp(prefix="ledger-promise-"))
    start = time.perf_counter()
    try:
        folder = place / "repository"
        run(place, "git", "clone", "--quiet", str(ROOT), str(folder))
        edit_params(folder, **table.changes, **{"data.seed": seed, "train.seed": seed})
        if table.write is not None:
            table.write(np.random.default_rng(seed)).to_csv(folder / FILE, index=False)
        record |= _kept(folder)
    except Exception:
        record |= {"state": "failed", "reason": traceback.format_exc()}
    finally:
        shutil.rmtree(place)
    return record | {"seconds": time.perf_counter() - start}


def _kept(folder: Path) -> dict:
    """What was promised in this folder, and what came of it."""
    _quietly(folder, *BEFORE)
    diagnosis = json.loads((folder / "reports/diagnosis.json").read_text())
    account = lead(diagnosis)
    split = "test" if diagnosis["about"][0]["lead"] == "generalize" else "train"
    record = {
        "before": _loss(folder, split),
        "budget": diagnosis["budget"] | {"splits": account["seeds"]["splits"]},
        "loss": account["loss"],
        "full_size": diagnosis.get("full_size"),
    }
    prescription = account["prescription"]
    if not prescription:
        return record | {"state": "nothing"}
    edit = {change["key"]: change["new"] for change in prescription["edits"]}
    edit_params(folder, **edit)
    _quietly(folder, *AFTER)
    return record | {
        "state": "done",
        "edit": edit,
        "expected": prescription["expected"],
        "obtained": _loss(folder, split),
    }


def _quietly(folder: Path, *stages: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        run_stages(folder, *stages)


def _loss(folder: Path, split: str) -> float | None:
    """The proper loss on a split's rows that evaluate printed; None where it is not finite."""
    with contextlib.chdir(folder):
        metric = read_card("data/raw/card.json").task.kind.metric
    loss: float | None = json.loads((folder / "reports/metrics.json").read_text())[split][metric]
    return loss
