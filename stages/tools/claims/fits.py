"""All fits of the claims: what an earlier run saved, or trained now and saved."""

from collections.abc import Callable
from functools import partial

from stages.lib.mlp.backends import BACKENDS
from stages.lib.params.edits import identity
from stages.lib.vocabulary import backends
from stages.tools.claims import store
from stages.tools.claims.cell import Cell, Source, Values, train_cell
from stages.tools.claims.plan import Planned

# By `Wanted.name`: the data set, the program and whether it was watched.
Results = dict[tuple[Source, str, bool], Values]


def fitted(
    planned: list[Planned],
    backend: str,
    on_progress: Callable[[int], object] = lambda fits: None,
) -> Results:
    """The values of every program.

    A cell is trained as a whole and beside no other, so that its values do not depend on what else
    there is, or has been trained before.

    Args:
        backend: the name of a row of BACKENDS.
        on_progress: called with the number of fits that have ended since the last call.
    """
    store.check()
    results: Results = {}
    names = {store.key(entry.cell.plain): entry.cell for entry in planned}
    missing = {}
    for name, cell in names.items():
        found = store.saved(name, len(cell.programs), len(cell.seeds))
        if found is None:
            missing[name] = cell
        else:
            _enter(results, cell, found)
            on_progress(cell.fits)
    in_process = backends.BACKENDS[backend].in_process
    work = partial(_trained, in_process=in_process)
    ended = BACKENDS[backend](work, list(missing.items()))
    for (name, cell), values in zip(missing.items(), ended, strict=True):
        if not store.has(name):  # kept on another machine
            store.save(name, values)
        _enter(results, cell, values)
        on_progress(cell.fits)
    return results


def _trained(named: tuple[str, Cell], in_process: bool) -> list[Values]:
    """A cell's values, kept by whoever trained it: results come back in order, and one that waits
    for a slower one would be lost with the run."""
    name, cell = named
    values = train_cell(cell, in_process)
    store.save(name, values)
    return values


def _enter(results: Results, cell: Cell, values: list[Values]) -> None:
    """Each program of a cell under its name."""
    for sections, of_program in zip(cell.programs, values, strict=True):
        results[cell.source, identity(sections), cell.watched] = of_program
