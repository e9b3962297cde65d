"""One table: a chain of prescriptions from the committed program on, and boosting beside it."""

import contextlib
import shutil
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.rows import read_rows
from stages.lib.core.splits import SPLITS
from stages.lib.diagnosis.verdict import verdict
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import mean
from stages.lib.trials.subject import Data
from stages.tools.mend.chain import mend
from stages.tools.mend.copy import Copy, copied
from stages.tools.mend.judge import judge
from tests.bench.mend.boosting import boosted_losses
from tests.bench.mend.tables import FILE, TABLES
from tests.conftest import ROOT, commit, edit_params, run

SEEDS = 5


def examine(name: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """A record of JSON values; `state` is done or failed (with its traceback). Losses are means
    over the same test rows, of all divisions of a small table: nats, or squared target units.

    Args:
        seed: of rows and fits.
        settings: rounds, seconds (of the chain) and budget (`diagnose.seconds`).
    """
    table = TABLES[name]
    record: dict[str, Any] = {"name": name, "seed": seed, **settings}
    place = Path(tempfile.mkdtemp(prefix="ledger-mend-"))
    start = time.perf_counter()
    try:
        folder = place / "repository"
        run(place, "git", "clone", "--quiet", str(ROOT), str(folder))
        seeds = {"data.seed": seed, "train.seed": seed, "diagnose.seconds": settings["budget"]}
        edit_params(folder, **table.changes, **seeds)
        commit(folder, name)
        if table.make is not None:
            table.make(np.random.default_rng(seed)).to_csv(folder / FILE, index=False)
        with contextlib.chdir(folder), copied() as copy:
            record |= _chain(copy, settings)
    except Exception:
        record |= {"state": "failed", "reason": traceback.format_exc()}
    finally:
        shutil.rmtree(place)
    return record | {"took": time.perf_counter() - start}


def _chain(copy: Copy, settings: dict[str, Any]) -> dict[str, Any]:
    chain = mend(
        copy, settings["rounds"], settings["seconds"], lambda state: None, lambda done: None
    )
    judged = judge(copy, chain, SEEDS, settings["seconds"])
    with contextlib.chdir(copy.folder):
        card = read_card("data/raw/card.json")
        rows = {part: read_rows(f"data/raw/{part}.parquet", card, part).whole() for part in SPLITS}
        data = Data(card, rows)
        laboratory = Laboratory(data)
        runs = Runs((0,), len(laboratory.folds))
        weights = laboratory.design(runs, "test").weights
        chance = mean(laboratory.chance_losses(runs, "test")[None], weights)
        boosted = mean(boosted_losses(data, laboratory.folds)[None], weights)
    account = chain.last.account
    return {
        "state": "done",
        "rows": sum(map(len, rows.values())),
        "rounds_done": len(chain.kept),
        "broken": chain.broken is not None,
        "ended": chain.ended,
        "before": judged.before,
        "after": judged.after,
        "of": judged.split,
        "boosting": boosted,
        "chance": chance,
        "reference": account.reference.name,
        "reference_loss": account.loss.floor,
        "remains": verdict(chain.last.diagnosis),
        "edit": chain.edit,
    }
