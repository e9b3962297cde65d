"""All interventions in their order. A new file of them is one entry of GROUPS."""

from types import ModuleType

from stages.diagnose.interventions import (
    capacity,
    contract,
    ensemble,
    initialization,
    model,
    optimizer,
    regularization,
    scales,
    steps,
)
from stages.diagnose.interventions.entry import Intervention

GROUPS = (
    contract,
    scales,
    initialization,
    optimizer,
    steps,
    regularization,
    capacity,
    model,
    ensemble,
)


def collect(groups: tuple[ModuleType, ...]) -> tuple[Intervention, ...]:
    """The interventions of these files, in their order."""
    entries = [
        entry
        for group in groups
        for entry in vars(group).values()
        if isinstance(entry, Intervention)
    ]
    return tuple(sorted(entries, key=lambda entry: entry.order))


INTERVENTIONS = collect(GROUPS)
