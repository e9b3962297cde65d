"""The fits of a sweep: what an earlier one saved, or trained now and saved."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from stages.lib.mlp.arms import Outcome
from stages.lib.mlp.step import GraphCache
from stages.lib.params.edits import Sections
from stages.lib.trials.laboratory import Laboratory, Trial
from stages.lib.trials.programs import AnyArm, AnyJob, train_jobs
from stages.tools.sweep import store
from stages.tools.sweep.store import Result


@dataclass(frozen=True)
class Fitted:
    """A program's result, and the name under which it is kept."""

    name: str
    result: Result


def fitted(
    programs: list[Sections], laboratory: Laboratory, seeds: tuple[int, ...], backend: str
) -> list[Fitted]:
    """Each program's result: what is saved of an earlier sweep, or trained now and saved.

    A program's seeds are one job, so that its result does not depend on what else is in the
    sweep, or has been trained before.
    """
    store.check()
    data = store.data_key()
    names = [store.key(program, seeds, data) for program in programs]
    results = {name: saved for name in names if (saved := store.saved(name, len(seeds)))}
    missing = {
        name: program for name, program in zip(names, programs, strict=True) if name not in results
    }
    done, total = len(results), len(results) + len(missing)
    if done:
        print(f"{done} of {total} settings were trained before")
    jobs = [laboratory.job(program, seeds) for program in missing.values()]
    with tqdm(
        desc="sweep", unit="fit", total=total * len(seeds), initial=done * len(seeds),
        disable=None,
    ) as bar:  # fmt: skip
        outcomes = train_jobs(jobs, GraphCache(), backend)
        for name, job, ended in zip(missing, jobs, outcomes, strict=True):
            trials = _trials(laboratory, job, ended, len(seeds))
            losses = np.stack([trial.losses["validation"] for trial in trials])
            results[name] = Result(losses, [trial.status for trial in trials])
            store.save(name, results[name])
            bar.update(len(seeds))
    return [Fitted(name, results[name]) for name in names]


def _trials(
    laboratory: Laboratory, job: AnyJob, outcomes: Sequence[Outcome], seeds: int
) -> list[Trial]:
    """A job's arms judged, those of a seed together. seeds: how many there are."""
    arms: Sequence[AnyArm] = job.arms
    members = len(arms) // seeds
    starts = range(0, len(arms), members)
    parts = [slice(start, start + members) for start in starts]
    return [laboratory.trial(arms[part], outcomes[part]) for part in parts]
