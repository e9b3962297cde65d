"""A chain of layers, trained by the engine, saved as it goes, by one process or several."""

from collections.abc import Callable

from stages.lib.core.splits import SPLITS
from stages.lib.mlp import ensemble, runtime
from stages.lib.mlp.arms import table_of
from stages.lib.mlp.program import program
from stages.lib.mlp.workers import join_workers
from stages.train.checkpoint import Checkpoint, fingerprint
from stages.train.predictions import predicted
from stages.train.result import Given, Result
from stages.train.run import (
    first_divergence,
    initial,
    probes_of,
    progress,
    remarks,
    trained,
    trained_network,
)


def train_chain(given: Given) -> tuple[Result, Callable[[], None]] | None:
    """What its training leaves, and what to call when that is written; None where another process
    writes it."""
    settings, state = given.params, given.state
    plan = program(settings, state.task, len(state.inputs))
    operations = settings.members * plan.step_operations
    runtime.configure(settings.threads, settings.device, operations)
    workers = join_workers()

    start = initial(plan)
    parts = table_of(settings, state.task, given.x, given.y, given.w).parts(plan)
    engine = plan.engine(parts["train"], workers)
    drawn = [array for arrays in start for array in arrays.values()]
    key = fingerprint(given.sections, [*given.arrays, *drawn])
    checkpoint = Checkpoint(engine, key)
    with checkpoint.rescuing(), workers.lost_process_as_error():
        workers.agree(key)
        saved = checkpoint.saved()
        with progress(settings.epochs, saved.epoch if saved else 0, workers.chief) as tick:
            fits = trained(plan, engine, parts, state, start, tick, checkpoint.keep, saved)
    if not workers.chief:
        return None
    arrays = [fit.arrays for fit in fits]
    result = Result(
        trained_network(plan, fits).plain(),
        ensemble.joined(arrays),
        {name: predicted(plan, arrays, parts[name], state) for name in SPLITS},
        ensemble.history(fits),
        probes_of(fits),
        remarks(plan.params, parts, first_divergence(fits)),
    )
    return result, checkpoint.clear
